/* What the network 'spectral' learns from: of each clip the standardised
 * levels of its frames, and where they stand. */
#ifndef TRAIN_CLIP_LEVELS_H
#define TRAIN_CLIP_LEVELS_H

#include "base/pool.h"
#include "nn/params.h"
#include "train/dataset.h"
#include "model/front.h"

struct levels {
    struct timing timing;
    int64_t first, samples; /* of the clip: without silence at its ends */
    double level;           /* 0: silent */
    int real;               /* frames */
    int frames;             /* and with the last one repeated, up to a multiple of the stride: see levels_stride */
    float *y;               /* [frames, features] */
};

/* How the clips of a dataset fall: as their meta says, or as is found in their
 * sound. Sets all but y, which becomes NULL. trim: without silence at their ends. */
void levels_time(const struct front *f, const struct dataset *d, bool trim, struct levels *clips, struct pool *pool);
void levels_stride(struct levels *clips, size_t count, int stride);

int levels_longest(const struct levels *clips, size_t count); /* frames */
size_t levels_size(const struct levels *clip, int features);  /* floats of y */

/* Standardised levels of a clip x [channels, stride] to y, by the statistics in values. */
void levels_of(const struct front *f, const struct front_values *values, const float *x, int64_t stride,
               const struct levels *clip, float *y);

/* Levels of all clips of d, and the statistics of the front end that go with
 * them, but for lift and spread, which need the trained network. With given,
 * these are there and stay. The floor lies 80 dB under what is loud in most
 * clips. y comes from the dataset's spool. -1: it is full, or there is nothing
 * but silence. */
int levels_learn(const struct front *f, struct params *params, const struct dataset *d, struct levels *clips,
                 bool given, struct pool *pool);

#endif
