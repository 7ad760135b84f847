/* What two channels are beside their mean: levels of left and right in a few
 * bands (Breebaart, van de Par, Kohlrausch and Schuijers, "Parametric coding of
 * stereo audio", 2005, code level differences and coherence of such bands).
 * Levels are logarithms of magnitudes. With M, L, R the magnitudes of mean,
 * left and right in a band, and S that of (left - right) / 2,
 *     L^2 - R^2 = 4 M lean M,   L^2 + R^2 = 2 (M^2 + S^2),
 *     S^2 = (lean^2 + spread^2) M^2
 * lean is what the side has in phase with the mean; spread is the rest, whose
 * sign is that of its band, by turns: over a few bands left and right are then
 * as little alike as they were. */
#ifndef MODEL_STEREO_H
#define MODEL_STEREO_H

#include "dsp/features.h"

enum { STEREO_BANDS = 64 }; /* of one width on the mel scale */

struct stereo;

struct stereo *stereo_new(const struct features *f, double rate, int fft);
void stereo_free(struct stereo *s);

/* From magnitudes per channel of the features to the bands: the mean of power over what they are wide. */
void stereo_bands(const struct stereo *s, const float *magnitude, float *band);

/* The band that channel c lies in. */
int stereo_band(const struct stereo *s, int c);

/* RMS of both channels, of levels [2, STEREO_BANDS] of left and right. */
double stereo_rms(const struct stereo *s, const float *level);

/* What goes left and not right, for each bin, from levels of a frame: mean
 * [channels of the features], sides [2, STEREO_BANDS]. lean, spread [bins]. */
void stereo_sides(const struct stereo *s, const float *mean, const float *sides, float *lean, float *spread);

#endif
