/* What frames hold, whatever it is: figures of their clips and tensors. */
#ifndef IO_DESCRIBE_H
#define IO_DESCRIBE_H

#include "io/stream.h"

/* A map of "name" and "shape", "values" (how many), and of those that are
 * finite "mean", "sd", "rms", "min", "max", "peak" (largest |x|), NaN when none
 * is; "nonfinite": how many are not, if any. */
struct meta *values_figures(const char *name, const struct tensor *t);

/* A map of "name", "segment" and "meta"; "clips": such figures of each clip of an audio stream, also out of a batch, with
 * "seconds", NaN where no rate is told; "tensors": of all others, the "data" of small ones among them, flat, in C order.
 * Lists that would be empty are not there. */
struct meta *frame_describe(const struct reader *r, const struct frame *f);

#endif
