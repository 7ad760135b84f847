/* Levels of a clip, in the time domain. Clips are [channels, samples]. */
#ifndef MEASURE_LEVELS_H
#define MEASURE_LEVELS_H

#include <stdint.h>

/* Number of samples at full scale or past it: |x| >= 32767 / 32768. */
int64_t level_clipped(const float *x, int64_t count);

/* Takes means of channels that are over .01 from 0 out of them, in place, and
 * leaves smaller ones: what a decoder that ends in a sigmoid adds, not what
 * recordings have. Returns the mean that was farthest from 0. */
double level_center(float *x, int64_t channels, int64_t samples);

double level_rms(const float *x, int64_t count); /* linear */

/* RMS of what sounds in a clip: over the blocks of 100 ms, a tenth of a second
 * at least, that are at most 20 dB under the mean of those above -70 dB of full
 * scale, as loudness is gated in EBU R128. So silence around a sound does not
 * count. 0 where nothing is above that. */
double level_sounding(const float *x, int64_t channels, int64_t samples, double rate);
double level_peak(const float *x, int64_t count); /* linear, largest |x| */

/* Share of the clip, in blocks of 50 ms, whose RMS is under -60 dB of full scale. */
double level_silence(const float *x, int64_t channels, int64_t samples, double rate);

/* 20 log10 of an amplitude, -infinity for 0. */
double level_db(double amplitude);

#endif
