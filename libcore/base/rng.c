/* Philox4x32-10 and the distributions drawn from it. */
#include "base/rng.h"

#include <assert.h>
#include <math.h>

enum { ROUNDS = 10 };

/* One block: the counter is (block, stream), the key is the seed, low words first. */
static void philox(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4])
{
    uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
    uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

    for (int i = 0; i < ROUNDS; i++) {
        uint64_t a = (uint64_t)0xD2511F53 * c0, b = (uint64_t)0xCD9E8D57 * c2;

        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += 0x9E3779B9;   /* golden ratio and sqrt(3) - 1: Weyl sequences */
        k1 += 0xBB67AE85;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

struct rng rng_new(uint64_t seed, uint64_t stream)
{
    return (struct rng){ .seed = seed, .stream = stream, .used = 4 };
}

uint32_t rng_word(struct rng *r)
{
    if (r->used == 4) {
        philox(r->seed, r->stream, r->block++, r->word);
        r->used = 0;
    }
    return r->word[r->used++];
}

static uint64_t rng_long(struct rng *r)
{
    uint64_t high = rng_word(r);

    return high << 32 | rng_word(r);
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    uint64_t x, least;

    assert(n >= 1);
    least = (0 - n) % n;   /* 2^64 mod n: below it the first residues would come once too often */
    do
        x = rng_long(r);
    while (x < least);
    return x % n;
}

double rng_uniform(struct rng *r)
{
    return (double)(rng_long(r) >> 11) * 0x1p-53;
}

void rng_normal(struct rng *r, float *x, size_t n)
{
    const double turn = 6.283185307179586476925;

    for (size_t i = 0; i < n; i += 2) {
        double u = ((double)rng_word(r) + 1) * 0x1p-32;   /* (0, 1], so that the logarithm is finite */
        double angle = (double)rng_word(r) * 0x1p-32 * turn;
        double radius = sqrt(-2 * log(u));

        x[i] = (float)(radius * cos(angle));
        if (i + 1 < n)
            x[i + 1] = (float)(radius * sin(angle));
    }
}

void rng_shuffle(struct rng *r, size_t *index, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(r, i), kept = index[i - 1];

        index[i - 1] = index[j];
        index[j] = kept;
    }
}
