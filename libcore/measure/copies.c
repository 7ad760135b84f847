/* Nearest windows of sound, by exhaustive search. */
#include "measure/copies.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "measure/distances.h"

enum { BLOCK = 256 }; /* windows of the bank that are laid out at a time */

/* Maps lie about -40 dB: products keep more digits when that is taken out. */
static void window_raise(float *window)
{
    for (int i = 0; i < WINDOW_DIMS; i++)
        window[i] += 40;
}

/* Lowers best [n] to the squared distances of queries [n, WINDOW_DIMS] from the windows of a map. */
static void map_search(const struct map *p, const float *queries, size_t n, float *windows, float *squared, float *best)
{
    int64_t all = window_count(p->frames, COPIES_HOP);

    for (int64_t start = 0; start < all; start += BLOCK) {
        size_t count = (size_t)(all - start < BLOCK ? all - start : BLOCK);

        for (size_t i = 0; i < count; i++) {
            window_take(p->data, (start + (int64_t)i) * COPIES_HOP, windows + i * WINDOW_DIMS);
            window_raise(windows + i * WINDOW_DIMS);
        }
        pairs_squared(queries, n, windows, count, WINDOW_DIMS, squared);
        for (size_t q = 0; q < n; q++)
            for (size_t i = 0; i < count; i++)
                best[q] = fminf(best[q], squared[q * count + i]);
    }
}

int64_t copies_nearest(const struct maps *bank, const struct map *clip, double *distance)
{
    int64_t count = window_count(clip->frames, QUERY_HOP);
    size_t n = (size_t)count;
    float *queries = mem_alloc(n * WINDOW_DIMS * sizeof *queries), *best = mem_alloc(n * sizeof *best);
    float *windows = mem_alloc(BLOCK * WINDOW_DIMS * sizeof *windows);
    float *squared = mem_alloc(n * BLOCK * sizeof *squared);

    for (size_t i = 0; i < n; i++) {
        window_take(clip->data, (int64_t)i * QUERY_HOP, queries + i * WINDOW_DIMS);
        window_raise(queries + i * WINDOW_DIMS);
        best[i] = INFINITY;
    }
    for (size_t i = 0; n > 0 && i < bank->count; i++)
        map_search(&bank->maps[i], queries, n, windows, squared, best);
    for (size_t i = 0; i < n; i++)
        distance[i] = sqrt(best[i] / WINDOW_DIMS);
    free(queries);
    free(best);
    free(windows);
    free(squared);
    return count;
}
