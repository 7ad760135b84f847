/* Numbers in order. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>

/* Sorts x [count], the least first. */
void sort_doubles(double *x, size_t count);

/* The quantile of x [count], which gets sorted: linear between the two nearest; NaN of none. */
double sort_quantile(double *x, size_t count, double share);

#endif
