/* Principal components. */
#include "measure/space.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/linalg.h"
#include "base/mem.h"
#include "measure/distances.h"
#include "measure/moments.h"

enum { TOGETHER = 256 }; /* rows in one product */

struct space {
    int dims, kept;
    bool fitted;
    struct moments *learnt;
    float *waiting; /* [TOGETHER, dims] rows to be learnt: a product costs as much for few */
    int count;
    float *mean, *axes; /* [dims], [kept, dims]; 0 before the fit */
    double explained;
};

struct space *space_new(int dims, int kept, struct pool *pool)
{
    struct space *s = mem_zero(1, sizeof *s);

    s->dims = dims;
    s->kept = kept;
    s->learnt = moments_new(dims);
    s->learnt->pool = pool;
    s->waiting = mem_alloc(TOGETHER * (size_t)dims * sizeof *s->waiting);
    s->mean = mem_zero((size_t)dims, sizeof *s->mean);
    s->axes = mem_zero((size_t)kept * (size_t)dims, sizeof *s->axes);
    return s;
}

void space_free(struct space *s)
{
    if (!s)
        return;
    moments_free(s->learnt);
    free(s->waiting);
    free(s->mean);
    free(s->axes);
    free(s);
}

static void learn_waiting(struct space *s)
{
    moments_add(s->learnt, s->waiting, s->count, (size_t)s->dims);
    s->count = 0;
}

void space_learn(struct space *s, const float *rows, int64_t count, size_t stride)
{
    assert(!s->fitted);
    for (int64_t r = 0; r < count; r++) {
        memcpy(s->waiting + (size_t)s->count++ * (size_t)s->dims, rows + (size_t)r * stride,
               (size_t)s->dims * sizeof *rows);
        if (s->count == TOGETHER)
            learn_waiting(s);
    }
}

int space_fit(struct space *s)
{
    const struct moments *m = s->learnt;
    double *mean = mem_zero((size_t)s->dims, sizeof *mean), *variances = mem_zero((size_t)s->kept, sizeof *variances);
    double *axes = NULL, all = 0, kept = 0;

    assert(!s->fitted);
    learn_waiting(s);
    if (m->count <= s->kept)
        error_set("%.0f, over %d are needed", m->count, s->kept);
    else
        axes = moments_components(m, s->kept, mean, variances);
    for (int i = 0; axes && i < s->dims; i++) {
        s->mean[i] = (float)mean[i];
        all += (m->outer[(size_t)i * (size_t)(s->dims + 1)] - m->sum[i] * mean[i]) / (m->count - 1);
        kept += i < s->kept ? variances[i] : 0;
    }
    for (int i = 0; axes && i < s->kept * s->dims; i++)
        s->axes[i] = (float)axes[i];
    s->fitted = axes;
    s->explained = all > 0 ? kept / all : 1;
    free(mean);
    free(variances);
    free(axes);
    return s->fitted ? 0 : -1;
}

double space_explained(const struct space *s)
{
    return s->explained;
}

void space_rows(const struct space *s, const float *rows, int64_t count, size_t stride, float *out, int width)
{
    size_t n = (size_t)s->dims;
    float *x = mem_alloc(TOGETHER * n * sizeof *x), square[TOGETHER];

    assert(width >= s->kept);
    for (int64_t r = 0; r < count; r += TOGETHER, out += TOGETHER * width) {
        int some = count - r < TOGETHER ? (int)(count - r) : TOGETHER;

        for (int i = 0; i < some; i++)
            for (size_t k = 0; k < n; k++)
                x[(size_t)i * n + k] = rows[(size_t)(r + i) * stride + k] - s->mean[k];
        gemm(false, true, some, s->kept, s->dims, x, s->dims, s->axes, s->dims, 0, out, width);
        if (width > s->kept)
            rows_squared(x, (size_t)some, n, square);
        for (int i = 0; width > s->kept && i < some; i++) {
            float *place = out + i * width, within;

            rows_squared(place, 1, (size_t)s->kept, &within);
            place[s->kept] = sqrtf(fmaxf(0, square[i] - within)); /* what of the row its place leaves */
        }
    }
    free(x);
}
