/* Distances between all pairs of rows. */
#ifndef MEASURE_DISTANCES_H
#define MEASURE_DISTANCES_H

#include <stddef.h>

/* squares [count]: |x|^2 of rows [count, n]. */
void rows_squared(const float *x, size_t count, size_t n, float *squares);

/* out [m, n] = |a_i - b_j|^2 of the rows of a [m, dims] and b [n, dims], by
 * |a_i|^2 + |b_j|^2 - 2 a_i b_j: exact to about 1e-6 of the squared norms. */
void pairs_squared(const float *a, size_t m, const float *b, size_t n, size_t dims, float *out);

#endif
