/* Bars, of three, four or six blocks and from any one on, against their formula written out. */
#include "model/bar.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { D = 8, LENGTH = 2, BLOCKS = 60, SIZE = LENGTH * D, LONGEST = 6 };

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
        change[b] = angle ? cosine(before, before) * cosine(after, after) * (1 - cosine(before, after)) : far;
        mean += change[b] / (blocks - 1);
    }
    for (int b = 1; b < blocks; b++)
        square += (change[b] - mean) * (change[b] - mean) / (blocks - 1);
    for (int b = 1; b < blocks; b++)
        sum[b] += square > 0 ? (change[b] - mean) / sqrt(square) : 0;
}

/* Fewer than 36 blocks, and blocks that are no beats, are four to a bar; under 12 are too few to find where it begins. */
static struct bar slow_find(double x[][D], int blocks, bool beats)
{
    double sum[BLOCKS] = {0}, most = -INFINITY;
    double six = (slow_returns(x, blocks, 6) + slow_returns(x, blocks, 18)) / 2;
    double four = (slow_returns(x, blocks, 4) + slow_returns(x, blocks, 8) + slow_returns(x, blocks, 16)) / 3;
    double three = (slow_returns(x, blocks, 3) + slow_returns(x, blocks, 9)) / 2;
    struct bar bar = {beats && blocks >= 36 && six - four > 0.06 ? (six - three > 0.3 ? 6 : 3) : 4, 0};

    if (blocks < 12)
        return bar;
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

/* Noise, to which is added what each place of its bars has: little at first, then much. */
static void test_found(bool beats)
{
    enum { CASES = 600, PLAIN = CASES / 2 };
    int wrong = 0, other = 0, of[LONGEST + 1] = {0};

    for (int n = 0; n < CASES; n++) {
        struct rng r = rng_new(3, (uint64_t)n);
        int blocks = n % 5 ? 36 + n % (BLOCKS - 35) : n / 5 % 36, length = (const int[]){4, 3, 6}[n % 3];
        double x[BLOCKS][D] = {{0}};
        float row[BLOCKS * SIZE], place[LONGEST * D], mean[SIZE];
        struct bar found, expected;

        rng_normal(&r, row, BLOCKS * SIZE);
        rng_normal(&r, place, LONGEST * D);
        rng_normal(&r, mean, SIZE);
        for (int i = 0; i < blocks * SIZE; i++) {
            row[i] += 0.005f * (float)(n / 3) * place[i / SIZE % length * D + i % D];
            if (n % 7 == 0 && i / SIZE / 4 == 2) /* four that are as the mean of all */
                row[i] = mean[i % SIZE];
            x[i / SIZE][i % D] += (double)(row[i] - mean[i % SIZE]) / LENGTH;
        }
        found = bar_find(row, blocks, LENGTH, D, mean, beats);
        expected = slow_find(x, blocks, beats);
        wrong += found.length != expected.length || found.first != expected.first;
        other += n >= PLAIN && beats && blocks >= 36 && found.length != length;
        of[found.length]++;
    }
    check(wrong == 0, "%d of %d bars are other ones", wrong, CASES);
    check(other < PLAIN / 20, "%d of those that are plain", other);
    check(!beats || (of[3] > 50 && of[4] > 50 && of[6] > 50), "of three %d, of four %d, of six %d", of[3], of[4],
          of[6]);
}

int main(void)
{
    static const float none[BLOCKS * SIZE];
    struct bar silence = bar_find(none, BLOCKS, LENGTH, D, none, true);

    test_found(true);
    test_found(false);
    check(silence.length == BAR && silence.first == 0, "nothing that changes: %d from %d on", silence.length,
          silence.first);
    return check_done();
}
