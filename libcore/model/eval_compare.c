/* Two models on the same clips: paired differences, resampled by track. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/sort.h"
#include "model/eval.h"

/* Sums over those clips of a track that have the figure under both models. */
struct sums {
    double a, b, count;
};

static void sums_add(struct sums *all, const struct sums *s)
{
    all->a += s->a;
    all->b += s->b;
    all->count += s->count;
}

/* Numbers the tracks of clips, in order of appearance: to track [clips]. Clips of one usually come together. */
static int64_t tracks_number(const struct eval *e, int64_t *track)
{
    int64_t tracks = 0;

    for (int64_t i = 0; i < e->clips; i++) {
        int64_t j = i - 1;

        while (j >= 0 && strcmp(e->each[j].track, e->each[i].track) != 0)
            j--;
        track[i] = j < 0 ? tracks++ : track[j];
    }
    return tracks;
}

/* Why the losses of two models on the same clips are not of one kind. */
static const char *unlike(const struct meta *a, const struct meta *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct meta *other = meta_get(b, a->keys[i]);

        if (!other || !meta_equal(a->items[i], other))
            return a->keys[i];
    }
    return NULL;
}

/* sums [tracks]. Every figure sees the same draws of tracks. */
static struct eval_pair pair_of(const struct sums *sums, int64_t tracks, uint64_t seed)
{
    double *differences = mem_alloc(EVAL_RESAMPLINGS * sizeof *differences);
    struct sums all = {0};
    struct eval_pair p;
    size_t count = 0;

    for (int64_t t = 0; t < tracks; t++)
        sums_add(&all, &sums[t]);
    p = (struct eval_pair){all.a / all.count, all.b / all.count, NAN, NAN};
    for (int i = 0; i < EVAL_RESAMPLINGS && tracks > 1; i++) {
        struct rng r = rng_new(seed, (uint64_t)i);
        struct sums s = {0};

        for (int64_t t = 0; t < tracks; t++)
            sums_add(&s, &sums[rng_below(&r, (uint64_t)tracks)]);
        if (s.count > 0)
            differences[count++] = (s.b - s.a) / s.count;
    }
    if (count > 0) {
        p.lo = sort_quantile(differences, count, 0.025);
        p.hi = sort_quantile(differences, count, 0.975);
    }
    free(differences);
    return p;
}

void eval_compare(const struct eval *a, const struct eval *b, uint64_t seed, struct eval_comparison *c)
{
    int64_t *track = mem_zero((size_t)a->clips, sizeof *track), tracks = tracks_number(a, track);

    *c = (struct eval_comparison){.tracks = tracks, .unlike = unlike(a->yardstick, b->yardstick)};
    for (int k = 0; k < EVAL_EACH; k++) {
        struct sums *sums = mem_zero((size_t)tracks, sizeof *sums);

        for (int64_t i = 0; i < a->clips && (k >= EVAL_RECON || !c->unlike); i++) {
            double x = a->each[i].value[k], y = b->each[i].value[k];

            if (!isnan(x) && !isnan(y))
                sums_add(&sums[track[i]], &(struct sums){x, y, 1});
        }
        c->figure[k] = pair_of(sums, tracks, seed);
        free(sums);
    }
    free(track);
}
