/* The leading eigenvectors of a large symmetric matrix that is not negative:
 * principal components. */
#ifndef BASE_LEADING_H
#define BASE_LEADING_H

#include "base/pool.h"

/* The count largest eigenvalues of a [n, n], descending, into values [count],
 * and their eigenvectors into vectors [count, n]: to about 1e-6 of the
 * largest; much less than what eigen_symmetric takes where n is large. -1:
 * no convergence. */
int leading(int n, int count, const double *a, double *values, double *vectors, struct pool *pool);

#endif
