/* Bars, of three, four or six blocks and from any one on, found in blocks that change more where one begins. */
#include "model/bar.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { D = 8, LENGTH = 2, BLOCKS = 60, SIZE = LENGTH * D, LONGEST = 6 };

/* A chord of its own for each bar, what each of its places has, and noise. */
static struct bar bars(int length, int first, int64_t blocks, bool beats)
{
    struct rng r = rng_new(1, (uint64_t)(10 * length + first));
    float *x = mem_floats(BLOCKS * SIZE), mean[SIZE] = {0}, chord[D], place[LONGEST * D];
    struct bar found;

    rng_normal(&r, x, BLOCKS * SIZE);
    rng_normal(&r, chord, D);
    rng_normal(&r, place, LONGEST * D);
    for (int b = 0; b < BLOCKS; b++) {
        int at = (b + length - first) % length;

        if (at == 0)
            rng_normal(&r, chord, D);
        for (int i = 0; i < SIZE; i++) {
            x[b * SIZE + i] = 0.5f * x[b * SIZE + i] + chord[i % D] + 0.5f * place[at * D + i % D] + 5;
            mean[i] += x[b * SIZE + i] / BLOCKS;
        }
    }
    found = bar_find(x, blocks, LENGTH, D, mean, beats);
    free(x);
    return found;
}

int main(void)
{
    static const int lengths[] = {4, 3, 6};

    for (int l = 0; l < 3; l++)
        for (int first = 0; first < lengths[l]; first++) {
            struct bar found = bars(lengths[l], first, BLOCKS, true);

            check(found.length == lengths[l] && found.first == first, "bars of %d from block %d on: of %d from %d on",
                  lengths[l], first, found.length, found.first);
        }
    for (int64_t blocks = 0; blocks < 36; blocks++) {
        struct bar found = bars(3, 1, blocks, true);

        check(found.length == BAR && (blocks >= 12 || found.first == 0), "%d blocks are too few", (int)blocks);
    }
    check(bars(3, 1, BLOCKS, false).length == BAR, "blocks that are no beats are four to a bar");
    return check_done();
}
