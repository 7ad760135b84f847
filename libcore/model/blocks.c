/* Blocks of latents and what is compared of them. */
#include "model/blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "base/mem.h"

enum { LANES = 16, AROUND = 2 };

static void places(struct blocks *b, const int64_t *lengths)
{
    int64_t frame = 0, n = 0;

    for (int64_t c = 0; c < b->clips; frame += lengths[c++]) {
        b->first[c] = n;
        for (int64_t k = 0; k < lengths[c] / b->length; k++, n++) {
            b->frame[n] = frame + k * b->length;
            b->clip[n] = c;
        }
    }
    b->first[b->clips] = n;
}

static void block_fill(struct blocks *b, int64_t n, const float *z, const float *weight)
{
    int d = b->latent;
    float *w = b->weighted + n * b->length * d;
    double sum = 0;

    for (int i = 0; i < b->length * d; i++) {
        w[i] = z[i] * weight[i % d];
        sum += (double)(w[i] * w[i]);
    }
    b->norm[n] = (float)sum;
}

/* From the levels that the mean latents of a block make. */
static void harmony_fill(struct blocks *b, const float *z, const struct listening *by)
{
    int d = b->latent, bins = chroma_bins(by->chroma), n = (int)b->count;
    float *mean = mem_zero((size_t)n * (size_t)d, sizeof *mean);
    float *level = mem_alloc((size_t)n * (size_t)bins * sizeof *level);

    for (int i = 0; i < n; i++)
        for (int t = 0; t < b->length; t++)
            for (int k = 0; k < d; k++)
                mean[i * d + k] += z[(b->frame[i] + t) * d + k] / (float)b->length;
    for (int i = 0; i < n; i++)
        memcpy(level + i * bins, by->rest, (size_t)bins * sizeof *level);
    gemm(false, true, n, bins, d, mean, d, by->level, d, 1, level, bins);
    for (int i = 0; i < n; i++)
        chroma_of(by->chroma, level + i * bins, b->harmony + i * CHROMA);
    free(level);
    free(mean);
}

/* Means over blocks n - AROUND .. n + AROUND of its clip. */
static void texture_fill(struct blocks *b, int64_t n)
{
    int64_t c = b->clip[n], from = n - AROUND > b->first[c] ? n - AROUND : b->first[c];
    int64_t to = n + AROUND < b->first[c + 1] ? n + AROUND + 1 : b->first[c + 1];
    float *x = b->texture + n * b->latent, part = 1 / (float)((to - from) * b->length);

    for (const float *w = b->weighted + from * b->length * b->latent; w < b->weighted + to * b->length * b->latent;
         w += b->latent)
        for (int i = 0; i < b->latent; i++)
            x[i] += part * w[i];
}

/* Mean and bars of a clip. */
static void clip_fill(struct blocks *b, int64_t c, bool beats)
{
    int n = b->length * b->latent;
    float *m = b->mean + c * (n + CHROMA), part = 1 / (float)(b->first[c + 1] - b->first[c]);

    for (int64_t k = b->first[c]; k < b->first[c + 1]; k++) {
        for (int i = 0; i < n; i++)
            m[i] += part * b->weighted[k * n + i];
        for (int i = 0; i < CHROMA; i++)
            m[n + i] += part * b->harmony[k * CHROMA + i];
    }
    b->bar[c] = bar_find(b->weighted + b->first[c] * n, b->first[c + 1] - b->first[c], b->length, b->latent, m, beats);
}

void blocks_make(struct blocks *b, int latent, int length, const float *z, const int64_t *lengths, int64_t clips,
                 const struct listening *by, bool beats)
{
    size_t n = 0, d = (size_t)latent;

    for (int64_t c = 0; c < clips; c++)
        n += (size_t)(lengths[c] / length);
    *b = (struct blocks){.latent = latent, .length = length, .count = (int64_t)n, .clips = clips};
    b->first = mem_zero((size_t)clips + 1, sizeof *b->first);
    b->frame = mem_zero(n, sizeof *b->frame);
    b->clip = mem_zero(n, sizeof *b->clip);
    b->weighted = mem_zero(n * (size_t)length * d, sizeof *b->weighted);
    b->norm = mem_zero(n, sizeof *b->norm);
    b->harmony = mem_zero(n * CHROMA, sizeof *b->harmony);
    b->texture = mem_zero(n * d, sizeof *b->texture);
    places(b, lengths);
    harmony_fill(b, z, by);
    for (int64_t i = 0; i < b->count; i++)
        block_fill(b, i, z + b->frame[i] * latent, by->weight);
    for (int64_t i = 0; i < b->count; i++)
        texture_fill(b, i);
    b->mean = mem_zero((size_t)clips * ((size_t)length * d + CHROMA), sizeof *b->mean);
    b->bar = mem_zero((size_t)clips, sizeof *b->bar);
    for (int64_t c = 0; c < clips; c++)
        clip_fill(b, c, beats);
}

void blocks_free(struct blocks *b)
{
    free(b->first);
    free(b->frame);
    free(b->clip);
    free(b->weighted);
    free(b->norm);
    free(b->harmony);
    free(b->texture);
    free(b->mean);
    free(b->bar);
}

int64_t blocks_place(const struct blocks *b, int64_t block)
{
    struct bar bar = b->bar[b->clip[block]];

    return (block - b->first[b->clip[block]] + bar.length - bar.first) % bar.length;
}

int64_t blocks_at_place(const struct blocks *b, int64_t clip, int64_t place)
{
    int64_t first = b->first[clip], blocks = b->first[clip + 1] - first;

    return first + (b->bar[clip].first + place) % (blocks < b->bar[clip].length ? blocks : b->bar[clip].length);
}

/* ---- distances ---- */

KERNEL_INLINE float sum_of(const float *lane)
{
    float sum = 0;

    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

KERNEL(squares_run, (int64_t count, int n, const float *rows, const float *q, float scale, float *sum),
       (count, n, rows, q, scale, sum))
{
    for (int64_t r = 0; r < count; r++, rows += n) {
        float lane[LANES] = {0};
        int i = 0;

        for (; i + LANES <= n; i += LANES)
            for (int l = 0; l < LANES; l++)
                lane[l] += (rows[i + l] - q[i + l]) * (rows[i + l] - q[i + l]);
        for (; i < n; i++)
            lane[0] += (rows[i] - q[i]) * (rows[i] - q[i]);
        sum[r] += scale * sum_of(lane);
    }
}

void squares_add(int64_t count, int n, const float *rows, const float *q, float scale, float *sum)
{
    squares_run(count, n, rows, q, scale, sum);
}

KERNEL(dot_run, (int n, const float *x, const float *y, float *out), (n, x, y, out))
{
    float lane[LANES] = {0};
    int i = 0;

    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += x[i + l] * y[i + l];
    for (; i < n; i++)
        lane[0] += x[i] * y[i];
    *out = sum_of(lane);
}

/* Both at once: each row is read once. */
KERNEL(products_run, (int64_t count, int n, const float *rows, const float *with, float *out),
       (count, n, rows, with, out))
{
    for (int64_t r = 0; r < count; r++, rows += n) {
        float a[LANES] = {0}, b[LANES] = {0};
        int i = 0;

        for (; i + LANES <= n; i += LANES)
            for (int l = 0; l < LANES; l++) {
                a[l] += rows[i + l] * with[i + l];
                b[l] += rows[i + l] * with[n + i + l];
            }
        for (; i < n; i++) {
            a[0] += rows[i] * with[i];
            b[0] += rows[i] * with[n + i];
        }
        out[2 * r] = sum_of(a);
        out[2 * r + 1] = sum_of(b);
    }
}

void blocks_products(const struct blocks *b, const float *with, float *out)
{
    products_run(b->count, b->length * b->latent, b->weighted, with, out);
}

/* x - mean to length 1 / sqrt 2 */
static void beside_mean(int n, const float *x, const float *mean, float *out)
{
    double sum = 0;
    float scale;

    for (int i = 0; i < n; i++) {
        out[i] = x[i] - mean[i];
        sum += (double)(out[i] * out[i]);
    }
    scale = sum > 0 ? (float)sqrt(0.5 / sum) : 0;
    for (int i = 0; i < n; i++)
        out[i] *= scale;
}

void blocks_like(const struct blocks *b, int64_t block, float *like)
{
    int n = b->length * b->latent;
    const float *mean = b->mean + b->clip[block] * (n + CHROMA);

    beside_mean(n, b->weighted + block * n, mean, like);
    beside_mean(CHROMA, b->harmony + block * CHROMA, mean + n, like + n);
}

double blocks_alike(const struct blocks *b, const float *like, const float *other)
{
    float product;

    dot_run(b->length * b->latent + CHROMA, like, other, &product);
    return (double)product;
}

static float mean_distance(int64_t count, int n, const float *rows)
{
    double sum = 0;

    for (int64_t i = 0; i < count; i++) {
        float d = 0;

        squares_run(1, n, rows + i * n, rows + (7919 * i + count / 2) % count * n, 1, &d);
        sum += (double)d;
    }
    return sum > 0 ? (float)(sum / (double)count) : 1;
}

struct blocks_far blocks_far(const struct blocks *b)
{
    struct blocks_far f = {
        .block = mean_distance(b->count, b->length * b->latent, b->weighted),
        .harmony = mean_distance(b->count, CHROMA, b->harmony),
        .texture = mean_distance(b->count, b->latent, b->texture),
    };

    f.context = 2 * f.block;
    return f;
}
