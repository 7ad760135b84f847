/* Two channels from the mono sound that a vocoder makes: left = mono + side,
 * right = mono - side, so their mean is the mono sound and nothing combs. Frame
 * by frame and bin by bin the side is lean times the mono sound, in phase with
 * it, and spread times it a quarter of a turn off: what is louder on the left,
 * and how little the channels have to do with each other. */
#ifndef DSP_PAN_H
#define DSP_PAN_H

#include <stdint.h>

#include "dsp/grid.h"

struct pan;

/* fft: that of the vocoder. For one thread. */
struct pan *pan_new(int fft);
void pan_free(struct pan *p);

/* Starts a clip whose frames stand on that grid. */
void pan_begin(struct pan *p, struct grid grid);

/* The next frame: lean and spread, [2, fft / 2 + 1]. 1 and 0: all is on
 * the left; 0 and 1 or 0 and -1: both are as loud, a quarter of a turn apart. */
void pan_push(struct pan *p, const float *side);

/* The next samples of the mono sound. Frames are kept until all that they reach is there: less than fft samples wait;
 * where the calls are cut changes no sample. */
void pan_put(struct pan *p, const float *x, int64_t count);

/* All of the mono sound is there. If frames are missing, the last one stands for them. */
void pan_end(struct pan *p);

/* Takes the samples that are ready, in order, of left and right; returns how many. */
int64_t pan_pull(struct pan *p, float *left, float *right);

#endif
