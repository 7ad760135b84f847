/* Random numbers by counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", 2011). A draw is a pure
 * function of (seed, stream, position), so a run can be resumed anywhere and
 * no draw depends on the number of threads. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t seed, stream; /* the key, and half of the counter */
    uint64_t block;        /* next block of four 32-bit words */
    uint32_t word[4];      /* the block in use */
    int used;              /* words of it already given out, 4: none left */
};

/* A generator at the start of the given stream: same seed, other stream,
 * independent draws. */
struct rng rng_new(uint64_t seed, uint64_t stream);

uint32_t rng_word(struct rng *r);                         /* uniform on 32 bits */
uint64_t rng_below(struct rng *r, uint64_t n);            /* uniform on 0..n-1, n >= 1, no bias */
double rng_uniform(struct rng *r);                        /* uniform on [0, 1), 53 bits */
void rng_normal(struct rng *r, float *x, size_t n);       /* n standard normal draws (Box-Muller) */
void rng_shuffle(struct rng *r, size_t *index, size_t n); /* Fisher-Yates on an index array */

#endif
