/* Bars, from any block on, found in blocks that change more where one begins. */
#include "model/bar.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { D = 8, LENGTH = 2, BLOCKS = 60, SIZE = LENGTH * D };

/* A chord of its own for each bar, and noise. */
static int bars(int phase, int64_t blocks)
{
    struct rng r = rng_new(1, (uint64_t)phase);
    float *x = mem_floats(BLOCKS * SIZE), mean[SIZE] = {0}, chord[D];
    int found;

    rng_normal(&r, x, BLOCKS * SIZE);
    rng_normal(&r, chord, D);
    for (int b = 0; b < BLOCKS; b++) {
        if (b % BAR == phase)
            rng_normal(&r, chord, D);
        for (int i = 0; i < SIZE; i++) {
            x[b * SIZE + i] = 0.5f * x[b * SIZE + i] + chord[i % D] + 5;
            mean[i] += x[b * SIZE + i] / BLOCKS;
        }
    }
    found = bar_find(x, blocks, LENGTH, D, mean);
    free(x);
    return found;
}

int main(void)
{
    for (int phase = 0; phase < BAR; phase++) {
        int found = bars(phase, BLOCKS);

        check(found == phase, "bars from block %d on: %d", phase, found);
    }
    for (int64_t blocks = 0; blocks < 12; blocks++)
        check(bars(1, blocks) == 0, "%d blocks are too few", (int)blocks);
    return check_done();
}
