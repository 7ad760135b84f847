#!/usr/bin/python3
"""The spectral network in PyTorch: the peer that `make bench` times cv's training against.

    spectral_torch.py train SHAPE [--threads N] [--steps K] [--tuned]
    spectral_torch.py check SHAPE < EXAMPLE
                            compares loss and norm of the gradient with those of bench's example

SHAPE is what `bench shape SETTING` prints. It trains on crops of a table of frames as cv does: the crops
of a step, its noise, forward, losses, backward, the bound on the gradient's norm and Adam are all inside
what is timed. It is written as its users would write it: nn.Conv1d for what looks back, nn.Linear for
what does not. What makes PyTorch fast here without changing the result is done:

- Adam and the gradient's bound work on all parameters at once (foreach); gradients start as None.
- OpenBLAS keeps to one thread: under OpenMP's threads its own only get in the way. Idle threads sleep
  instead of taking each other's processor.
- --tuned also has the C library keep freed memory, which Python users seldom know to ask for, takes
  denormal numbers for zero, and makes one matrix product of each convolution, of rows beside the ones
  before them, as cv does. run.sh shows both.
"""
import argparse
import ctypes
import os
import sys
import time


def parse_options():
    parser = argparse.ArgumentParser(description="The spectral network's training step in PyTorch.")
    parser.add_argument("command", choices=("train", "check"))
    for size in ("features", "width", "latent", "stride", "crop"):
        parser.add_argument("--" + size, type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--tuned", action="store_true")
    return parser.parse_args()


def keep_memory():
    """glibc: hand freed blocks out again instead of returning them to the kernel."""
    trim_threshold, mmap_max = -1, -4
    libc = ctypes.CDLL(None)
    libc.mallopt(trim_threshold, 2**31 - 1)
    libc.mallopt(mmap_max, 0)


OPTIONS = parse_options()
os.environ["OMP_NUM_THREADS"] = str(OPTIONS.threads)
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
if OPTIONS.tuned:
    keep_memory()

import torch                            # noqa: E402  (the environment above comes first)
from torch import nn                    # noqa: E402
from torch.nn import functional as F    # noqa: E402

# as in bench_spectral.c; levels are natural logarithms of magnitudes
BATCH, CLIPS, LONG = 8, 16, 5
LEVEL, SCALE, FLOOR, TOP, BETA = -4, 1.2, -5.5, -1, 3e-4
RATE, SLOW = 2e-3, 0.1                  # of learning; the encoder's share of it
TAPS, PRIOR_TAPS = 3, 4


class Causal(nn.Conv1d):
    """Rows [batch, rows, values] and those before them, the last of them lag rows back."""

    def __init__(self, inputs, outputs, taps, lag=0):
        super().__init__(inputs, outputs, taps)
        self.taps, self.lag = taps, lag

    def forward(self, x):
        rows = x.shape[1]
        if OPTIONS.tuned:
            x = F.pad(x, (0, 0, self.taps - 1 + self.lag, 0))
            beside = torch.cat([x[:, k:k + rows] for k in range(self.taps)], 2)
            return F.linear(beside, self.weight.transpose(1, 2).flatten(1), self.bias)
        x = F.pad(x.transpose(1, 2), (self.taps - 1 + self.lag, 0))
        return super().forward(x[..., :rows + self.taps - 1]).transpose(1, 2)


class Spectral(nn.Module):
    """y, eps [batch, latent frames, values]: a row of y is stride frames."""

    def __init__(self, features, width, latent, stride):
        super().__init__()
        self.encoder = nn.Linear(stride * features, latent)
        self.logvar = nn.Parameter(torch.full((latent,), -4.0))
        self.into = Causal(latent, width, TAPS)
        self.residual = nn.Sequential(nn.SiLU(), Causal(width, width, TAPS), nn.SiLU(), nn.Linear(width, width))
        self.out = nn.Linear(width, stride * features, bias=False)
        self.linear = nn.Linear(latent, stride * features)
        self.prior = Causal(latent, latent, PRIOR_TAPS, 1)
        self.scale = nn.Parameter(torch.zeros(latent))
        self.register_buffer("level", torch.full((features,), float(LEVEL)).repeat(stride))

    def forward(self, y, eps):
        mean = self.encoder(y)
        z = mean + torch.exp(0.5 * self.logvar) * eps
        h = self.into(z)
        h = F.silu(h + self.residual(h))
        return mean, z, self.out(h) + self.linear(z)

    def loss(self, y, eps):
        mean, z, out = self(y, eps)
        level, aim = SCALE * out + self.level, SCALE * y + self.level
        target = torch.exp(aim)
        apart = (out - y).abs().masked_fill((level <= FLOOR) & (aim <= FLOOR), 0)
        distance = apart.mean() + (torch.exp(level.clamp(max=TOP)) - target).abs().mean() / target.mean()
        far = ((mean - self.prior(z)) ** 2).mean((0, 1))
        kl = self.scale - 0.5 * self.logvar - 0.5 + 0.5 * (self.logvar.exp() + far) * torch.exp(-2 * self.scale)
        return distance + BETA * kl.sum()


def network():
    return Spectral(OPTIONS.features, OPTIONS.width, OPTIONS.latent, OPTIONS.stride)


def training():
    """A function that takes one step on a batch of crops."""
    net = network()
    encoder = list(net.encoder.parameters())
    others = [p for name, p in net.named_parameters() if not name.startswith("encoder")]
    adam = torch.optim.Adam([{"params": encoder, "lr": SLOW * RATE}, {"params": others}], lr=RATE,
                            betas=(0.9, 0.99), foreach=True)
    clips = torch.randn(CLIPS, LONG * OPTIONS.crop, OPTIONS.features)
    rows = OPTIONS.crop // OPTIONS.stride

    def step():
        chosen = torch.randint(CLIPS, (BATCH,)).tolist()
        starts = torch.randint((LONG - 1) * OPTIONS.crop + 1, (BATCH,)).tolist()
        y = torch.stack([clips[c, s:s + OPTIONS.crop] for c, s in zip(chosen, starts)])
        loss = net.loss(y.view(BATCH, rows, -1), torch.randn(BATCH, rows, OPTIONS.latent))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        return loss.item()

    return step


def run_train():
    step = training()
    for _ in range(3):
        step()
    times = []
    for _ in range(OPTIONS.steps):
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    times = torch.tensor(times)
    print(f"{OPTIONS.name} threads {OPTIONS.threads} steps {OPTIONS.steps} "
          f"median {times.median():.3f} ms min {times.min():.3f} ms")


def run_check():
    net, at = network(), 0
    example = torch.frombuffer(bytearray(sys.stdin.buffer.read()), dtype=torch.float32)
    rows = OPTIONS.crop // OPTIONS.stride

    def take(*shape):
        nonlocal at
        count = torch.Size(shape).numel()
        at += count
        return example[at - count:at].view(shape)

    with torch.no_grad():
        def fill(parameters):
            for p in parameters:
                if p.dim() == 3:            # [out, in, tap] here, [out, tap, in] there
                    p.copy_(take(p.shape[0], p.shape[2], p.shape[1]).transpose(1, 2))
                else:
                    p.copy_(take(*p.shape))

        fill([*net.encoder.parameters(), net.logvar, *net.into.parameters(), *net.residual.parameters()])
        both = take(net.out.out_features, OPTIONS.width + OPTIONS.latent)
        net.out.weight.copy_(both[:, :OPTIONS.width])
        net.linear.weight.copy_(both[:, OPTIONS.width:])
        fill([net.linear.bias, *net.prior.parameters(), net.scale])
    loss = net.loss(take(BATCH, rows, OPTIONS.stride * OPTIONS.features), take(BATCH, rows, OPTIONS.latent))
    loss.backward()
    norm = torch.sqrt(sum((p.grad.double() ** 2).sum() for p in net.parameters()))
    ours, theirs = torch.tensor([loss.item(), norm.item()]), take(2)
    print(f"{OPTIONS.name}: loss {ours[0]:.7g} and {theirs[0]:.7g}, norm of gradient {ours[1]:.7g} and {theirs[1]:.7g}")
    if at != len(example) or not torch.allclose(ours, theirs, rtol=1e-4):
        sys.exit("spectral_torch.py: not what bench has computed")


def main():
    torch.set_num_threads(OPTIONS.threads)
    torch.set_flush_denormal(OPTIONS.tuned)
    torch.manual_seed(123)
    globals()["run_" + OPTIONS.command]()


if __name__ == "__main__":
    main()
