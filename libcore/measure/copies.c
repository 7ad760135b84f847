/* Nearest windows of sound, by exhaustive search: a window is looked at only where its place in the space of windows
 * (measure/space.h) is nearer than the nearest so far. */
#include "measure/copies.h"

#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "measure/distances.h"

/* Places are exact to about 1e-6 of their squares. */
static const float slack = 1e-5f;

enum { TOGETHER = 16, PHRASE_ROW = PHRASE_DIMS + 1 }; /* windows looked up at a time; values of a place */

struct copies {
    const struct maps *bank;
    const struct space *space;
    int64_t windows, *first; /* of all maps, and before each */
    float *rows;             /* [windows, PHRASE_ROW] their places */
};

/* Places [window_count, PHRASE_ROW] of the windows of a map. */
static void places(const struct space *space, const struct map *m, int64_t hop, float *out)
{
    int64_t count;
    float *windows = windows_take(m->data, m->frames, hop, &count);

    space_rows(space, windows, count, WINDOW_DIMS, out, PHRASE_ROW);
    free(windows);
}

static void map_place(void *arg, int task, int worker)
{
    struct copies *c = arg;
    const struct map *m = &c->bank->maps[task];

    (void)worker;
    places(c->space, m, COPIES_HOP, c->rows + c->first[task] * PHRASE_ROW);
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
    pool_run(pool, (int)bank->count, map_place, c);
    return c;
}

void copies_free(struct copies *c)
{
    if (!c)
        return;
    free(c->first);
    free(c->rows);
    free(c);
}

/* sums [MEL_BANDS] of the squared differences of two windows of smoothed maps that begin at a and b. */
KERNEL(bands_compare, (const float *a, const float *b, float *sums), (a, b, sums))
{
    for (int k = 0; k < MEL_BANDS; k++)
        sums[k] = 0;
    for (int j = 0; j < WINDOW_FRAMES; j++)
        for (int k = 0; k < MEL_BANDS; k++) {
            float d = a[j * WINDOW_STEP * MEL_BANDS + k] - b[j * WINDOW_STEP * MEL_BANDS + k];

            sums[k] += d * d;
        }
}

static float squared_distance(const float *a, const float *b)
{
    float sums[MEL_BANDS], sum = 0;

    bands_compare(a, b, sums);
    for (int k = 0; k < MEL_BANDS; k++)
        sum += sums[k];
    return sum;
}

static float square(const float *row)
{
    float sum = 0;

    for (int k = 0; k < PHRASE_ROW; k++)
        sum += row[k] * row[k];
    return sum;
}

/* Squared distance of a window of a clip from the nearest of all; bound [c->windows] from its place to theirs, allow by
 * how much that may be too much. The one whose place is nearest goes first, so that few others are looked at. */
static float nearest_of(const struct copies *c, const float *window, const float *bound, float allow)
{
    float best = INFINITY, least = INFINITY;

    for (int64_t i = 0; i < c->windows; i++)
        least = bound[i] < least ? bound[i] : least;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t m = 0; m < c->bank->count; m++)
            for (int64_t i = c->first[m]; i < c->first[m + 1]; i++)
                if (pass == 0 ? bound[i] <= least : bound[i] - allow < best) {
                    const float *other = c->bank->maps[m].data + (i - c->first[m]) * COPIES_HOP * MEL_BANDS;

                    best = fminf(best, squared_distance(window, other));
                }
    }
    return best;
}

int64_t copies_nearest(const struct copies *c, const struct map *clip, double *distance)
{
    int64_t n = window_count(clip->frames, QUERY_HOP);
    float *own = mem_alloc((size_t)n * PHRASE_ROW * sizeof *own);
    float *bound = mem_alloc((size_t)(TOGETHER * c->windows) * sizeof *bound);

    places(c->space, clip, QUERY_HOP, own);
    for (int64_t q = 0; q < n; q++) {
        const float *place = own + q * PHRASE_ROW, *window = clip->data + q * QUERY_HOP * MEL_BANDS;

        if (q % TOGETHER == 0)
            pairs_squared(place, (size_t)(n - q < TOGETHER ? n - q : TOGETHER), c->rows, (size_t)c->windows, PHRASE_ROW,
                          bound);
        distance[q] =
            sqrt(nearest_of(c, window, bound + q % TOGETHER * c->windows, slack * 4 * square(place)) / WINDOW_DIMS);
    }
    free(own);
    free(bound);
    return n;
}
