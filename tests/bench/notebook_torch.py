#!/usr/bin/python3
"""The network of the notebook preset in PyTorch: the peer that `make bench` times cv against.

    notebook_torch.py all      [--threads N] [--steps K]    ms of a training step (batch 10), for 10 clips to
                                                            latents, for 10 latents to clips
    notebook_torch.py save FILE                             decoder weights for generate (.npz)
    notebook_torch.py generate OUTDIR FILE                  draw 10 latents, decode, write 10 WAVs
    notebook_torch.py check STREAM                          against reference values (notebook-tiny.cvs)

It computes what the preset computes. run.sh times it twice: as it is written by who knows PyTorch's
layers and trusts them (--form full --adam single, the library's own defaults), and with every advantage
that leaves the result the same (--tuned, the other options as they are):

- All sequences have length one, so activations are [batch, channels] matrices and a convolution is a
  matrix product. --form full writes the blocks as a direct translation of the Keras code would be.
- Of a kernel of k taps only the one in the centre meets data. With --form matmul that tap is the parameter;
  the others are kept with the model but are neither multiplied by zeros nor passed through Adam.
- Instance normalization over length one gives its beta, whatever goes in: the two encoder convolutions
  in front of it cannot be felt by the output nor get a gradient, so they are not computed.
- Adam is torch.optim.Adam, with --adam foreach on all parameters at once. It adds epsilon after the correction of the second moment,
  Keras before it; with epsilon 1e-8 this is not visible in the figures and costs the same time.
- Idle OpenMP and OpenBLAS threads sleep instead of taking each other's processor.
- --tuned also has the C library keep freed memory, which Python users seldom know to ask for: without it
  the kernel clears fresh pages for the gradients and temporaries of every step. run.sh shows both.
"""
import argparse
import ctypes
import os
import sys
import time

SAMPLES, LATENT, BATCH, RATE = 90001, 2, 10, 3000
ENCODER, DECODER = (64, 128, 128, 256), (512, 256, 128, 64)
FORMS = ("matmul", "full")


def parse_options():
    parser = argparse.ArgumentParser(description="The notebook network in PyTorch, to time cv against.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, *files):
        sub = commands.add_parser(name)
        for file in files:
            sub.add_argument(file)
        sub.add_argument("--threads", type=int, default=1)
        sub.add_argument("--steps", type=int, default=20)
        sub.add_argument("--form", choices=FORMS, default="matmul")
        sub.add_argument("--adam", choices=("foreach", "single"), default="foreach")
        sub.add_argument("--tuned", action="store_true")

    command("all")
    command("save", "file")
    command("generate", "outdir", "file")
    command("check", "file")
    return parser.parse_args()


def keep_memory():
    """glibc: hand freed blocks out again instead of returning them to the kernel."""
    libc = ctypes.CDLL(None)
    trim_threshold, mmap_max = -1, -4
    libc.mallopt(trim_threshold, 2**31 - 1)
    libc.mallopt(mmap_max, 0)


OPTIONS = parse_options()
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(OPTIONS.threads)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
if OPTIONS.tuned:
    keep_memory()

import numpy as np                      # noqa: E402  (the environment above comes first)
import torch                            # noqa: E402
from torch import nn                    # noqa: E402
from torch.nn import functional as F    # noqa: E402


def centre(taps):
    return (taps - 1) // 2


class Pointwise(nn.Module):
    """A convolution with one tap (or a dense layer) on [batch, inputs]."""

    def __init__(self, inputs, outputs, form):
        super().__init__()
        self.form = form
        limit = (6 / (inputs + outputs)) ** 0.5
        shape = (inputs, outputs) if form == "matmul" else (outputs, inputs, 1)
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        if self.form == "matmul":
            return torch.addmm(self.bias, x, self.weight)
        return F.conv1d(x[:, :, None], self.weight, self.bias)[:, :, 0]

    def set_keras(self, kernel, bias, transposed):
        """kernel: [1, in, out], [1, out, in] when transposed, or [in, out]."""
        w = kernel.reshape(kernel.shape[-2:])
        w = w if not transposed else w.T                       # [in, out]
        w = w if self.form == "matmul" else w.T
        self.weight.data.copy_(w.reshape(self.weight.shape))
        self.bias.data.copy_(bias)

    def keras_gradient(self, transposed):
        g = self.weight.grad
        g = g if self.form == "matmul" else g.reshape(g.shape[:2]).T
        return g if not transposed else g.T


class Taps(nn.Module):
    """A convolution with many taps and one filter on a sequence of length one."""

    def __init__(self, inputs, taps, form, transposed):
        super().__init__()
        self.form, self.transposed, self.taps = form, transposed, taps
        limit = (6 / (taps * (inputs + 1))) ** 0.5
        kernel = torch.empty(taps, inputs).uniform_(-limit, limit)
        self.bias = nn.Parameter(torch.zeros(1))
        if form == "full":
            shape = (inputs, 1, taps) if transposed else (1, inputs, taps)
            self.weight = nn.Parameter(kernel.T.reshape(shape))
        else:
            self.weight = nn.Parameter(kernel[centre(taps)].clone())
            self.register_buffer("kernel", kernel)

    def forward(self, x):
        if self.form != "full":
            return torch.addmv(self.bias, x, self.weight)[:, None]
        pad = centre(self.taps)
        if self.transposed:
            return F.conv_transpose1d(x[:, :, None], self.weight, self.bias)[:, :, pad]
        padded = F.pad(x[:, :, None], (pad, self.taps - 1 - pad))
        return F.conv1d(padded, self.weight, self.bias, stride=2)[:, :, 0]

    def set_keras(self, kernel, bias):
        """kernel: [taps, in, 1], [taps, 1, in] when transposed."""
        k = kernel.reshape(self.taps, -1)
        if self.form == "full":
            self.weight.data.copy_(k.T.reshape(self.weight.shape))
        else:
            self.kernel.copy_(k)
            self.weight.data.copy_(k[centre(self.taps)])
        self.bias.data.copy_(bias)


class Norm(nn.Module):
    """gamma and beta of one channel; what is normalized depends on the side."""

    def __init__(self):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

    def instance(self, x):
        """Over the time axis of [batch, 1, 1]: the deviation from the mean is 0."""
        x = x[:, :, None]
        mean, var = x.mean(2, keepdim=True), x.var(2, unbiased=False, keepdim=True)
        return ((x - mean) * torch.rsqrt(var + 1e-3) * self.gamma + self.beta)[:, :, 0]

    def inference(self, x):
        """Batch normalization with the moving mean 0 and variance 1 that are never updated."""
        return x * (self.gamma / 1.001 ** 0.5) + self.beta


class Residual(nn.Module):
    def __init__(self, channels, taps, form, decoder):
        super().__init__()
        self.decoder, self.form = decoder, form
        self.a, self.na = Taps(channels, taps, form, decoder), Norm()
        self.b, self.nb = Taps(1, taps, form, decoder), Norm()

    def forward(self, x):
        if self.decoder:
            h = F.leaky_relu(self.na.inference(self.a(F.relu(x))), 0.4)
            h = F.leaky_relu(self.nb.inference(self.b(h)), 0.4)
        elif self.form == "full":
            h = F.leaky_relu(self.na.instance(self.a(F.relu(x))), 0.4)
            h = F.leaky_relu(self.nb.instance(self.b(h)), 0.4)
        else:
            h = F.leaky_relu(self.nb.beta, 0.4)
        return F.relu(x + h)


class Side(nn.Module):
    """Encoder or decoder: pointwise layers and residual blocks by Keras' names."""

    def __init__(self, decoder, samples, latent, widths, form):
        super().__init__()
        self.decoder = decoder
        self.layers = nn.ModuleDict()
        channels = latent if decoder else samples
        for i, width in enumerate(widths, 1):
            if decoder:
                self.layers[f"res{i}"] = Residual(channels, width, form, True)
                self.layers[f"conv{i}"] = Pointwise(channels, width, form)
            else:
                self.layers[f"conv{i}"] = Pointwise(channels, width, form)
                self.layers[f"res{i}"] = Residual(width, width, form, False)
            channels = width
        last = ("conv5", samples) if decoder else ("dense", 2 * latent)
        self.layers[last[0]] = Pointwise(channels, last[1], form)

    def forward(self, x):
        for layer in self.layers.values():
            x = layer(x)
        return x

    def set_keras(self, prefix, values):
        for name, layer in self.layers.items():
            path = f"{prefix}/{name}/"
            if isinstance(layer, Pointwise):
                layer.set_keras(values[path + "kernel"], values[path + "bias"], self.decoder)
                continue
            for part in ("a", "b"):
                getattr(layer, part).set_keras(values[f"{path}{part}/kernel"], values[f"{path}{part}/bias"])
            for part in ("na", "nb"):
                getattr(layer, part).gamma.data.copy_(values[f"{path}{part}/gamma"])
                getattr(layer, part).beta.data.copy_(values[f"{path}{part}/beta"])


class Notebook(nn.Module):
    def __init__(self, samples=SAMPLES, latent=LATENT, encoder=ENCODER, decoder=DECODER, form="matmul"):
        super().__init__()
        self.latent = latent
        self.encoder = Side(False, samples, latent, encoder, form)
        self.decoder = Side(True, samples, latent, decoder, form)

    def encode(self, x):
        """[batch, samples] to mean and log variance, each [batch, latent]."""
        return self.encoder(x).split(self.latent, 1)

    def loss(self, x, eps):
        """The total, and its terms for check."""
        mean, logvar = self.encode(x)
        z = mean + torch.exp(0.5 * logvar) * eps
        logit = self.decoder(z)
        batch = x.shape[0]
        # sums over all clips, divided by their number, are the mean of the sums
        cross = F.binary_cross_entropy_with_logits(logit, x, reduction="sum") / batch
        # log q(z|x) - log p(z); (z - mean)^2 exp(-logvar) is eps^2
        divergence = 0.5 * (z * z - eps * eps - logvar).sum() / batch
        p = logit.clamp(1e-7, 1 - 1e-7)
        reconstruction = -torch.lerp(torch.log((1 + 1e-7) - p), torch.log(p + 1e-7), x).mean()
        negative_elbo = cross + divergence
        return negative_elbo + reconstruction, negative_elbo, reconstruction, (mean, logvar, z, logit)


def make_optimizer(net, options):
    return torch.optim.Adam(net.parameters(), lr=3e-4, betas=(0.9, 0.999), eps=1e-8,
                            foreach=options.adam == "foreach")


def train_step(net, adam, x, eps):
    adam.zero_grad(set_to_none=True)
    total, negative_elbo, reconstruction, _ = net.loss(x, eps)
    total.backward()
    adam.step()
    return negative_elbo, reconstruction


def report(what, times, options):
    times = np.array(times) * 1e3
    print(f"{what} threads {options.threads} steps {len(times)} median {np.median(times):.3f} ms "
          f"min {times.min():.3f} ms")


def timed(work, options):
    """Seconds of each call of work(i), after three that do not count."""
    for i in range(3):
        work(i)
    times = []
    for i in range(options.steps):
        start = time.perf_counter()
        work(i)
        times.append(time.perf_counter() - start)
    return times


def random_clips(count):
    return torch.randn(count, SAMPLES).mul_(0.2).clamp_(-1, 1)


def run_train(options):
    net = Notebook(form=options.form)
    adam = make_optimizer(net, options)
    clips = random_clips(4 * BATCH)

    def step(i):
        x = clips[i % 4 * BATCH:(i % 4 + 1) * BATCH]
        train_step(net, adam, x, torch.randn(BATCH, LATENT))[0].item()

    report("train", timed(step, options), options)


def run_encode(options):
    net, clips = Notebook(form=options.form), random_clips(BATCH)
    with torch.inference_mode():
        report("encode", timed(lambda i: net.encode(clips), options), options)


def run_decode(options):
    net = Notebook(form=options.form)
    with torch.inference_mode():
        z = torch.randn(BATCH, LATENT)
        report("decode", timed(lambda i: torch.sigmoid(net.decoder(z)), options), options)


def run_all(options):
    run_train(options)
    run_encode(options)
    run_decode(options)


def run_save(options):
    net = Notebook(form=options.form)
    with open(options.file, "wb") as file:
        np.savez(file, **{name: value.numpy() for name, value in net.decoder.state_dict().items()})


def run_generate(options):
    import wave
    with torch.inference_mode():
        decoder = Side(True, SAMPLES, LATENT, DECODER, options.form)
        with np.load(options.file) as values:
            decoder.load_state_dict({name: torch.from_numpy(values[name]) for name in values.files})
        clips = torch.sigmoid(decoder(torch.randn(BATCH, LATENT)))
        clips -= clips.mean(1, keepdim=True)
        pcm = (clips * 32767).round().to(torch.int16).numpy()
    os.makedirs(options.outdir, exist_ok=True)
    for i, clip in enumerate(pcm):
        with wave.open(f"{options.outdir}/sample-{i:02d}.wav", "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(clip.tobytes())


def read_stream(path):
    """Frames of a stream by name: (meta, {tensor name: tensor})."""
    import msgpack

    def decode(m):
        if b"nd" not in m:
            return m
        return torch.from_numpy(np.frombuffer(m[b"data"], np.float32).reshape(m[b"shape"]).copy())

    frames = {}
    with open(path, "rb") as file:
        unpacker = msgpack.Unpacker(file, raw=False, strict_map_key=False, object_hook=decode,
                                    max_buffer_size=0)
        for m in unpacker:
            if m["cv"] == "head":
                head = m["meta"]
            elif m["cv"] == "frame":
                frames[m["name"]] = (m["meta"], m["tensors"])
    return head, frames


def run_check(options):
    """Every loss term and gradient of the reference network, then its ten steps of Adam."""
    head, frames = read_stream(options.file)
    bad = 0

    def compare(what, ours, reference, limit):
        nonlocal bad
        ours, reference = torch.as_tensor(ours).reshape(-1), torch.as_tensor(reference).reshape(-1)
        error = float((ours - reference).abs().max() / reference.abs().max().clamp(min=1e-30))
        bad += not error <= limit
        print(f"{'ok' if error <= limit else 'not ok'} {what}: relative error {error:.1e}, limit {limit:.0e}")

    for form in FORMS:
        net = Notebook(head["samples"], head["latent"], head["encoder_channels"], head["decoder_channels"],
                       form)
        params = frames["params"][1]
        net.encoder.set_keras("enc", params)
        net.decoder.set_keras("dec", params)
        meta, forward = frames["forward"]
        x = forward["x"].reshape(head["batch"], -1)
        total, negative_elbo, reconstruction, (mean, logvar, z, logit) = net.loss(x, forward["eps"])
        for name, value in (("mean", mean), ("logvar", logvar), ("z", z), ("logit", logit)):
            compare(f"{form} {name}", value.detach(), forward[name], 1e-4)
        compare(f"{form} sample", torch.sigmoid(logit).detach(), forward["sample"], 1e-4)
        compare(f"{form} negative ELBO", negative_elbo.item(), meta["neg_elbo"], 1e-4)
        compare(f"{form} reconstruction", reconstruction.item(), meta["reconstruction"], 1e-4)
        compare(f"{form} total", total.item(), meta["total"], 1e-4)
        total.backward()
        gradients = frames["gradients"][1]
        for prefix, side in (("enc", net.encoder), ("dec", net.decoder)):
            for name, layer in side.layers.items():
                if isinstance(layer, Pointwise):
                    compare(f"{form} gradient {prefix}/{name}/kernel", layer.keras_gradient(side.decoder),
                            gradients[f"{prefix}/{name}/kernel"], 1e-3)
                else:
                    compare(f"{form} gradient {prefix}/{name}/nb/beta", layer.nb.beta.grad,
                            gradients[f"{prefix}/{name}/nb/beta"], 1e-3)
        adam = make_optimizer(net, options)
        for step in range(1, head["steps"] + 1):
            meta, tensors = frames[f"step_{step}"]
            negative_elbo, reconstruction = train_step(net, adam, x, tensors["eps"])
            compare(f"{form} step {step} negative ELBO", negative_elbo.item(), meta["neg_elbo"], 1e-4)
            compare(f"{form} step {step} reconstruction", reconstruction.item(), meta["reconstruction"], 1e-4)
    if bad:
        sys.exit(f"notebook_torch: {bad} values differ from the reference")


def main():
    torch.set_num_threads(OPTIONS.threads)
    torch.manual_seed(123)
    globals()["run_" + OPTIONS.command](OPTIONS)


if __name__ == "__main__":
    main()
