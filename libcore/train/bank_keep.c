/* Latents of the bank, to levels of the old network, to levels as the new one sees them. */
#include "train/bank_keep.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/team.h"

int bank_open(struct bank *b, const char *path, const struct spectral *shape, const struct spectral_input *f,
              int threads)
{
    struct model *m = &b->m;
    struct reader *file = model_open(m, path);

    if (!file || chunks_begin(&b->p, m, file, path, SPECTRAL_DECODER, threads))
        return -1;
    if (m->spectral.stride != shape->stride || m->spectral.features != shape->features || m->beat != f->beat)
        return error_set("%s: frames of its bank are not like those that are trained on: leave out --keep-bank", path);
    return prior_check(&m->prior, m->params) ? error_prefix("%s", path) : 0;
}

void bank_close(struct bank *b)
{
    chunks_end(&b->p);
    model_free(&b->m);
}

size_t bank_clips(const struct bank *b)
{
    return (size_t)b->m.prior.clips;
}

void bank_time(const struct bank *b, struct spectral_clip *clips)
{
    const struct prior_shape *s = &b->m.prior;
    const float *lengths = params_values(b->m.params, "prior/lengths");
    const float *periods = params_values(b->m.params, "prior/periods");

    for (int64_t i = 0; i < s->clips; i++) {
        double period = s->periods > 0 ? (double)periods[i % s->periods] : BEAT_NOMINAL;
        int frames = (int)lengths[i] * b->m.spectral.stride;

        clips[i] = (struct spectral_clip){.timing = input_timing_beat(&b->p.input, period, 0),
                                          .level = INPUT_LEVEL,
                                          .real = frames,
                                          .frames = frames};
    }
}

struct job {
    const struct bank *b;
    struct input_values to;
    struct spectral_clip *clips;
    const float **z; /* [clips] of the bank */
    struct spool *spool;
};

struct levels {
    const struct job *j;
    float *y; /* of the next frame */
};

/* What decodes as silence is at the new floor, or where that is lower what the old model fills in. */
static void take_levels(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows)
{
    struct levels *l = arg;
    const struct input_values *v = &l->j->b->p.v;
    size_t features = (size_t)v->features, frames = (size_t)(rows * l->j->b->m.spectral.stride);
    const float *y = g->out->y + (size_t)(offset * l->j->b->m.spectral.stride) * features;

    (void)first;
    for (size_t i = 0; i < frames * features; i++) {
        float level = *v->scale * y[i] + v->mean[i % features], most = v->most[i % features];

        level = level < most ? level : most;
        l->y[i] = level > *v->floor ? level : v->fill[i % features];
    }
    input_standardise(&l->j->to, l->y, (int64_t)frames);
    l->y += frames * features;
}

static void levels_of(const struct job *j, int task, int worker)
{
    const struct model *m = &j->b->m;
    struct spectral_clip *clip = &j->clips[task];
    int64_t frames = clip->frames / m->spectral.stride, latent = m->spectral.latent;
    const float *mean = params_values(m->params, "prior/mean"), *sd = params_values(m->params, "prior/sd");
    float *z = mem_alloc((size_t)(frames * latent) * sizeof *z);
    struct levels l = {j, clip->y};

    for (int64_t i = 0; i < frames * latent; i++)
        z[i] = mean[i % latent] + sd[i % latent] * j->z[task][i];
    chunks_decode(&j->b->p, worker, z, frames, take_levels, &l);
    spool_release(j->spool, clip->y, spectral_data_size(clip, m->spectral.features));
    free(z);
}

static void levels_task(void *arg, int task, int worker)
{
    const struct job *j = arg;

    if (j->clips[task].y)
        levels_of(j, task, worker);
}

int bank_levels(const struct bank *b, const struct params *params, struct spectral_clip *clips, struct spool *spool,
                struct pool *pool)
{
    size_t count = bank_clips(b);
    const float *z = count > 0 ? params_values(b->m.params, "prior/bank") : NULL;
    struct job job = {b, input_values(params), clips, mem_zero(count + 1, sizeof *job.z), spool};
    int status = 0;

    for (size_t i = 0; i < count && !status; i++) {
        job.z[i] = z;
        z += (size_t)(clips[i].frames / b->m.spectral.stride * b->m.spectral.latent);
        if (i % (size_t)team_size() != (size_t)team_rank())
            continue;
        clips[i].y = spool_floats(spool, spectral_data_size(&clips[i], b->m.spectral.features));
        status = clips[i].y ? 0 : -1;
    }
    if (!status)
        progress_run(pool, "bank of the old model", (int)count, levels_task, &job);
    free(job.z);
    return status;
}
