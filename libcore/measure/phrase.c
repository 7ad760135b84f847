/* Principal components of windows of log-mel maps. */
#include "measure/phrase.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "measure/melmap.h"
#include "base/linalg.h"

enum { TOGETHER = 256 }; /* windows that are laid out at a time */

struct phrase {
    struct moments *learnt; /* of what was learnt, less -40 dB */
    float *windows, *part;  /* [TOGETHER, WINDOW_DIMS], [WINDOW_DIMS, WINDOW_DIMS] */
    double mean[WINDOW_DIMS];
    float *axes; /* [PHRASE_DIMS, WINDOW_DIMS]; NULL before the fit */
};

struct phrase *phrase_new(void)
{
    struct phrase *p = mem_zero(1, sizeof *p);

    p->learnt = moments_new(WINDOW_DIMS);
    p->windows = mem_alloc(TOGETHER * WINDOW_DIMS * sizeof *p->windows);
    p->part = mem_alloc(WINDOW_DIMS * WINDOW_DIMS * sizeof *p->part);
    return p;
}

void phrase_free(struct phrase *p)
{
    if (!p)
        return;
    moments_free(p->learnt);
    free(p->windows);
    free(p->part);
    free(p->axes);
    free(p);
}

/* Lays out windows from start on, mean taken off, and returns how many. Before
 * the fit that is -40 dB: products keep more digits when it is taken out. */
static int lay_out(const struct phrase *p, const float *map, int64_t start, int64_t all)
{
    int count = all - start < TOGETHER ? (int)(all - start) : TOGETHER;

    for (int i = 0; i < count; i++) {
        float *window = p->windows + (size_t)i * WINDOW_DIMS;

        window_take(map, (start + i) * PHRASE_HOP, window);
        for (int k = 0; k < WINDOW_DIMS; k++)
            window[k] -= p->axes ? (float)p->mean[k] : -40;
    }
    return count;
}

void phrase_learn(struct phrase *p, const float *map, int64_t frames)
{
    int64_t all = window_count(frames, PHRASE_HOP);

    assert(!p->axes);
    for (int64_t start = 0; start < all; start += TOGETHER) {
        int count = lay_out(p, map, start, all);

        for (int i = 0; i < count; i++)
            for (int k = 0; k < WINDOW_DIMS; k++)
                p->learnt->sum[k] += (double)p->windows[(size_t)i * WINDOW_DIMS + (size_t)k];
        gemm(true, false, WINDOW_DIMS, WINDOW_DIMS, count, p->windows, WINDOW_DIMS, p->windows, WINDOW_DIMS, 0, p->part,
             WINDOW_DIMS);
        for (size_t i = 0; i < WINDOW_DIMS * WINDOW_DIMS; i++)
            p->learnt->outer[i] += (double)p->part[i];
        p->learnt->count += count;
    }
}

int phrase_fit(struct phrase *p)
{
    double variances[PHRASE_DIMS], *axes;

    assert(!p->axes);
    if (p->learnt->count <= PHRASE_DIMS)
        return error_set("%.0f windows of 2 s, over %d are needed", p->learnt->count, PHRASE_DIMS);
    axes = moments_components(p->learnt, PHRASE_DIMS, p->mean, variances);
    if (!axes)
        return -1;
    for (int k = 0; k < WINDOW_DIMS; k++)
        p->mean[k] -= 40;
    p->axes = mem_alloc(PHRASE_DIMS * WINDOW_DIMS * sizeof *p->axes);
    for (size_t i = 0; i < PHRASE_DIMS * WINDOW_DIMS; i++)
        p->axes[i] = (float)axes[i];
    free(axes);
    return 0;
}

void phrase_project(const struct phrase *p, const float *map, int64_t frames, struct moments *m)
{
    int64_t all = window_count(frames, PHRASE_HOP);
    float rows[TOGETHER * PHRASE_DIMS];

    assert(p->axes);
    for (int64_t start = 0; start < all; start += TOGETHER) {
        int count = lay_out(p, map, start, all);

        gemm(false, true, count, PHRASE_DIMS, WINDOW_DIMS, p->windows, WINDOW_DIMS, p->axes, WINDOW_DIMS, 0, rows,
             PHRASE_DIMS);
        moments_add(m, rows, count, PHRASE_DIMS);
    }
}
