/* A bank of noise, to be followed and played. */
#ifndef TESTS_GUIDED_BANK_H
#define TESTS_GUIDED_BANK_H

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "model/guided.h"

enum { D = 4, LENGTH = 4, CLIPS = 5, BLOCKS = 42, FRAMES = CLIPS * BLOCKS * LENGTH + 2 * CLIPS };

static struct blocks bank;
static float past[2 * LENGTH * D];

/* Clips of noise, with so much of what was played eight blocks before. */
static void make_bank(float again)
{
    float *z = mem_alloc(FRAMES * D * sizeof *z), ones[D] = {1, 1, 1, 1};
    struct listening by = {.weight = ones, .chroma = chroma_new(3000, 512, 0)};
    size_t bins = (size_t)chroma_bins(by.chroma);
    struct rng r = rng_new(1, 0);
    int64_t lengths[CLIPS];

    by.level = mem_alloc(bins * D * sizeof(float));
    by.rest = mem_zero(bins, sizeof(float));
    rng_normal(&r, by.level, bins * D);
    rng_normal(&r, z, FRAMES * D);
    for (int i = 8 * LENGTH * D; i < FRAMES * D; i++)
        z[i] = again * z[i - 8 * LENGTH * D] + sqrtf(1 - again * again) * z[i];
    for (int c = 0; c < CLIPS; c++)
        lengths[c] = BLOCKS * LENGTH + 2; /* what is no whole block is left out */
    blocks_make(&bank, D, LENGTH, z, lengths, CLIPS, &by, true);
    check(bank.count == CLIPS * BLOCKS && bank.frame[BLOCKS] == BLOCKS * LENGTH + 2, "blocks lie in their clips");
    check(bank.weighted[3 * LENGTH * D] >= z[3 * LENGTH * D] && bank.weighted[3 * LENGTH * D] <= z[3 * LENGTH * D],
          "with the latents' own weight");
    for (int c = 0; c < CLIPS; c++)
        bank.bar[c] = (struct bar){BAR, c % BAR}; /* noise has none */
    free(by.level);
    free(by.rest);
    chroma_free(by.chroma);
    free(z);
}

#endif
