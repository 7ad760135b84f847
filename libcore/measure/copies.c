/* Nearest windows of sound, by exhaustive search: a window is looked at only where its place in the space of windows
 * (measure/space.h) is nearer than the nearest so far. */
#include "measure/copies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "measure/distances.h"

/* Places are exact to about 1e-6 of their squares. */
static const float slack = 1e-5f;

/* Windows looked up at a time; placed at a time; parts that windows are compared by; values of a place. */
enum { QUERIES = 16, TOGETHER = 256, SHARES = 3, FIFTH = MEL_BANDS / 5, PHRASE_ROW = PHRASE_DIMS + 1 };

struct copies {
    const struct maps *bank;
    const struct space *space;
    int64_t windows, *first; /* of all maps, and before each */
    float *rows, *squares;   /* [windows, PHRASE_ROW] their places; those of these */
};

/* Places [window_count, PHRASE_ROW] of the windows of a map. */
static void places(const struct space *space, const struct map *m, int64_t hop, float *out)
{
    int64_t count = window_count(m->frames, hop);
    float *windows = mem_alloc(TOGETHER * WINDOW_DIMS * sizeof *windows);

    for (int64_t i = 0; i < count; i += TOGETHER) {
        int64_t some = count - i < TOGETHER ? count - i : TOGETHER;

        for (int64_t j = 0; j < some; j++)
            window_take(m->data, (i + j) * hop, windows + j * WINDOW_DIMS);
        space_rows(space, windows, some, WINDOW_DIMS, out + i * PHRASE_ROW, PHRASE_ROW);
    }
    free(windows);
}

static void map_place(void *arg, int task, int worker)
{
    struct copies *c = arg;
    const struct map *m = &c->bank->maps[task];

    (void)worker;
    places(c->space, m, COPIES_HOP, c->rows + c->first[task] * PHRASE_ROW);
    rows_squared(c->rows + c->first[task] * PHRASE_ROW, (size_t)(c->first[task + 1] - c->first[task]), PHRASE_ROW,
                 c->squares + c->first[task]);
}

struct copies *copies_new(const struct maps *bank, const struct space *space, struct pool *pool)
{
    struct copies *c = mem_zero(1, sizeof *c);

    c->bank = bank;
    c->space = space;
    c->first = mem_zero(bank->count + 1, sizeof *c->first);
    for (size_t m = 0; m < bank->count; m++)
        c->first[m + 1] = c->first[m] + window_count(bank->maps[m].frames, COPIES_HOP);
    c->windows = c->first[bank->count];
    c->rows = mem_alloc((size_t)c->windows * PHRASE_ROW * sizeof *c->rows);
    c->squares = mem_alloc((size_t)c->windows * sizeof *c->squares);
    pool_run(pool, (int)bank->count, map_place, c);
    return c;
}

void copies_free(struct copies *c)
{
    if (!c)
        return;
    free(c->first);
    free(c->rows);
    free(c->squares);
    free(c);
}

/* least [1] becomes the squared distance of a window from the one of a smoothed map that begins at other, if that is
 * less. */
KERNEL(windows_compare, (const float *window, const float *other, float *least), (window, other, least))
{
    float sum = 0;

    for (int from = 0; from < SHARES; from++) {
        float band[MEL_BANDS] = {0};

        for (int j = from; j < WINDOW_FRAMES; j += SHARES)
            for (int k = 0; k < MEL_BANDS; k++) {
                float d = window[j * MEL_BANDS + k] - other[j * WINDOW_STEP * MEL_BANDS + k];

                band[k] += d * d;
            }
        for (int k = 0; k < FIFTH; k++)
            band[k] += band[FIFTH + k] + band[2 * FIFTH + k] + band[3 * FIFTH + k] + band[4 * FIFTH + k];
        for (int half = FIFTH / 2; half > 0; half /= 2)
            for (int k = 0; k < half; k++)
                band[k] += band[half + k];
        sum += band[0];
        if (sum >= *least)
            return;
    }
    *least = sum;
}

KERNEL(least_of, (const float *x, int64_t n, float *least), (x, n, least))
{
    float low = INFINITY;

    for (int64_t i = 0; i < n; i++)
        low = x[i] < low ? x[i] : low;
    *least = low;
}

/* Windows of a clip that are looked up. */
struct queries {
    int count;
    float windows[QUERIES * WINDOW_DIMS], places[QUERIES * PHRASE_ROW], squares[QUERIES];
    float allow[QUERIES]; /* by how much the squared distance of places may be too much */
    float best[QUERIES];  /* squared distance of the nearest so far */
};

/* Windows of a map whose place is nearer than the nearest so far; the one whose place is nearest goes first, so that few
 * others are looked at. bound [count]: squared distances of their places. */
static void windows_look(struct queries *q, int which, const float *bound, int64_t count, const float *map)
{
    float least;

    least_of(bound, count, &least);
    for (int pass = 0; pass < 2 && least - q->allow[which] < q->best[which]; pass++)
        for (int64_t i = 0; i < count; i++)
            if (pass == 0 ? bound[i] <= least : bound[i] - q->allow[which] < q->best[which])
                windows_compare(q->windows + which * WINDOW_DIMS, map + i * COPIES_HOP * MEL_BANDS, &q->best[which]);
}

static void queries_answer(const struct copies *c, struct queries *q)
{
    float *bound = NULL;

    for (size_t m = 0; m < c->bank->count; m++) {
        int64_t count = c->first[m + 1] - c->first[m];

        bound = mem_grow(bound, (size_t)(q->count * count), sizeof *bound);
        pairs_squared((struct rows){q->places, q->squares, (size_t)q->count},
                      (struct rows){c->rows + c->first[m] * PHRASE_ROW, c->squares + c->first[m], (size_t)count},
                      PHRASE_ROW, bound);
        for (int i = 0; i < q->count; i++)
            windows_look(q, i, bound + i * count, count, c->bank->maps[m].data);
    }
    free(bound);
}

int64_t copies_nearest(const struct copies *c, const struct map *clip, double *distance)
{
    int64_t n = window_count(clip->frames, QUERY_HOP);
    float *own = mem_alloc((size_t)n * PHRASE_ROW * sizeof *own);
    struct queries *q = mem_alloc(sizeof *q);

    places(c->space, clip, QUERY_HOP, own);
    for (int64_t from = 0; from < n; from += QUERIES) {
        q->count = n - from < QUERIES ? (int)(n - from) : QUERIES;
        memcpy(q->places, own + from * PHRASE_ROW, (size_t)(q->count * PHRASE_ROW) * sizeof *own);
        rows_squared(q->places, (size_t)q->count, PHRASE_ROW, q->squares);
        for (int i = 0; i < q->count; i++) {
            window_take(clip->data, (from + i) * QUERY_HOP, q->windows + i * WINDOW_DIMS);
            q->allow[i] = slack * 4 * q->squares[i];
            q->best[i] = INFINITY;
        }
        queries_answer(c, q);
        for (int i = 0; i < q->count; i++)
            distance[from + i] = sqrt(q->best[i] / WINDOW_DIMS);
    }
    free(own);
    free(q);
    return n;
}
