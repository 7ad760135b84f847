/* Blocks of clips and what is compared of them, against the same sums written out. */
#include "model/blocks.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { D = 7, LENGTH = 3, SIZE = D * LENGTH, CLIPS = 3, COUNT = 15 + 2 + 20, FRAMES = 3 * COUNT + 3 };

static const int64_t lengths[CLIPS] = {15 * LENGTH + 1, 2 * LENGTH + 2, 20 * LENGTH};
static const int64_t first[CLIPS + 1] = {0, 15, 17, COUNT};
static float z[FRAMES * D], weight[D];
static struct listening by;
static struct blocks b;

static void begin(void)
{
    struct rng r = rng_new(1, 0);
    size_t bins;

    by = (struct listening){.weight = weight, .chroma = chroma_new(3000, 512, 0)};
    bins = (size_t)chroma_bins(by.chroma);
    by.level = mem_alloc(bins * D * sizeof(float));
    by.rest = mem_alloc(bins * sizeof(float));
    rng_normal(&r, by.level, bins * D);
    rng_normal(&r, by.rest, bins);
    rng_normal(&r, z, FRAMES * D);
    for (int i = 0; i < D; i++)
        weight[i] = 0.5f + 0.25f * (float)i;
    blocks_make(&b, D, LENGTH, z, lengths, CLIPS, &by, true);
}

static double farther(double far, float is, double expected)
{
    return fmax(far, fabs((double)is - expected));
}

static double squares(const float *x, const float *y, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    return sum;
}

/* The first frame of a block of a clip. */
static int64_t frame_of(int64_t c, int64_t block)
{
    static const int64_t begins[CLIPS] = {0, 46, 54};

    return begins[c] + (block - first[c]) * LENGTH;
}

static void test_places(void)
{
    bool all = b.count == COUNT && b.clips == CLIPS && b.first[CLIPS] == COUNT;

    for (int c = 0; c < CLIPS; c++)
        for (int64_t k = first[c]; k < first[c + 1]; k++)
            all &= b.first[c] == first[c] && b.clip[k] == c && b.frame[k] == frame_of(c, k);
    check(all, "whole blocks of each clip");
}

static void test_values(void)
{
    double weighted = 0, norm = 0, harmony = 0, texture = 0;
    int bins = chroma_bins(by.chroma);
    float *level = mem_alloc((size_t)bins * sizeof *level), chroma[CHROMA], zero[SIZE] = {0};

    for (int64_t k = 0; k < COUNT; k++) {
        const float *x = z + b.frame[k] * D;
        int64_t c = b.clip[k], from = k - 2 > first[c] ? k - 2 : first[c],
                to = k + 3 < first[c + 1] ? k + 3 : first[c + 1];

        for (int i = 0; i < SIZE; i++)
            weighted = farther(weighted, b.weighted[k * SIZE + i], (double)x[i] * (double)weight[i % D]);
        norm = farther(norm, b.norm[k], squares(b.weighted + k * SIZE, zero, SIZE));
        for (int i = 0; i < bins; i++) {
            level[i] = by.rest[i];
            for (int v = 0; v < SIZE; v++)
                level[i] += by.level[i * D + v % D] * x[v] / LENGTH;
        }
        chroma_of(by.chroma, level, chroma);
        for (int i = 0; i < CHROMA; i++)
            harmony = farther(harmony, b.harmony[k * CHROMA + i], (double)chroma[i]);
        for (int d = 0; d < D; d++) {
            double sum = 0;

            for (int64_t v = from * SIZE + d; v < to * SIZE; v += D)
                sum += (double)b.weighted[v];
            texture = farther(texture, b.texture[k * D + d], sum / (double)((to - from) * LENGTH));
        }
    }
    check(weighted < 1e-6 && norm < 1e-3, "latents by their weight (%g), their squares (%g)", weighted, norm);
    check(harmony < 1e-4 && texture < 1e-5, "harmony (%g), texture (%g)", harmony, texture);
    free(level);
}

static void test_means(void)
{
    enum { N = SIZE + CHROMA };
    double far = 0;
    bool bars = true;

    for (int c = 0; c < CLIPS; c++) {
        double sum[N] = {0}, n = (double)(first[c + 1] - first[c]);
        struct bar bar;

        for (int64_t k = first[c]; k < first[c + 1]; k++)
            for (int i = 0; i < N; i++)
                sum[i] += (double)(i < SIZE ? b.weighted[k * SIZE + i] : b.harmony[k * CHROMA + i - SIZE]);
        for (int i = 0; i < N; i++)
            far = farther(far, b.mean[c * N + i], sum[i] / n);
        bar = bar_find(b.weighted + first[c] * SIZE, first[c + 1] - first[c], LENGTH, D, b.mean + c * N, true);
        bars &= bar.length == b.bar[c].length && bar.first == b.bar[c].first;
    }
    check(far < 1e-5 && bars, "means over clips (%g), and their bars", far);
}

static void test_bars(void)
{
    struct bar was[CLIPS] = {b.bar[0], b.bar[1], b.bar[2]};
    bool all = true;

    b.bar[0] = (struct bar){4, 3};
    b.bar[1] = (struct bar){4, 1};
    b.bar[2] = (struct bar){3, 2};
    for (int64_t c = 0; c < CLIPS; c += 2)
        for (int64_t k = first[c]; k < first[c + 1]; k++)
            all &= blocks_place(&b, k) == (k - first[c] + b.bar[c].length - b.bar[c].first) % b.bar[c].length;
    for (int64_t place = 0; place < 10; place++) {
        all &= blocks_at_place(&b, 0, place) == (3 + place) % 4;
        all &= blocks_at_place(&b, 1, place) == 15 + (1 + place) % 2;
        all &= blocks_at_place(&b, 2, place) == 17 + (2 + place) % 3;
    }
    check(all && blocks_place(&b, 3) == 0 && blocks_place(&b, 2) == 3 && blocks_place(&b, 17 + 2) == 0,
          "places in the bar");
    for (int c = 0; c < CLIPS; c++)
        b.bar[c] = was[c];
}

static double distance_mean(const float *x, int n)
{
    double sum = 0;

    for (int64_t i = 0; i < COUNT; i++)
        sum += squares(x + i * n, x + (7919 * i + COUNT / 2) % COUNT * n, n) / COUNT;
    return sum;
}

static void test_far(void)
{
    struct blocks_far far = blocks_far(&b);
    double block = distance_mean(b.weighted, SIZE);
    float none[2 * D] = {0};
    struct blocks alike = {
        .latent = D, .length = 1, .count = 2, .weighted = none, .harmony = (float[2 * CHROMA]){0}, .texture = none};

    check(fabs((double)far.block / block - 1) < 1e-5 && fabs((double)far.context / block - 2) < 1e-5,
          "blocks are %g apart", (double)far.block);
    check(fabs((double)far.harmony / distance_mean(b.harmony, CHROMA) - 1) < 1e-5 &&
              fabs((double)far.texture / distance_mean(b.texture, D) - 1) < 1e-5,
          "and so are harmony and texture");
    far = blocks_far(&alike);
    check(far.block >= 1 && far.block <= 1, "what is all alike is divided by 1");
}

static double cosine(const float *x, const float *y, const float *mx, const float *my, int n)
{
    double xx = 0, yy = 0, xy = 0;

    for (int i = 0; i < n; i++) {
        double p = (double)x[i] - (double)mx[i], q = (double)y[i] - (double)my[i];

        xx += p * p;
        yy += q * q;
        xy += p * q;
    }
    return xy / sqrt(xx * yy);
}

static void test_alike(void)
{
    enum { N = SIZE + CHROMA };
    float like[N], other[N];
    double far = 0;

    for (int64_t i = 0; i < COUNT; i++)
        for (int64_t j = 0; j < COUNT; j++) {
            const float *mi = b.mean + b.clip[i] * N, *mj = b.mean + b.clip[j] * N;
            double expected = (cosine(b.weighted + i * SIZE, b.weighted + j * SIZE, mi, mj, SIZE) +
                               cosine(b.harmony + i * CHROMA, b.harmony + j * CHROMA, mi + SIZE, mj + SIZE, CHROMA)) /
                              2;

            blocks_like(&b, i, like);
            blocks_like(&b, j, other);
            far = fmax(far, fabs(blocks_alike(&b, like, other) - expected));
        }
    check(far < 1e-4, "how much alike (%g)", far);
}

static void test_products(void)
{
    float with[2 * SIZE], out[2 * COUNT], none[SIZE] = {0};
    struct rng r = rng_new(2, 0);
    double far = 0, sum;

    rng_normal(&r, with, 2 * SIZE);
    sum = squares(with, none, SIZE) + squares(with + SIZE, none, SIZE);
    blocks_products(&b, with, out);
    for (int64_t j = 2; j < COUNT; j++) {
        double expected = squares(b.weighted + (j - 2) * SIZE, with, SIZE) +
                          squares(b.weighted + (j - 1) * SIZE, with + SIZE, SIZE) - sum;

        far = farther(far, blocks_context(&b, out, j), expected);
    }
    check(far < 1e-3, "distances of contexts (%g)", far);
    out[0] = 1;
    squares_add(1, SIZE, with, with + SIZE, 2, out);
    check(fabs((double)out[0] - 1 - 2 * squares(with, with + SIZE, SIZE)) < 1e-3, "squares are added");
}

int main(void)
{
    begin();
    test_places();
    test_values();
    test_means();
    test_bars();
    test_far();
    test_alike();
    test_products();
    blocks_free(&b);
    free(by.level);
    free(by.rest);
    chroma_free(by.chroma);
    return check_done();
}
