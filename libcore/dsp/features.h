/* The front end of spectral networks: one channel of audio to magnitudes per
 * band and frame. Frames have a periodic Hann window and stand on a grid; the
 * signal is continued at both ends by reflection (x[-1] = x[1]), over and over
 * where a frame is further away than that. Bins up to a corner frequency are
 * channels of their own, above it triangular bands of power, 96 to the octave:
 * at the corner of 2 kHz a band is hardly wider than the bins below it. */
#ifndef DSP_FEATURES_H
#define DSP_FEATURES_H

#include <stdint.h>

#include "dsp/grid.h"

struct features;

/* The frame for a rate in Hz: fft is the power of two nearest to 93 ms (2048
 * samples at 22050 Hz), at least 512; hop is a quarter of it; the corner is
 * 2000 Hz above a rate of 4000 Hz, else 0. -1 for rates outside 3000..48000. */
int features_defaults(double rate, int *fft, int *hop, double *corner);

/* fft >= 2 and even; corner 0 or at half the rate and above: no
 * bands, one channel per bin. May be used by several threads at once. */
struct features *features_new(double rate, int fft, double corner);
void features_free(struct features *f);

int features_channels(const struct features *f);
int features_bins(const struct features *f);                   /* fft / 2 + 1 */
double features_middle(const struct features *f, int channel); /* of a channel, in bins */

/* Magnitudes of frames first .. first + frames - 1 of that grid, first >= 0, of x
 * [channels, samples - from], samples >= 1: a signal from sample from on, as far as
 * these frames see it, themselves or by reflection. Of one channel: to magnitude
 * [frames, 1, bands]; of two, those of their mean and of each: [frames, 3, bands], by
 * the linearity of the transform, from two. Frames may stand anywhere, before the signal
 * and beyond its end too. A frame comes out the same whatever piece it is asked for with. */
void features_magnitude(const struct features *f, struct grid grid, const float *x, int channels, int64_t from,
                        int64_t samples, int64_t first, int frames, float *magnitude);

/* RMS of the sound that a frame of these logarithms of magnitudes [channels] stands for (Parseval's theorem, each
 * channel taken for as many bins as it is wide). */
double features_rms(const struct features *f, const float *level);

/* From logarithms per channel of one frame to logarithms per bin, by linear
 * interpolation between the middles of bands. level [channels], bins [fft / 2 + 1]. */
void features_unwarp(const struct features *f, const float *level, float *bins);

#endif
