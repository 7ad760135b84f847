/* Holds peaks under a bound and leaves the rest alone. The gain begins to fall
 * 5 ms before a peak that is over, so that it falls smoothly, and comes back
 * with a time constant of 50 ms. All channels have one gain, so the places of
 * sounds stay. A signal that never goes over the bound comes out bit for bit. */
#ifndef DSP_LIMITER_H
#define DSP_LIMITER_H

#include <stdint.h>

struct limiter;

/* rate in Hz; most > 0: no sample comes out larger. */
struct limiter *limiter_new(int channels, double rate, double most);
void limiter_free(struct limiter *l);

/* Takes x [channels][stride], of each row the first count, finite, and puts those that are ready to the
 * rows of y, which may be x; returns how many: as many as came in, less limiter_latency at the beginning. The cuts between
 * calls change no sample. */
int64_t limiter_push(struct limiter *l, const float *x, int64_t count, float *y, int64_t stride);

/* No more input: the samples that are still inside. Then another signal may begin. */
int64_t limiter_end(struct limiter *l, float *y, int64_t stride);

int64_t limiter_latency(const struct limiter *l); /* samples of 5 ms, rounded up */

/* The least gain since limiter_new, 1 if nothing was over. */
double limiter_least(const struct limiter *l);

#endif
