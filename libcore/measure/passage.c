/* Runs of near bars. */
#include "measure/passage.h"

#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "measure/distances.h"

static const double near_db = 0.25;

/* out [n]: sums of FORM_BAR rows of d [stride], each a value further on than the last. */
KERNEL(bars_sum, (const float *d, size_t stride, float *out, size_t n), (d, stride, out, n))
{
    for (size_t j = 0; j < n; j++)
        out[j] = d[j] + d[stride + 1 + j] + d[2 * (stride + 1) + j] + d[3 * (stride + 1) + j];
}

struct search {
    const struct form *f;
    float *nearest; /* of each bar: its squared distance from the nearest of all forms, and what is near then */
    int longest;    /* run of those that are near; 0: none */
};

/* Compares the bars of f with those of another form. */
static void search(struct search *s, const struct form *other, bool runs)
{
    size_t beats = (size_t)other->beats, bars = beats - FORM_BAR + 1;
    float *d = mem_alloc((size_t)s->f->beats * beats * sizeof *d), *sums = mem_alloc(bars * sizeof *sums);
    int *run = mem_zero(bars + 1, sizeof *run); /* that ends at the bar before */

    pairs_squared(s->f->sound, (size_t)s->f->beats, other->sound, beats, FORM_SOUND, d);
    for (int i = 0; i + FORM_BAR <= s->f->beats; i++) {
        bars_sum(d + (size_t)i * beats, beats, sums, bars);
        for (size_t j = 0; !runs && j < bars; j++)
            s->nearest[i] = sums[j] < s->nearest[i] ? sums[j] : s->nearest[i];
        for (size_t j = bars; runs && j-- > 0;) {
            run[j + 1] = sums[j] <= s->nearest[i] ? run[j] + 1 : 0;
            s->longest = run[j + 1] > s->longest ? run[j + 1] : s->longest;
        }
    }
    free(d);
    free(sums);
    free(run);
}

double passage_longest(const struct form *f, const struct form *const *forms, size_t count)
{
    int bars = f->beats - FORM_BAR + 1;
    const double values = FORM_BAR * FORM_SOUND;
    struct search s = {f, mem_alloc((size_t)(bars > 0 ? bars : 0) * sizeof(float)), 0};

    for (int i = 0; i < bars; i++)
        s.nearest[i] = INFINITY;
    for (int runs = 0; bars > 0 && runs < 2; runs++) {
        for (size_t i = 0; i < count; i++)
            if (forms[i]->beats >= FORM_BAR)
                search(&s, forms[i], runs);
        for (int i = 0; i < bars; i++)
            s.nearest[i] = (float)(values * pow(sqrt((double)s.nearest[i] / values) + near_db, 2));
    }
    free(s.nearest);
    return s.longest > 0 ? (double)(s.longest + FORM_BAR - 1) / FORM_BAR : NAN;
}
