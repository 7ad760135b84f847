/* Whether a linear classifier tells two sets of rows apart. */
#ifndef MEASURE_TELL_APART_H
#define MEASURE_TELL_APART_H

#include <stddef.h>
#include <stdint.h>

enum { TELL_ROWS_LEAST = 10 };

/* The area under the ROC curve of a linear discriminant, by cross-validation:
 * .5 when they cannot be told apart, 1 when always. Of rows a [m, dims] and b
 * [n, dims], a value that is NaN counts as the mean of the others; each
 * of 10 folds is judged by the rest, standardised, weights (.6 S + .4 I)^-1 (mean
 * of a - mean of b), S the mean of the covariances of both; the mean over 4
 * divisions into folds. NaN: under TELL_ROWS_LEAST rows in one of them. */
double tell_apart(const double *a, size_t m, const double *b, size_t n, size_t dims, uint64_t seed);

#endif
