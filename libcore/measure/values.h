/* What any numbers come to: figures of a tensor, whatever it holds. */
#ifndef MEASURE_VALUES_H
#define MEASURE_VALUES_H

#include "base/meta.h"
#include "base/tensor.h"

/* A map of "name" and "shape", "values" (how many), and of those that are
 * finite "mean", "sd", "rms", "min", "max", "peak" (largest |x|), NaN when none
 * is; "nonfinite": how many are not, if any. */
struct meta *values_figures(const char *name, const struct tensor *t);

#endif
