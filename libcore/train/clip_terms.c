/* Clip by clip, in threads; sums in the order of the clips. */
#include "train/clip_terms.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/team.h"

struct job {
    const struct chunks *p;
    const struct dataset *d;
    const struct spectral_clip *clips;
    uint64_t seed;
    size_t first;        /* clips of training of the ranks before */
    size_t *chosen;      /* clips of this one */
    struct terms *terms; /* of each */
};

static size_t number_of(const struct job *j, size_t i)
{
    return j->clips[i].y ? j->first + i : j->d->clips[i].number;
}

static void clip_task(void *arg, int task, int worker)
{
    const struct job *j = arg;
    const struct chunks *p = j->p;
    size_t i = j->chosen[task], size;
    const struct spectral_clip *clip = &j->clips[i];
    struct rng r = rng_new(j->seed, number_of(j, i));
    float *y = clip->y, *noise;

    if (!y) {
        y = mem_alloc(spectral_data_size(clip, p->shape.features) * sizeof *y);
        spectral_data_of(&p->input, &p->v, j->d->clips[i].data, j->d->clips[i].samples, clip, y);
        dataset_release(j->d, i);
    }
    size = (size_t)(clip->frames / p->shape.stride) * (size_t)p->shape.latent;
    noise = mem_alloc(size * sizeof *noise);
    rng_normal(&r, noise, size);
    terms_clip(&j->terms[task], p, worker, y, clip->frames, clip->real, clip->timing.grid.step, noise);
    free(noise);
    if (clip->y)
        spool_release(j->d->spool, y, spectral_data_size(clip, p->shape.features));
    else
        free(y);
}

struct terms clip_terms(const struct chunks *p, const struct dataset *d, const struct spectral_clip *clips,
                        size_t count, uint64_t seed, struct pool *pool)
{
    struct job j = {p, d, clips, seed, .chosen = mem_alloc(d->count * sizeof *j.chosen)};
    struct terms sum = terms_new(&p->shape);
    size_t all, here = 0;

    j.first = team_first(d->count, &all);
    count = all < count ? all : count;
    for (size_t i = 0; i < d->count; i++) {
        size_t number = number_of(&j, i), k = (number * count + all - 1) / all; /* chosen: k all / count, k < count */

        if (k < count && k * all / count == number)
            j.chosen[here++] = i;
    }
    j.terms = mem_alloc(here * sizeof *j.terms);
    for (size_t i = 0; i < here; i++)
        j.terms[i] = terms_new(&p->shape);
    progress_run(pool, "figures of clips", (int)here, clip_task, &j);
    for (size_t i = 0; i < here; i++) {
        terms_add(&sum, &j.terms[i], &p->shape);
        terms_free(&j.terms[i]);
    }
    free(j.terms);
    free(j.chosen);
    terms_gather(&sum, &p->shape);
    return sum;
}
