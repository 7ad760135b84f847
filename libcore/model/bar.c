/* Bars: how the steps from block to block return, and how much the sound changes at each block, folded by the bar. */
#include "model/bar.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

enum { LEAST = 12, WIDEST = 2, LEAST_OF_THREE = 36 };
/* By how much steps return better in three than in four, and worse after three blocks than after six. */
static const double three = 0.06, six = 0.3;

/* Means of blocks beside that of all: [blocks, latent]. */
static double *centred(const float *row, int64_t blocks, int length, int latent, const float *mean)
{
    double *x = mem_zero((size_t)(blocks * latent), sizeof *x);

    for (int64_t b = 0; b < blocks; b++)
        for (int i = 0; i < length * latent; i++)
            x[b * latent + i % latent] += (double)(row[b * length * latent + i] - mean[i]) / length;
    return x;
}

/* Of the sums of so many blocks on either side of block b, fewer at the ends: squared distance of the means, cosine. */
static void change(const double *x, int64_t blocks, int latent, int64_t b, int width, double *distance, double *turn)
{
    int64_t from = b - width > 0 ? b - width : 0, to = b + width < blocks ? b + width : blocks;
    double aa = 0, bb = 0, ab = 0;

    for (int i = 0; i < latent; i++) {
        double before = 0, after = 0;

        for (int64_t k = from; k < b; k++)
            before += x[k * latent + i] / (double)(b - from);
        for (int64_t k = b; k < to; k++)
            after += x[k * latent + i] / (double)(to - b);
        aa += before * before;
        bb += after * after;
        ab += before * after;
    }
    *distance = aa + bb - 2 * ab;
    *turn = aa * bb > 0 ? 1 - ab / sqrt(aa * bb) : 0;
}

/* Adds x [1 ..], to mean 0 and deviation 1, to sum. */
static void add_standardised(const double *x, int64_t count, double *sum)
{
    double mean = 0, square = 0, scale;

    for (int64_t i = 1; i < count; i++)
        mean += x[i] / (double)(count - 1);
    for (int64_t i = 1; i < count; i++)
        square += (x[i] - mean) * (x[i] - mean) / (double)(count - 1);
    scale = square > 0 ? 1 / sqrt(square) : 0;
    for (int64_t i = 1; i < count; i++)
        sum[i] += (x[i] - mean) * scale;
}

/* Mean cosine of the steps x[b] - x[b - 1] and those lag blocks before. */
static double returns(const double *x, int64_t blocks, int latent, int lag)
{
    double sum = 0;

    for (int64_t b = lag + 1; b < blocks; b++) {
        const double *now = x + b * latent, *then = now - lag * latent;
        double aa = 0, bb = 0, ab = 0;

        for (int i = 0; i < latent; i++) {
            double p = now[i] - now[i - latent], q = then[i] - then[i - latent];

            aa += p * p;
            bb += q * q;
            ab += p * q;
        }
        sum += aa * bb > 0 ? ab / sqrt(aa * bb) : 0;
    }
    return sum / (double)(blocks - lag - 1);
}

static int bar_length(const double *x, int64_t blocks, int latent)
{
    double in_six = (returns(x, blocks, latent, 6) + returns(x, blocks, latent, 18)) / 2;
    double in_four =
        (returns(x, blocks, latent, 4) + returns(x, blocks, latent, 8) + returns(x, blocks, latent, 16)) / 3;

    if (in_six - in_four <= three)
        return BAR;
    return in_six - (returns(x, blocks, latent, 3) + returns(x, blocks, latent, 9)) / 2 > six ? 6 : 3;
}

/* Of which phase the mean is largest. */
static int largest(const double *x, int64_t count, int length)
{
    double most = -INFINITY;
    int phase = 0;

    for (int p = 0; p < length; p++) {
        double sum = 0;
        int64_t n = 0;

        for (int64_t i = p; i < count; i += length, n++)
            sum += x[i];
        if (sum / (double)n > most) {
            most = sum / (double)n;
            phase = p;
        }
    }
    return phase;
}

struct bar bar_find(const float *row, int64_t blocks, int length, int latent, const float *mean, bool beats)
{
    struct bar bar = {BAR, 0};
    double *x, *sum;

    if (blocks < LEAST)
        return bar;
    x = centred(row, blocks, length, latent, mean);
    sum = mem_zero(3 * (size_t)blocks, sizeof *sum);
    for (int width = 1; width <= WIDEST; width++) {
        for (int64_t b = 1; b < blocks; b++)
            change(x, blocks, latent, b, width, sum + blocks + b, sum + 2 * blocks + b);
        add_standardised(sum + blocks, blocks, sum);
        add_standardised(sum + 2 * blocks, blocks, sum);
    }
    if (beats && blocks >= LEAST_OF_THREE)
        bar.length = bar_length(x, blocks, latent);
    bar.first = largest(sum, blocks, bar.length);
    free(sum);
    free(x);
    return bar;
}
