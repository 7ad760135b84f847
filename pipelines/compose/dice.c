/* dice.c: the composer's dice: SplitMix64 in integers, one generator for each part of each clip. */
#include "compose.h"

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void dice_start(struct dice *r, uint64_t seed, uint64_t clip, uint64_t part)
{
    uint64_t x = mix(seed + 0x9e3779b97f4a7c15u);

    x = mix(x + clip * 0xd1342543de82ef95u);
    r->state = mix(x + part * 0xaf251af3b0f025b5u);
}

uint32_t dice_next(struct dice *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return (uint32_t)(mix(r->state) >> 32);
}

int dice_range(struct dice *r, int low, int high)
{
    uint64_t span = (uint64_t)(high - low + 1);

    return low + (int)((dice_next(r) * span) >> 32);
}

bool dice_chance(struct dice *r, int permille)
{
    return dice_range(r, 0, 999) < permille;
}

int dice_bell(struct dice *r, int width)
{
    int a = dice_range(r, -width, width), b = dice_range(r, -width, width), c = dice_range(r, -width, width);

    return (a + b + c) / 3;
}

int dice_weighted(struct dice *r, const int *weights, int count)
{
    int sum = 0, at, i;

    for (i = 0; i < count; i++)
        sum += weights[i];
    at = dice_range(r, 0, sum - 1);
    for (i = 0; i < count - 1 && at >= weights[i]; i++)
        at -= weights[i];
    return i;
}
