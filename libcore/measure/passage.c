/* Runs of near bars. */
#include "measure/passage.h"

#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "measure/distances.h"

static const double near_db = 0.25;

/* out [n]: sums of FORM_BAR rows of d [stride], each a value further on than the last; the least of them. */
KERNEL(bars_sum, (const float *d, size_t stride, float *out, size_t n, float *least), (d, stride, out, n, least))
{
    float low = INFINITY;

    for (size_t j = 0; j < n; j++) {
        out[j] = d[j] + d[stride + 1 + j] + d[2 * (stride + 1) + j] + d[3 * (stride + 1) + j];
        low = out[j] < low ? out[j] : low;
    }
    *least = low;
}

static int bars_of(const struct form *f)
{
    return f->beats >= FORM_BAR ? f->beats - FORM_BAR + 1 : 0;
}

/* Bars from..to-1 of f beside those of another form: their squared distances from its nearest bar into least [to - from],
 * INFINITY if it has none, or, where near is given, the longest run of bars that are as near as that. */
static int search(const struct form *f, int from, int to, const struct form *other, const float *near, float *least)
{
    size_t beats = (size_t)other->beats, bars = (size_t)bars_of(other), rows = (size_t)(to - from + FORM_BAR - 1);
    float *d = mem_alloc(rows * beats * sizeof *d), *sums = mem_alloc(bars * sizeof *sums), low;
    int *run = mem_zero(bars + 1, sizeof *run), longest = 0; /* that ends at the bar before */

    pairs_squared((struct rows){f->sound + from * FORM_SOUND, f->squares ? f->squares + from : NULL, rows},
                  (struct rows){other->sound, other->squares, beats}, FORM_SOUND, d);
    for (int i = 0; i < to - from; i++) {
        bars_sum(d + (size_t)i * beats, beats, sums, bars, least ? &least[i] : &low);
        for (size_t j = bars; near && j-- > 0;) {
            run[j + 1] = sums[j] <= near[from + i] ? run[j] + 1 : 0;
            longest = run[j + 1] > longest ? run[j + 1] : longest;
        }
    }
    free(d);
    free(sums);
    free(run);
    return longest;
}

double passage_longest(const struct form *f, const struct form *const *forms, size_t count)
{
    int bars = bars_of(f), longest = 0;
    const double values = FORM_BAR * FORM_SOUND;
    float *least = mem_alloc(count * (size_t)bars * sizeof *least), *near = mem_alloc((size_t)bars * sizeof *near);

    for (int i = 0; i < bars; i++)
        near[i] = INFINITY;
    for (size_t k = 0; bars > 0 && k < count; k++) {
        float *own = least + k * (size_t)bars;

        search(f, 0, bars, forms[k], NULL, own);
        for (int i = 0; i < bars; i++)
            near[i] = fminf(near[i], own[i]);
    }
    for (int i = 0; i < bars; i++)
        near[i] = (float)(values * pow(sqrt((double)near[i] / values) + near_db, 2));
    for (size_t k = 0; bars > 0 && k < count; k++) {
        int from = 0, to = bars; /* others are not near to any of that form */

        while (from < to && !(least[k * (size_t)bars + (size_t)from] <= near[from]))
            from++;
        while (to > from && !(least[k * (size_t)bars + (size_t)to - 1] <= near[to - 1]))
            to--;
        if (from < to)
            longest = (int)fmax(longest, search(f, from, to, forms[k], near, NULL));
    }
    free(least);
    free(near);
    return longest > 0 ? (double)(longest + FORM_BAR - 1) / FORM_BAR : NAN;
}
