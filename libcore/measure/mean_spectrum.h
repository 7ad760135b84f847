/* The sound of a mean spectrum: what can be said of clips without telling one
 * moment from another. */
#ifndef MEASURE_MEAN_SPECTRUM_H
#define MEASURE_MEAN_SPECTRUM_H

#include <stdint.h>

/* RMS that clips are brought to. */
#define MEAN_SPECTRUM_RMS 0.1

struct mean_spectrum;

struct mean_spectrum *mean_spectrum_new(double rate);
void mean_spectrum_free(struct mean_spectrum *m);

/* Takes a clip into the mean: 10 log10 (P + 1e-6) per bin, over all frames of
 * all clips at that RMS; P and its frames as in measure/timbre.h. Silence does not count. */
void mean_spectrum_add(struct mean_spectrum *m, const float *x, int64_t channels, int64_t samples);

/* The sound that has this spectrum in every frame, for clips at that RMS, to
 * be released by the caller. Phases are found as in decoding. */
float *mean_spectrum_sound(const struct mean_spectrum *m, int64_t samples, uint64_t seed);

#endif
