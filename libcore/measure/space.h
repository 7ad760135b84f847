/* A space of few dimensions for rows of numbers: their mean and the directions
 * in which they vary most. */
#ifndef MEASURE_SPACE_H
#define MEASURE_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"

struct space;

/* Of rows of dims values, with kept dimensions. Learning is shared out to the pool, which may be NULL. */
struct space *space_new(int dims, int kept, struct pool *pool);
void space_free(struct space *s);

/* Learns from count rows, one every stride floats. */
void space_learn(struct space *s, const float *rows, int64_t count, size_t stride);

/* Settles it by all that was learnt. -1: no more rows than dimensions. */
int space_fit(struct space *s);
double space_explained(const struct space *s); /* share of the variance that lies in it */

/* out [count, width]: rows in the space, which is one point before the fit; where width is over kept, the value after is
 * how far a row lies from it. So no two are nearer than what comes out. */
void space_rows(const struct space *s, const float *rows, int64_t count, size_t stride, float *out, int width);

#endif
