/* rng.c: the composer's dice: SplitMix64 in integers, one generator for each part of each clip. */
#include "compose.h"

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void rng_start(struct rng *r, uint64_t seed, uint64_t clip, uint64_t part)
{
    uint64_t x = mix(seed + 0x9e3779b97f4a7c15u);

    x = mix(x + clip * 0xd1342543de82ef95u);
    r->state = mix(x + part * 0xaf251af3b0f025b5u);
}

uint32_t rng_next(struct rng *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return (uint32_t)(mix(r->state) >> 32);
}

int rng_range(struct rng *r, int low, int high)
{
    uint64_t span = (uint64_t)(high - low + 1);

    return low + (int)((rng_next(r) * span) >> 32);
}

bool rng_chance(struct rng *r, int permille)
{
    return rng_range(r, 0, 999) < permille;
}

int rng_bell(struct rng *r, int width)
{
    int a = rng_range(r, -width, width), b = rng_range(r, -width, width), c = rng_range(r, -width, width);

    return (a + b + c) / 3;
}

int rng_weighted(struct rng *r, const int *weights, int count)
{
    int sum = 0, at, i;

    for (i = 0; i < count; i++)
        sum += weights[i];
    at = rng_range(r, 0, sum - 1);
    for (i = 0; i < count - 1 && at >= weights[i]; i++)
        at -= weights[i];
    return i;
}
