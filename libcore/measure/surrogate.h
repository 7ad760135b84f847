/* Sounds that are no music: what a figure says of them is its ceiling. */
#ifndef MEASURE_SURROGATE_H
#define MEASURE_SURROGATE_H

#include <stdint.h>

#include "base/rng.h"

/* Standard normal white noise. */
void surrogate_noise(float *x, int64_t samples, struct rng *r);

/* The samples of x with the phases of their Fourier transform drawn at random,
 * in place: the same spectrum and level, no events (Theiler et al. 1992). At
 * most the first 2^24 samples are used; returns how many. */
int64_t surrogate_phase(float *x, int64_t samples, struct rng *r);

#endif
