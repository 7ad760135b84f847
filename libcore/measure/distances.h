/* Distances between all pairs of rows. */
#ifndef MEASURE_DISTANCES_H
#define MEASURE_DISTANCES_H

#include <stddef.h>

/* squares [count]: |x|^2 of rows [count, n]. */
void rows_squared(const float *x, size_t count, size_t n, float *squares);

/* Rows [count, dims]; squares: theirs by rows_squared, NULL: to be found. */
struct rows {
    const float *x, *squares;
    size_t count;
};

/* out [a.count, b.count] = |a_i - b_j|^2, by |a_i|^2 + |b_j|^2 - 2 a_i b_j: exact to about 1e-6 of the squared norms. */
void pairs_squared(struct rows a, struct rows b, size_t dims, float *out);

#endif
