/* Mean and covariance of rows of numbers, gathered as they come, and the
 * distance of two normal distributions that have them. */
#ifndef MEASURE_MOMENTS_H
#define MEASURE_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"

struct moments {
    int dims;
    struct pool *pool; /* that products are shared out to, NULL at first */
    double count;
    double *sum;   /* [dims] */
    double *outer; /* [dims, dims] sum of x x', on and right of the diagonal */
};

struct moments *moments_new(int dims);
void moments_free(struct moments *m);
void moments_clear(struct moments *m);

/* Adds count rows of dims floats, one every stride, dims or more, floats. Products keep most digits where means are near 0. */
void moments_add(struct moments *m, const float *rows, int64_t count, size_t stride);

/* Adds all that went into from. */
void moments_merge(struct moments *m, const struct moments *from);

/* mean [dims] and covariance [dims, dims] (divided by count - 1; 0 for one row). count >= 1. */
void moments_mean(const struct moments *m, double *mean);
void moments_covariance(const struct moments *m, double *covariance);

/* Principal components: mean [dims], variances [count], the largest first, and
 * their directions [count, dims], to be freed; NULL: LAPACK gave up. */
double *moments_components(const struct moments *m, int count, double *mean, double *variances);

/* Frechet distance |mu - nu|^2 + tr(S) + tr(T) - 2 tr((S^1/2 T S^1/2)^1/2) of
 * two normal distributions (Dowson and Landau 1982); symmetric. Both have at
 * least one row and the same dims. */
double moments_frechet(const struct moments *a, const struct moments *b);

#endif
