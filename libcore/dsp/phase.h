/* A first guess at the phases that belong to magnitudes, frame by frame. */
#ifndef DSP_PHASE_H
#define DSP_PHASE_H

#include <stdint.h>

#include "dsp/grid.h"

struct phase;

/* For transforms of fft samples, a multiple of 4, with a periodic Hann window. */
struct phase *phase_new(int fft);
void phase_free(struct phase *p);

/* Starts a clip with frame first of that grid. */
void phase_begin(struct phase *p, struct grid grid, int64_t first, uint64_t seed);

/* The next frame of a clip, in order. before, now, after [fft / 2 + 1]: magnitudes of the
 * frame before it, of itself, and of the one after it; at an end of the clip, what stands
 * there by reflection. turns [fft / 2 + 1]: phases / (2 pi), for a transform that begins at
 * the first sample of the frame. */
void phase_next(struct phase *p, const float *before, const float *now, const float *after, float *turns);

#endif
