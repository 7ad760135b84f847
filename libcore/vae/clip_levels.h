/* What the network 'spectral' learns from: of each clip the standardised
 * levels of its frames, and where they stand. */
#ifndef VAE_CLIP_LEVELS_H
#define VAE_CLIP_LEVELS_H

#include "base/pool.h"
#include "nn/params.h"
#include "vae/dataset.h"
#include "vae/front.h"

struct levels {
    struct timing timing;
    int64_t samples;
    int frames;                  /* a multiple of the stride: the last frame is repeated */
    float *y;                    /* [features, frames] */
};

/* How the clips of a dataset fall: as their meta says, or as is found in their
 * sound. Sets timing and frames of each, y to NULL. Returns how many have a steady beat. */
size_t levels_time(const struct front *f, const struct dataset *d, int stride, struct levels *clips, struct pool *pool);

int levels_longest(const struct levels *clips, size_t count);                    /* frames */
size_t levels_size(const struct levels *clip, int features);                     /* floats of y */

/* Standardised levels of a clip's samples x by the statistics in params, to y. */
void levels_of(const struct front *f, const struct params *params, const float *x, const struct levels *clip, float *y);

/* Levels of all clips of d, floored 60 dB under the loudest bin of all, and the
 * statistics that go with them: "front/floor"; per channel "front/mean" and
 * "front/sd" over all frames, and "front/most", the most that decoding will
 * allow. With given, the statistics are there and stay. y comes from the
 * dataset's spool. -1: it is full, or there is nothing but silence. */
int levels_learn(const struct front *f, struct params *params, const struct dataset *d, struct levels *clips, bool given,
                 struct pool *pool);

#endif
