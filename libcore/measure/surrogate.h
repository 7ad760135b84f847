/* Sounds that are no music: what a figure says of them, as of white noise, is its ceiling. */
#ifndef MEASURE_SURROGATE_H
#define MEASURE_SURROGATE_H

#include "base/rng.h"

/* The samples of x with the phases of their Fourier transform drawn at random,
 * in place: the same spectrum and level, no events (Theiler et al. 1992). */
void surrogate_phase(float *x, int n, struct rng *r);

#endif
