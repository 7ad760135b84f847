/* Training clips as blocks, of a beat each where frames follow it: what a new
 * clip is put together from, and what of a block is compared. */
#ifndef MODEL_BLOCKS_H
#define MODEL_BLOCKS_H

#include <stdint.h>

#include "dsp/chroma.h"
#include "model/bar.h"

/* What standardised latents do to the sound. */
struct listening {
    float *weight; /* [latent]: how much a dimension moves the levels */
    float *level;  /* [chroma_bins, latent]: how much it raises those of the lowest bins */
    float *rest;   /* [chroma_bins]: what these are without */
    struct chroma *chroma;
};

struct blocks {
    int latent, length; /* dimensions; latent frames of a block */
    int64_t count, clips;
    int64_t *first;  /* [clips + 1]: the first block of each clip */
    int64_t *frame;  /* [count]: where it begins */
    int64_t *clip;   /* [count] */
    float *weighted; /* [count, length latent]: latents by their weight */
    float *norm;     /* [count]: squares of these, summed */
    float *harmony;  /* [count, CHROMA] */
    float *texture;  /* [count, latent]: weighted latents, the mean over five blocks about it */
    float *mean;     /* [clips, length latent + CHROMA]: of weighted latents and of harmony, over a clip */
    struct bar *bar; /* [clips] */
};

/* Whole blocks of clips of z [sum of lengths, latent], standardised; beats: they are, or else half seconds. */
void blocks_make(struct blocks *b, int latent, int length, const float *z, const int64_t *lengths, int64_t clips,
                 const struct listening *by, bool beats);
void blocks_free(struct blocks *b);

/* The place of a block in its bar, from 0; the first block of a clip, which is not empty,
 * at such a place, or whole bars from it; one of the clip, too, where it is shorter than a bar. */
int64_t blocks_place(const struct blocks *b, int64_t block);
int64_t blocks_at_place(const struct blocks *b, int64_t clip, int64_t place);

/* Mean squared distances between blocks far from each other: what other distances are divided by. */
struct blocks_far {
    float context, block, harmony, texture;
};

struct blocks_far blocks_far(const struct blocks *b);

/* How much alike two blocks are within their clips, of one set or two: cosines of what they have beside the means of
 * their clips, of latents and of harmony, averaged. like [length latent + CHROMA] of each, then their product. */
void blocks_like(const struct blocks *b, int64_t block, float *like);
double blocks_alike(const struct blocks *b, const float *like, const float *other);

/* Adds scale |row - q|^2 of every row of n values, count of them, to sum. */
void squares_add(int64_t count, int n, const float *rows, const float *q, float scale, float *sum);

/* Products of all blocks with two others, each [length latent]: out [count, 2]. */
void blocks_products(const struct blocks *b, const float *with, float *out);

/* |x - y|^2 - |y|^2, x the two weighted blocks before block j, y the two that products are with: how far what is before j
 * is from what was played. */
static inline float blocks_context(const struct blocks *b, const float *products, int64_t j)
{
    return b->norm[j - 2] + b->norm[j - 1] - 2 * (products[2 * (j - 2)] + products[2 * (j - 1) + 1]);
}

#endif
