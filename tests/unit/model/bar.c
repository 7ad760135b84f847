/* Bars, of three, four or six blocks and from any one on, found in blocks that change more where one begins. */
#include "model/bar.h"

#include <math.h>
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

/* ---- the same, written out, where bars are hard to find ---- */

static double cosine(const double *a, const double *b)
{
    double aa = 0, bb = 0, ab = 0;

    for (int i = 0; i < D; i++) {
        aa += a[i] * a[i];
        bb += b[i] * b[i];
        ab += a[i] * b[i];
    }
    return aa * bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static double slow_returns(double x[][D], int blocks, int lag)
{
    double sum = 0, now[D], then[D];

    for (int b = lag + 1; b < blocks; b++) {
        for (int i = 0; i < D; i++) {
            now[i] = x[b][i] - x[b - 1][i];
            then[i] = x[b - lag][i] - x[b - lag - 1][i];
        }
        sum += cosine(now, then);
    }
    return sum / (blocks - lag - 1);
}

/* How much the sound changes at each block, to mean 0 and deviation 1: the squared distance, or 1 less the cosine, of what
 * so many blocks before and after are in the mean. */
static void slow_change(double x[][D], int blocks, int width, bool angle, double *sum)
{
    double change[BLOCKS], mean = 0, square = 0;

    for (int b = 1; b < blocks; b++) {
        double before[D] = {0}, after[D] = {0}, far = 0;
        int from = b > width ? b - width : 0, to = b + width < blocks ? b + width : blocks;

        for (int i = 0; i < D; i++) {
            for (int k = from; k < to; k++)
                *(k < b ? &before[i] : &after[i]) += x[k][i] / (k < b ? b - from : to - b);
            far += (before[i] - after[i]) * (before[i] - after[i]);
        }
        change[b] = angle ? 1 - cosine(before, after) : far;
        mean += change[b] / (blocks - 1);
    }
    for (int b = 1; b < blocks; b++)
        square += (change[b] - mean) * (change[b] - mean) / (blocks - 1);
    for (int b = 1; b < blocks; b++)
        sum[b] += square > 0 ? (change[b] - mean) / sqrt(square) : 0;
}

static struct bar slow_find(double x[][D], int blocks)
{
    double sum[BLOCKS] = {0}, most = -INFINITY;
    double six = (slow_returns(x, blocks, 6) + slow_returns(x, blocks, 18)) / 2;
    double four = (slow_returns(x, blocks, 4) + slow_returns(x, blocks, 8) + slow_returns(x, blocks, 16)) / 3;
    double three = (slow_returns(x, blocks, 3) + slow_returns(x, blocks, 9)) / 2;
    struct bar bar = {six - four > 0.06 ? (six - three > 0.3 ? 6 : 3) : 4, 0};

    for (int width = 1; width <= 2; width++) {
        slow_change(x, blocks, width, false, sum);
        slow_change(x, blocks, width, true, sum);
    }
    for (int p = 0; p < bar.length; p++) {
        double mean = 0;
        int n = 0;

        for (int b = p; b < blocks; b += bar.length, n++)
            mean += sum[b];
        if (mean / n > most) {
            most = mean / n;
            bar.first = p;
        }
    }
    return bar;
}

static void test_hard(void)
{
    enum { CASES = 600 };
    int wrong = 0, of[LONGEST + 1] = {0};

    for (int n = 0; n < CASES; n++) {
        struct rng r = rng_new(3, (uint64_t)n);
        int blocks = 36 + n % (BLOCKS - 35), length = (const int[]){4, 3, 6}[n % 3];
        double x[BLOCKS][D] = {{0}};
        float row[BLOCKS * SIZE], place[LONGEST * D], mean[SIZE];
        struct bar found, expected;

        rng_normal(&r, row, BLOCKS * SIZE);
        rng_normal(&r, place, LONGEST * D);
        rng_normal(&r, mean, SIZE);
        for (int i = 0; i < blocks * SIZE; i++) {
            row[i] += 0.005f * (float)(n / 3) * place[i / SIZE % length * D + i % D];
            x[i / SIZE][i % D] += (double)(row[i] - mean[i % SIZE]) / LENGTH;
        }
        found = bar_find(row, blocks, LENGTH, D, mean, true);
        expected = slow_find(x, blocks);
        wrong += found.length != expected.length || found.first != expected.first;
        of[found.length]++;
    }
    check(wrong == 0, "%d of %d bars are other ones", wrong, CASES);
    check(of[3] > 50 && of[4] > 50 && of[6] > 50, "of three %d, of four %d, of six %d", of[3], of[4], of[6]);
}

int main(void)
{
    static const int lengths[] = {4, 3, 6};
    static const float none[BLOCKS * SIZE];
    struct bar silence;

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
    test_hard();
    silence = bar_find(none, BLOCKS, LENGTH, D, none, true);
    check(silence.length == BAR && silence.first == 0, "nothing that changes: %d from %d on", silence.length,
          silence.first);
    return check_done();
}
