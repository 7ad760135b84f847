/* What the network 'spectral' learns from: of each clip the standardised
 * levels of its frames, and where they stand. */
#ifndef TRAIN_SPECTRAL_DATA_H
#define TRAIN_SPECTRAL_DATA_H

#include "base/pool.h"
#include "nn/params.h"
#include "train/dataset.h"
#include "model/spectral_input.h"

struct spectral_clip {
    struct timing timing;
    int64_t first, samples; /* of the clip: without silence at its ends */
    double level;           /* 0: silent */
    int real;               /* frames */
    int frames; /* and with the last one repeated, up to a multiple of the stride: see spectral_data_stride */
    float *y;   /* [frames, features] */
};

/* How the clips of a dataset fall: as their meta says, or as is found in their
 * sound. Sets all but y, which becomes NULL. trim: without silence at their ends. */
void spectral_data_time(const struct spectral_input *f, const struct dataset *d, bool trim, struct spectral_clip *clips,
                        struct pool *pool);
void spectral_data_stride(struct spectral_clip *clips, size_t count, int stride);

/* -1: the clips have too few frames to learn from. */
int spectral_data_check(const struct spectral_input *f, const struct dataset *d, const struct spectral_clip *clips);

size_t spectral_data_size(const struct spectral_clip *clip, int features); /* floats of y */

/* Standardised levels of a clip x [channels, stride] to y, by the statistics in values. */
void spectral_data_of(const struct spectral_input *f, const struct input_values *values, const float *x, int64_t stride,
                      const struct spectral_clip *clip, float *y);

/* Levels of all clips of d, and the statistics of the front end that go with
 * them and those of all ranks, but for lift and spread, which need the trained network. With given,
 * these are there and stay. The floor lies 80 dB under what is loud in most
 * clips. y comes from the dataset's spool. -1: it is full, or there is nothing
 * but silence. */
int spectral_data_learn(const struct spectral_input *f, struct params *params, const struct dataset *d,
                        struct spectral_clip *clips, bool given, struct pool *pool);

#endif
