/* Philox4x32-10 and the distributions drawn from it. */
#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/kernel.h"

enum { ROUNDS = 10, WORDS = 256 };

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
        k0 += 0x9E3779B9; /* golden ratio and sqrt(3) - 1: Weyl sequences */
        k1 += 0xBB67AE85;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

struct rng rng_new(uint64_t seed, uint64_t stream)
{
    return (struct rng){.seed = seed, .stream = stream, .used = 4};
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
    least = (0 - n) % n; /* 2^64 mod n: below it the first residues would come once too often */
    do
        x = rng_long(r);
    while (x < least);
    return x % n;
}

double rng_uniform(struct rng *r)
{
    return (double)(rng_long(r) >> 11) * 0x1p-53;
}

/* Box and Muller (1958): each two words become two values. An angle is a quarter turn's multiple and what is left
 * of it, +-pi/4, with the polynomials of Cephes' sinf and cosf (Moshier 1989). */
KERNEL(words_normal, (const uint32_t *restrict word, float *restrict x), (word, x))
{
    for (int i = 0; i < WORDS; i += 2) {
        float u = ((float)word[i] + 1) * 0x1p-32f; /* (0, 1], so that the logarithm is finite */
        float radius = sqrtf(-2 * kernel_log(u));
        uint32_t quarter = (word[i + 1] + (UINT32_C(1) << 29)) >> 30;
        float a = (float)(int32_t)(word[i + 1] - (quarter << 30)) * 1.4629180793e-9f, q = a * a; /* pi / 2^31 */
        float sine = ((-1.9515295891e-4f * q + 8.3321608736e-3f) * q - 1.6666654611e-1f) * q * a + a;
        float cosine =
            ((2.443315711809948e-5f * q - 1.388731625493765e-3f) * q + 4.166664568298827e-2f) * q * q - 0.5f * q + 1;
        float real = quarter & 1 ? sine : cosine, imaginary = quarter & 1 ? cosine : sine;

        x[i] = radius * ((quarter + 1) & 2 ? -real : real);
        x[i + 1] = radius * (quarter & 2 ? -imaginary : imaginary);
    }
}

void rng_normal(struct rng *r, float *x, size_t n)
{
    uint32_t word[WORDS] = {0};
    float some[WORDS];

    for (size_t done = 0, count; done < n; done += count) {
        count = n - done < WORDS ? n - done : WORDS;
        for (size_t i = 0; i < count + count % 2; i++)
            word[i] = rng_word(r);
        words_normal(word, some);
        memcpy(x + done, some, count * sizeof *x);
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
