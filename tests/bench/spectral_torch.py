#!/usr/bin/python3
"""The spectral network in PyTorch: the peer that `make bench` times cv's training against.

    spectral_torch.py train --rate HZ [--beat] [--features F] [--threads N] [--steps K] [--tuned]
                            [--form conv|gemm] [--blas N]
    spectral_torch.py macs --rate HZ [--beat] [--features F]
                            million multiply-adds of a training step, counted at every layer

It trains on crops of a table of frames as cv does: the crops of a step, its noise, forward, losses,
backward, the bound on the gradient's norm and Adam are all inside what is timed. What makes PyTorch fast
here without changing the result is done:

- Adam and the gradient's bound work on all parameters at once (foreach); gradients start as None.
- 1x1 convolutions are nn.Conv1d like all others; --form gemm writes them as matrix products, which is
  what some do to be fast, and here is slower.
- OpenBLAS keeps to one thread (--blas 1): under OpenMP's threads its own only get in the way. Idle
  threads sleep instead of taking each other's processor.
- What depends on the data alone (the level that the loss is bounded by) is worked out once.
- --tuned also has the C library keep freed memory, which Python users seldom know to ask for, and takes
  denormal numbers for zero. run.sh shows both.
"""
import argparse
import ctypes
import os
import time


def parse_options():
    parser = argparse.ArgumentParser(description="The spectral network's training step in PyTorch.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("train", "macs"):
        sub = commands.add_parser(name)
        sub.add_argument("--rate", type=int, choices=(3000, 22050), default=3000)
        sub.add_argument("--beat", action="store_true", help="the shape for frames on the beat")
        sub.add_argument("--features", type=int, help="channels of its input")
        sub.add_argument("--threads", type=int, default=1)
        sub.add_argument("--steps", type=int, default=20)
        sub.add_argument("--blas", type=int, default=1)
        sub.add_argument("--form", choices=("conv", "gemm"), default="conv")
        sub.add_argument("--tuned", action="store_true")
    return parser.parse_args()


def keep_memory():
    """glibc: hand freed blocks out again instead of returning them to the kernel."""
    trim_threshold, mmap_max = -1, -4
    libc = ctypes.CDLL(None)
    libc.mallopt(trim_threshold, 2**31 - 1)
    libc.mallopt(mmap_max, 0)


OPTIONS = parse_options()
os.environ["OMP_NUM_THREADS"] = str(OPTIONS.threads)
os.environ["OPENBLAS_NUM_THREADS"] = str(OPTIONS.blas)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
if OPTIONS.tuned:
    keep_memory()

import torch                            # noqa: E402  (the environment above comes first)
from torch import nn                    # noqa: E402
from torch.nn import functional as F    # noqa: E402

# features, width, latent, frames of a latent frame, frames of a crop, learning rate
SHAPES = {3000: (257, 128, 64, 2, 64, 2e-3), 22050: (246, 192, 64, 4, 128, 1.5e-3)}
BEAT_SHAPES = {3000: (129, 128, 64, 6, 192, 2e-3), 22050: (246, 192, 64, 6, 192, 1.5e-3)}
BATCH, BETA, PRIOR_TAPS = 8, 3e-3, 4


class Mix(nn.Module):
    """A 1x1 convolution as one product for each clip."""

    def __init__(self, inputs, outputs):
        super().__init__()
        bound = inputs ** -0.5
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs, 1).uniform_(-bound, bound))

    def forward(self, x):
        return self.weight @ x + self.bias


def mix(inputs, outputs):
    return Mix(inputs, outputs) if OPTIONS.form == "gemm" else nn.Conv1d(inputs, outputs, 1)


def zeroed(layer):
    """A last layer that adds nothing to begin with."""
    for p in layer.parameters():
        nn.init.zeros_(p)
    return layer


class Causal(nn.Conv1d):
    """Three taps that look back only."""

    def __init__(self, inputs, outputs, dilation=1):
        super().__init__(inputs, outputs, 3, dilation=dilation)

    def forward(self, x):
        return super().forward(F.pad(x, (2 * self.dilation[0], 0)))


class Block(nn.Module):
    """x + 1x1(silu(three taps(silu(x))))"""

    def __init__(self, width, dilation):
        super().__init__()
        self.inner = nn.Sequential(
            nn.SiLU(), Causal(width, width, dilation), nn.SiLU(), zeroed(mix(width, width)))

    def forward(self, x):
        return x + self.inner(x)


class Spectral(nn.Module):
    def __init__(self, features, width, latent, stride):
        super().__init__()

        def blocks():
            return Block(width, 1), Block(width, 3)

        self.features, self.latent, self.stride = features, latent, stride
        self.encoder = nn.Sequential(
            mix(features, width), *blocks(), nn.SiLU(), nn.Conv1d(width, width, stride, stride),
            *blocks(), nn.SiLU(), zeroed(mix(width, 2 * latent)))
        self.analysis = nn.Conv1d(features, latent, stride, stride)
        self.decoder = nn.Sequential(
            Causal(latent, width), *blocks(), nn.SiLU(), nn.ConvTranspose1d(width, width, stride, stride),
            *blocks(), nn.SiLU(), zeroed(mix(width, features)))
        self.synthesis = nn.ConvTranspose1d(latent, features, stride, stride)
        self.prior = zeroed(nn.Conv1d(latent, latent, PRIOR_TAPS))
        self.scale = nn.Parameter(torch.zeros(latent, 1))
        self.register_buffer("mean", torch.zeros(features, 1))
        self.register_buffer("sd", torch.ones(features, 1))

    def loss(self, y, eps, top, beta):
        mean, logvar = self.encoder(y).chunk(2, 1)
        mean = mean + self.analysis(y)
        logvar = (logvar - 4).clamp(-10, 4)
        z = mean + eps * torch.exp(0.5 * logvar)
        out = self.decoder(z) + self.synthesis(z)
        target = torch.exp(y * self.sd + self.mean)
        linear = torch.exp((out * self.sd + self.mean).clamp(max=top))
        distance = (out - y).abs().mean() + (linear - target).abs().mean() / target.mean()
        expected = self.prior(F.pad(z[..., :-1], (PRIOR_TAPS, 0)))
        kl = self.scale - 0.5 * logvar - 0.5 \
            + 0.5 * (torch.exp(logvar) + (mean - expected) ** 2) * torch.exp(-2 * self.scale)
        return distance + beta * kl.mean((0, 2)).sum()


def training():
    """A function that takes one step on a batch of crops."""
    shapes = BEAT_SHAPES if OPTIONS.beat else SHAPES
    features, width, latent, stride, crop, rate = shapes[OPTIONS.rate]
    features = OPTIONS.features or features
    net = Spectral(features, width, latent, stride)
    adam = torch.optim.Adam(net.parameters(), lr=rate, betas=(0.9, 0.99), foreach=True)
    clips = torch.randn(16, features, 5 * crop)
    top = float(clips.max()) + 0.7

    def step(number):
        chosen = torch.randint(len(clips), (BATCH,)).tolist()
        starts = torch.randint(clips.shape[2] - crop + 1, (BATCH,)).tolist()
        y = torch.stack([clips[c, :, s:s + crop] for c, s in zip(chosen, starts)])
        loss = net.loss(y, torch.randn(BATCH, latent, crop // stride), top, BETA)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        return loss.item()

    return net, step


def run_train():
    _, step = training()
    for i in range(3):
        step(i)
    times = []
    for i in range(OPTIONS.steps):
        start = time.perf_counter()
        step(i)
        times.append(1e3 * (time.perf_counter() - start))
    times = torch.tensor(times)
    name = "beat" if OPTIONS.beat else "spectral"
    print(f"{name}-{OPTIONS.rate} threads {OPTIONS.threads} steps {OPTIONS.steps} "
          f"median {times.median():.3f} ms min {times.min():.3f} ms")


def run_macs():
    """Counts at each layer of a forward pass: weights times the places they are applied at."""
    net, step = training()
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        places = (inputs[0] if isinstance(layer, nn.ConvTranspose1d) else output).shape
        total += layer.weight.numel() * places[0] * places[2]

    for layer in net.modules():
        if hasattr(layer, "weight"):
            layer.register_forward_hook(count)
    step(0)
    print(f"{3e-6 * total:.6f}")


def main():
    torch.set_num_threads(OPTIONS.threads)
    torch.set_flush_denormal(OPTIONS.tuned)
    torch.manual_seed(123)
    globals()["run_" + OPTIONS.command]()


if __name__ == "__main__":
    main()
