#!/usr/bin/python3
"""The generation line with NumPy alone: what Python takes when it need not start PyTorch.

    notebook_numpy.py OUTDIR FILE     draw 10 latents, decode, write 10 WAVs

FILE holds the decoder's weights as notebook_torch.py saves them in form matmul.
"""
import os
import sys
import wave

import numpy as np

LATENT, CLIPS, RATE = 2, 10, 3000


def leaky_relu(x):
    return np.where(x > 0, x, 0.4 * x)


def norm(x, weights, name):
    return x * (weights[name + ".gamma"] / np.float32(1.001 ** 0.5)) + weights[name + ".beta"]


def residual(x, weights, name):
    h = np.maximum(x, 0) @ weights[name + ".a.weight"][:, None] + weights[name + ".a.bias"]
    h = leaky_relu(norm(h, weights, name + ".na"))
    h = h * weights[name + ".b.weight"] + weights[name + ".b.bias"]
    h = leaky_relu(norm(h, weights, name + ".nb"))
    return np.maximum(x + h, 0)


def decode(x, weights):
    for i in range(1, 6):
        if i < 5:
            x = residual(x, weights, f"layers.res{i}")
        x = x @ weights[f"layers.conv{i}.weight"] + weights[f"layers.conv{i}.bias"]
    return x


def main():
    outdir, file = sys.argv[1:]
    noise = np.random.default_rng(123).standard_normal((CLIPS, LATENT), np.float32)
    with np.load(file) as weights:
        clips = 1 / (1 + np.exp(-decode(noise, weights)))
    clips -= clips.mean(1, keepdims=True)
    pcm = np.rint(clips * 32767).astype("<i2")
    os.makedirs(outdir, exist_ok=True)
    for i, clip in enumerate(pcm):
        with wave.open(f"{outdir}/sample-{i:02d}.wav", "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(clip.tobytes())


if __name__ == "__main__":
    main()
