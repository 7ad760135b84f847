/* What the parts of the benchmark share: sizes, a clock, one kind of result line. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pool.h"

/* The size everything is measured at: the notebook's own. */
enum { SAMPLES = 90001, LATENT = 2, BATCH = 10, RATE = 3000 };

/* Calls work(arg) three times unmeasured and steps times measured, and prints
 * "what threads 2 steps 20 median 15.000 ms min 14.500 ms". */
void measure(const char *what, int threads, int steps, void (*work)(void *arg), void *arg);

/* count random values with the spread of quiet music, the same ones each time. */
float *random_clips(size_t count);

/* ---- the measurements ---- */

void bench_train(int threads, int steps); /* bench_model.c */
void bench_encode(int threads, int steps);
void bench_decode(int threads, int steps);
void bench_spectral(const char *setting, int threads, int steps); /* bench_spectral.c */
void bench_shape(const char *setting);                            /* prints it as the peer's options */
void bench_example(const char *setting);                          /* writes what the peer must agree with */
void bench_bounds(int threads, int steps);          /* bench_bounds.c: what the memory and the vector units allow */
void bench_pipe(int steps);                         /* bench_pipe.c */
void write_clips(int count, int rate, int samples); /* an audio stream to standard output */

#endif
