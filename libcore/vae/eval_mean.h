/* The sound of a mean spectrum: what can be said of clips without telling one
 * moment from another. */
#ifndef VAE_EVAL_MEAN_H
#define VAE_EVAL_MEAN_H

#include <stdint.h>

/* RMS that clips are brought to. */
#define EVAL_MEAN_LEVEL 0.1

struct eval_mean;

struct eval_mean *eval_mean_new(double rate);
void eval_mean_free(struct eval_mean *m);

/* Takes a clip into the mean: 10 log10 (P + 1e-6) per bin, over all frames of
 * all clips at that level; P and its frames as in dsp/timbre.h. Silence does not count. */
void eval_mean_add(struct eval_mean *m, const float *x, int64_t channels, int64_t samples);

/* The sound that has this spectrum in every frame, for clips at that level, to
 * be released by the caller. Phases are found as in decoding. */
float *eval_mean_sound(const struct eval_mean *m, int64_t samples, uint64_t seed);

#endif
