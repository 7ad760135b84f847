/* Breaks in a waveform: single ones, and those that come back at a fixed
 * distance, as where the frames of a decoder do not join. */
#ifndef MEASURE_CLICKS_H
#define MEASURE_CLICKS_H

#include <stdint.h>

struct clicks {
    int64_t count;  /* single breaks, in all channels */
    double joins;   /* largest share of the places phase + i hop at which the clip is roughest around;
                            NaN: the clip is too short to tell */
    int hop, phase; /* where that is; 0 when joins is NaN */
};

/* With d[t] = x[t] - x[t - 1], the roughness at t is |2 d[t] - d[t - 1] - d[t + 1]|,
 * which is 2 h where the waveform steps by h.
 *   A break is a place where it is over 1/500 and over 4 times what it is
 * anywhere else within 5 ms (16 samples at least) before and after, its two
 * neighbours aside.
 *   A place is roughest around when the roughness there is over that of the 8
 * samples before and the 8 after. For each hop of 32, 64 ... 4096 samples that
 * fits 64 times or more into the clip, and each phase, joins counts the share
 * of the places that are. By chance that is 1/17, and seldom over .2 for the
 * luckiest of all phases; a decoder whose frames do not join comes near 1.
 *   x [channels, samples], rate in Hz. */
struct clicks clicks_find(const float *x, int64_t channels, int64_t samples, double rate);

#endif
