/* Features of whole datasets and their statistics. */
#include "vae/clip_levels.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

static const double floor_db = -60, least_sd = 0.1, most_margin = 0.2;

static float *statistic(const struct params *p, const char *name)
{
    return p->theta + params_find(p, name)->offset;
}

/* ---- timing ---- */

struct time_job {
    const struct front *f;
    const struct dataset *d;
    int stride;
    struct levels *clips;
};

static void time_task(void *arg, int task, int worker)
{
    struct time_job *j = arg;
    const struct clip *c = &j->d->clips[task];
    struct levels *l = &j->clips[task];

    (void)worker;
    l->samples = c->samples;
    l->timing = front_timing(j->f, c->meta, c->data, l->samples);
    l->frames = (int)front_frames(l->timing.grid, l->samples, j->stride);
    l->y = NULL;
    dataset_release(j->d, (size_t)task);
}

size_t levels_time(const struct front *f, const struct dataset *d, int stride, struct levels *clips, struct pool *pool)
{
    struct time_job job = {f, d, stride, clips};
    size_t steady = 0;

    pool_run(pool, (int)d->count, time_task, &job);
    for (size_t i = 0; i < d->count; i++)
        steady += clips[i].timing.steady;
    return steady;
}

int levels_longest(const struct levels *clips, size_t count)
{
    int longest = 0;

    for (size_t i = 0; i < count; i++)
        longest = clips[i].frames > longest ? clips[i].frames : longest;
    return longest;
}

size_t levels_size(const struct levels *clip, int features)
{
    return (size_t)features * (size_t)clip->frames;
}

/* ---- levels ---- */

static void raw_levels(const struct front *f, const float *x, double floor, const struct levels *clip, float *y)
{
    int frames = (int)grid_frames(clip->timing.grid, clip->samples), channels = features_channels(f->bands);
    size_t stride = (size_t)clip->frames;
    double rms = front_rms(x, clip->samples);

    front_levels(f, clip->timing.grid, x, clip->samples, rms > 0 ? FRONT_LEVEL / rms : 1, floor, 0, frames, y, stride);
    for (int c = 0; c < channels; c++)
        for (size_t i = (size_t)frames; i < stride; i++)
            y[(size_t)c * stride + i] = y[(size_t)c * stride + (size_t)frames - 1];
}

void levels_of(const struct front *f, const struct params *params, const float *x, const struct levels *clip, float *y)
{
    raw_levels(f, x, (double)*statistic(params, "front/floor"), clip, y);
    front_standardise(features_channels(f->bands), clip->frames, (size_t)clip->frames, statistic(params, "front/mean"),
                      statistic(params, "front/sd"), y);
}

struct job {
    const struct front *f;
    const struct params *params;
    const struct dataset *d;
    struct levels *clips;
    float floor;                 /* lowest level that stays */
    float *loudest;              /* [clips] */
    int channels;
};

static void release(const struct job *j, int task)
{
    spool_release(j->d->spool, j->clips[task].y, levels_size(&j->clips[task], j->channels));
}

static void raw_task(void *arg, int task, int worker)
{
    struct job *j = arg;
    struct levels *l = &j->clips[task];
    size_t count = levels_size(l, j->channels);

    (void)worker;
    j->loudest[task] = -1e30f;
    raw_levels(j->f, j->d->clips[task].data, 1e-30, l, l->y);
    for (size_t i = 0; i < count; i++)
        if (isfinite(j->loudest[task]) && !(l->y[i] <= j->loudest[task]))    /* also when it is no number */
            j->loudest[task] = l->y[i];
    dataset_release(j->d, (size_t)task);
    release(j, task);
}

static void finish_task(void *arg, int task, int worker)
{
    struct job *j = arg;
    struct levels *l = &j->clips[task];

    (void)worker;
    for (size_t i = 0; i < levels_size(l, j->channels); i++)
        l->y[i] = l->y[i] > j->floor ? l->y[i] : j->floor;
    front_standardise(j->channels, l->frames, (size_t)l->frames, statistic(j->params, "front/mean"),
                      statistic(j->params, "front/sd"), l->y);
    release(j, task);
}

/* Sums of a clip's levels, floored, per channel: of them, of their squares, and the highest. */
static void count_clip(const struct job *j, int i, double *sum, double *squares, float *high)
{
    const struct levels *l = &j->clips[i];

    for (int c = 0; c < j->channels; c++)
        for (int t = 0; t < l->frames; t++) {
            float y = l->y[(size_t)c * (size_t)l->frames + (size_t)t];

            y = y > j->floor ? y : j->floor;
            high[c] = y > high[c] ? y : high[c];
            sum[c] += (double)y;
            squares[c] += (double)y * (double)y;
        }
    release(j, i);
}

static void take_statistics(const struct job *j)
{
    float *mean = statistic(j->params, "front/mean"), *sd = statistic(j->params, "front/sd");
    float *most = statistic(j->params, "front/most");
    size_t channels = (size_t)j->channels;
    double *sum = mem_zero(2 * channels, sizeof *sum), n = 0;
    float *high = mem_alloc(channels * sizeof *high);

    for (size_t c = 0; c < channels; c++)
        high[c] = -1e30f;
    for (size_t i = 0; i < j->d->count; i++) {
        count_clip(j, (int)i, sum, sum + channels, high);
        n += (double)j->clips[i].frames;
    }
    for (size_t c = 0; c < channels; c++) {
        double m = sum[c] / n, v = sum[channels + c] / n - m * m;

        mean[c] = (float)m;
        sd[c] = (float)(v > least_sd * least_sd ? sqrt(v) : least_sd);
        most[c] = (high[c] - mean[c]) / sd[c] + (float)most_margin;
    }
    free(high);
    free(sum);
}

int levels_learn(const struct front *f, struct params *params, const struct dataset *d, struct levels *clips, bool given,
                 struct pool *pool)
{
    struct job job = {f, params, d, clips, 0, NULL, features_channels(f->bands)};
    float top = -1e30f;

    for (size_t i = 0; i < d->count; i++)
        if (!(clips[i].y = spool_floats(d->spool, levels_size(&clips[i], job.channels))))
            return -1;
    job.loudest = mem_alloc(d->count * sizeof *job.loudest);
    pool_run(pool, (int)d->count, raw_task, &job);
    for (size_t i = 0; i < d->count; i++) {
        if (!isfinite(job.loudest[i])) {
            free(job.loudest);
            return error_set("clip '%s' has samples that are too large: scale it to -1 .. 1", d->clips[i].name);
        }
        top = job.loudest[i] > top ? job.loudest[i] : top;
    }
    free(job.loudest);
    if (top <= logf(1e-29f) && !given)
        return error_set("the clips are silent: there is nothing to learn from");
    job.floor = given ? logf(*statistic(params, "front/floor")) : top + (float)(floor_db / 20 * log(10));
    if (!given) {
        *statistic(params, "front/floor") = expf(job.floor);
        take_statistics(&job);
    }
    pool_run(pool, (int)d->count, finish_task, &job);
    return 0;
}
