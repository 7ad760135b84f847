/* From levels to latents to the prior's statistics. */
#include "train/prior_learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "base/progress.h"
#include "base/rng.h"

/* Periods that are kept, and tempos that the head names. */
enum { PERIODS_MOST = 1 << 13, TEMPOS_MOST = 256 };
/* Streams of the seed. */
#define STREAM_DRAWS (UINT64_C(4) << 60)
#define STREAM_ORDER (UINT64_C(5) << 60)
static const double block_seconds = 0.5;

/* A clip that the bank can start from and go on in. */
static int64_t bank_frames(const struct spectral_clip *clip, int stride, int block)
{
    int64_t frames = clip->frames / stride;

    return frames >= 5 * block ? frames : 0;
}

/* Orders the usable clips, fresh ones first, into those of the bank and the others. */
static void fill_bank(struct prior_plan *p, const struct spectral_clip *clips, int stride, int64_t most)
{
    size_t *all = mem_alloc((2 * p->usable + 1) * sizeof *all), *rest = all + p->usable, left = 0;
    size_t at[2] = {0, p->fresh}, end[2] = {p->fresh, p->usable};
    int64_t taken[2] = {0, 0};

    memcpy(all, p->order, p->usable * sizeof *all);
    while (at[0] < end[0] || at[1] < end[1]) {
        int turn = at[0] == end[0] || (at[1] < end[1] && taken[1] < taken[0]);
        size_t clip = all[at[turn]++];
        int64_t frames = bank_frames(&clips[clip], stride, p->shape.block);

        if (frames > 0 && p->shape.bank + frames <= most) {
            p->order[p->shape.clips++] = clip;
            p->shape.bank += frames;
            taken[turn] += frames;
        } else {
            rest[left++] = clip;
        }
    }
    memcpy(p->order + p->shape.clips, rest, left * sizeof *rest);
    free(all);
}

struct prior_plan prior_plan(const struct spectral *s, const struct spectral_input *f,
                             const struct spectral_clip *clips, size_t count, size_t kept, int64_t most, uint64_t seed)
{
    struct prior_plan p = {.shape = {.latent = s->latent, .positions = 1}, .count = count + kept};
    struct rng r = rng_new(seed, STREAM_ORDER);
    double rate = f->rate / f->hop / s->stride;
    size_t steady = 0;

    p.order = mem_alloc((p.count + 1) * sizeof *p.order);
    for (size_t i = 0; i < count; i++)
        steady += clips[i].timing.steady;
    for (size_t i = 0; i < count; i++)
        if (clips[i].level > 0 && (!f->beat || steady == 0 || clips[i].timing.steady))
            p.order[p.usable++] = i;
    p.fresh = p.usable;
    for (size_t i = count; i < p.count; i++)
        p.order[p.usable++] = i;
    rng_shuffle(&r, p.order, p.fresh);
    rng_shuffle(&r, p.order + p.fresh, kept);
    if (f->beat)
        p.shape.positions = BEAT_FRAMES / s->stride;
    p.shape.block = f->beat ? p.shape.positions : (int)fmax(2, round(block_seconds * rate));
    fill_bank(&p, clips, s->stride, most);
    if (f->beat)
        p.shape.periods = p.usable < PERIODS_MOST ? (int64_t)p.usable : PERIODS_MOST;
    return p;
}

void prior_plan_free(struct prior_plan *plan)
{
    free(plan->order);
}

/* Tempos that the prior is fitted to, in beats per minute as frames follow them, ascending; of many, evenly chosen ones. */
static struct meta *tempos(const struct prior_plan *plan, const struct spectral_input *f,
                           const struct spectral_clip *clips)
{
    size_t n = plan->usable, count = n < TEMPOS_MOST ? n : TEMPOS_MOST;
    double *all = mem_alloc((n + 1) * sizeof *all);
    struct meta *list = meta_list();

    for (size_t i = 0; i < n; i++)
        all[i] = 60 * f->rate / (clips[plan->order[i]].timing.grid.step * BEAT_FRAMES);
    sort_doubles(all, n);
    for (size_t i = 0; i < count; i++) /* the first and the last among them */
        meta_append(list, meta_real(all[count > 1 ? i * (n - 1) / (count - 1) : 0]));
    free(all);
    return list;
}

void prior_plan_describe(const struct prior_plan *plan, const struct spectral_input *f,
                         const struct spectral_clip *clips, struct meta *head)
{
    meta_set(head, "frames", meta_text(f->beat ? "beat" : "fixed"));
    if (f->beat) {
        meta_set(head, "beat_frames", meta_int(BEAT_FRAMES));
        meta_set(head, "tempos", tempos(plan, f, clips));
    }
    meta_set(head, "prior_block", meta_int(plan->shape.block));
    meta_set(head, "prior_bank", meta_int(plan->shape.bank));
    meta_set(head, "prior_clips", meta_int(plan->shape.clips));
    meta_set(head, "prior_periods", meta_int(plan->shape.periods));
}

int prior_learn(const struct prior_plan *plan, const struct chunks *p, const struct spectral_clip *clips,
                struct spool *spool, uint64_t seed)
{
    struct prior_fit *fit = prior_fit_new(&plan->shape);
    size_t longest = 1, latent = (size_t)p->shape.latent;
    float *mean, *draw;

    for (size_t i = 0; i < plan->count; i++)
        longest = (size_t)clips[i].frames > longest ? (size_t)clips[i].frames : longest;
    mean = mem_alloc(2 * longest * latent * sizeof *mean);
    draw = mean + longest * latent;
    for (size_t i = 0; i < plan->usable; i++) {
        const struct spectral_clip *clip = &clips[plan->order[i]];
        int64_t frames = clip->frames / p->shape.stride;
        struct rng r = rng_new(seed, STREAM_DRAWS + plan->order[i]);

        progress("prior of clips", (int64_t)i, (int64_t)plan->usable);
        if (clip->y) {
            chunks_means(p, clip->y, frames, mean);
            rng_normal(&r, draw, (size_t)frames * latent);
            chunks_draw(p, mean, frames, draw);
            prior_fit_add(fit, draw, frames);
            spool_release(spool, clip->y, spectral_data_size(clip, p->shape.features));
        }
        if (i < (size_t)plan->shape.clips)
            prior_fit_keep(fit, p->params, clip->y ? mean : NULL, frames);
        if (i < (size_t)plan->shape.periods)
            prior_fit_period(fit, p->params, clip->timing.period);
    }
    progress("prior of clips", 1, 1);
    free(mean);
    return prior_fit_end(fit, p->params);
}
