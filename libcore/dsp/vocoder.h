/* From magnitudes to sound: finds phases that fit, and overlaps and adds.
 * Frames are those of dsp/features.h, with a periodic Hann window and on a
 * grid; a step of a quarter of the transform or less is best, a half and more is
 * too much to find phases. */
#ifndef DSP_VOCODER_H
#define DSP_VOCODER_H

#include <stddef.h>
#include <stdint.h>

#include "dsp/grid.h"

struct vocoder_how {
    int iterations; /* of Griffin-Lim, 0 or more */
    float most;     /* > 0: phases are sought with which no sample is over this; some may be by a little */
    float momentum; /* 0: Griffin and Lim's own; 0.99: the fast one; more than 1 is not stable */
    uint64_t seed;
};

/* 8 iterations, at most full scale (1), momentum 0.99, seed 123. */
struct vocoder_how vocoder_defaults(void);

struct vocoder;

/* fft: a multiple of 16. */
struct vocoder *vocoder_new(int fft, struct vocoder_how how);
void vocoder_free(struct vocoder *v);

/* Starts a clip whose frames stand on that grid; what was left of one before is dropped. Where no
 * frame reaches there is silence. It begins with a fade of fft / 64 samples. */
void vocoder_begin(struct vocoder *v, struct grid grid);

/* The next frames of the clip: magnitude [frames, fft / 2 + 1], finite, >= 0. */
void vocoder_push(struct vocoder *v, const float *magnitude, int frames);

/* No more frames: the clip has that many samples, at least 1 and those that were taken, and ends with a fade of
 * fft / 128, over as many as are left. Frames beyond it have been heard within; for those that are missing, as
 * grid_frames(grid, samples) has them, the last one stands (silence if there is none). */
void vocoder_end(struct vocoder *v, int64_t samples);

/* Takes up to most of the samples that are ready, in order; returns how many. Before the end those may be more than
 * the clip will have: take no more than it surely does, less the fade. Memory stays the same however long the clip, if
 * samples are taken after each push. The cuts between pushes and pulls change no sample. */
size_t vocoder_pull(struct vocoder *v, float *x, size_t most);

/* Samples of the fade at the end. */
int vocoder_fade(int fft);

#endif
