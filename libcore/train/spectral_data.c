/* Features of whole datasets and their statistics. */
#include "train/spectral_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/sort.h"
#include "base/team.h"
#include "measure/levels.h"

/* The floor under what is loud, in dB; the least that all features deviate by, and what is let through above the
 * highest, in nepers and in these deviations. */
static const double floor_db = -77, least_scale = 0.1, most_margin = 0.2;
/* Where training begins to be worth it. */
enum { LEAST_FRAMES = 64 };
/* A frame sounds when it is at most so much under the level of its clip. */
static const double sounding = 1e-3;
/* What is loud in a clip, and in a frame: that many frames are louder. */
static const double louder = 0.01;

/* ---- timing ---- */

struct time_job {
    const struct spectral_input *f;
    const struct dataset *d;
    bool trim;
    struct spectral_clip *clips;
};

/* Whether some channel of count samples from first on is louder than that. */
static bool louder_than(const struct spectral_input *f, const struct clip *c, int64_t first, int64_t count,
                        double least)
{
    for (int k = 0; k < f->channels; k++)
        if (level_rms(c->data + k * c->samples + first, count) > least)
            return true;
    return false;
}

/* Leaves out blocks of 50 ms at both ends that are 60 dB under the clip's level. */
static void trim_ends(const struct spectral_input *f, const struct clip *c, struct spectral_clip *l)
{
    int64_t block = (int64_t)(f->rate / 20), end = c->samples;
    double least = sounding * l->level;

    while (l->first + block < end && !louder_than(f, c, l->first, block, least))
        l->first += block;
    while (end - block > l->first && !louder_than(f, c, end - block, block, least))
        end -= block;
    l->samples = end - l->first;
}

/* What of a clip x [channels, stride] is learnt from, [channels, l->samples]. */
static float *part_of(const struct spectral_clip *l, const float *x, int64_t stride, int channels)
{
    float *part = mem_alloc((size_t)channels * (size_t)l->samples * sizeof *part);

    for (int k = 0; k < channels; k++)
        memcpy(part + k * l->samples, x + k * stride + l->first, (size_t)l->samples * sizeof *part);
    return part;
}

/* The timing of the clip from l->first on. */
static struct timing time_clip(const struct spectral_input *f, const struct clip *c, const struct spectral_clip *l)
{
    float *x = part_of(l, c->data, c->samples, f->channels);
    struct timing t;
    double beat = 0;
    struct meta *meta = c->meta ? meta_copy(c->meta) : NULL;

    if (meta && meta_get_real(meta, "beat", &beat))
        meta_set(meta, "beat", meta_real(beat - (double)l->first / f->rate));
    t = input_timing(f, meta, x, l->samples);
    meta_free(meta);
    free(x);
    return t;
}

static void time_task(void *arg, int task, int worker)
{
    struct time_job *j = arg;
    const struct clip *c = &j->d->clips[task];
    struct spectral_clip *l = &j->clips[task];

    (void)worker;
    *l = (struct spectral_clip){.samples = c->samples, .level = input_level(j->f, c->data, c->samples)};
    if (j->trim && l->level > 0)
        trim_ends(j->f, c, l);
    l->timing = time_clip(j->f, c, l);
    l->real = l->frames = (int)grid_frames(l->timing.grid, l->samples);
    dataset_release(j->d, (size_t)task);
}

void spectral_data_time(const struct spectral_input *f, const struct dataset *d, bool trim, struct spectral_clip *clips,
                        struct pool *pool)
{
    struct time_job job = {f, d, trim, clips};

    progress_run(pool, "beat of clips", (int)d->count, time_task, &job);
}

void spectral_data_stride(struct spectral_clip *clips, size_t count, int stride)
{
    for (size_t i = 0; i < count; i++)
        clips[i].frames = (clips[i].real + stride - 1) / stride * stride;
}

int spectral_data_check(const struct spectral_input *f, const struct dataset *d, const struct spectral_clip *clips)
{
    double frames = 0;

    for (size_t i = 0; i < d->count; i++)
        frames += clips[i].real - 1;
    team_sum(&frames, 1);
    if (frames < LEAST_FRAMES)
        return error_set(
            "%zu clip%s of %.2g s %s too few to learn from: at least %d frames, about %.0f s of audio, are needed",
            d->all, d->all == 1 ? "" : "s", (double)d->samples / d->rate, d->all == 1 ? "is" : "are", LEAST_FRAMES,
            ceil(LEAST_FRAMES * f->hop / d->rate));
    return 0;
}

size_t spectral_data_size(const struct spectral_clip *clip, int features)
{
    return (size_t)features * (size_t)clip->frames;
}

/* ---- levels ---- */

static void raw_levels(const struct spectral_input *f, const float *x, int64_t stride, const struct spectral_clip *clip,
                       float *y)
{
    size_t features = (size_t)input_features(f);
    float *part = part_of(clip, x, stride, f->channels);

    input_levels(f, clip->timing.grid, part, 0, clip->samples, input_gain(clip->level), 0, clip->real, y);
    for (int t = clip->real; t < clip->frames; t++)
        memcpy(y + (size_t)t * features, y + (size_t)(clip->real - 1) * features, features * sizeof *y);
    free(part);
}

void spectral_data_of(const struct spectral_input *f, const struct input_values *values, const float *x, int64_t stride,
                      const struct spectral_clip *clip, float *y)
{
    raw_levels(f, x, stride, clip, y);
    input_standardise(values, y, clip->frames);
}

/* Of one clip, from its raw levels. */
struct seen {
    double loud; /* level that one frame in a hundred exceeds somewhere; -inf: no frame sounds */
    bool finite;
    int sounds; /* frames that do */
};

struct job {
    const struct spectral_input *f;
    const struct dataset *d;
    struct spectral_clip *clips;
    struct input_values v;
    struct seen *seen; /* [clips] */
    float *rms;        /* [frames of all clips]: of each, 0 for one that does not sound */
    size_t *place;     /* [clips]: where those of a clip begin */
};

static void release(const struct job *j, size_t i)
{
    spool_release(j->d->spool, j->clips[i].y, spectral_data_size(&j->clips[i], j->v.features));
}

/* The place of the value that the given share of so many exceed, the least being at 0. */
static size_t exceeded(size_t count, double share)
{
    return (size_t)((1 - share) * (double)(count - 1));
}

static float frame_loudest(const float *y, int features)
{
    float loudest = y[0];

    for (int c = 0; c < features; c++)
        loudest = y[c] > loudest ? y[c] : loudest;
    return loudest;
}

static void raw_task(void *arg, int task, int worker)
{
    struct job *j = arg;
    const struct spectral_clip *l = &j->clips[task];
    struct seen *s = &j->seen[task];
    double *loud = mem_alloc((size_t)l->frames * sizeof *loud);
    float *rms = j->rms + j->place[task];

    (void)worker;
    raw_levels(j->f, j->d->clips[task].data, j->d->clips[task].samples, l, l->y);
    *s = (struct seen){-INFINITY, l->level <= INPUT_MOST, 0};
    for (int t = 0; t < l->real; t++) {
        const float *y = l->y + (size_t)t * (size_t)j->v.features;
        double r = input_rms(j->f, y);

        s->finite = s->finite && isfinite(r);
        rms[t] = l->level > 0 && r > sounding * INPUT_LEVEL ? (float)r : 0;
        if (rms[t] > 0)
            loud[s->sounds++] = (double)frame_loudest(y, j->v.features);
    }
    sort_doubles(loud, (size_t)s->sounds);
    if (s->sounds > 0)
        s->loud = loud[exceeded((size_t)s->sounds, louder)];
    free(loud);
    dataset_release(j->d, (size_t)task);
    release(j, (size_t)task);
}

static void finish_task(void *arg, int task, int worker)
{
    struct job *j = arg;
    struct spectral_clip *l = &j->clips[task];

    (void)worker;
    input_standardise(&j->v, l->y, l->frames);
    release(j, (size_t)task);
}

/* ---- statistics ---- */

/* Per feature over the frames that sound: sums of levels, floored, and of their squares; sum and number of those under the
 * floor; the highest. */
struct sums {
    double *sum, *squares, *under, *unders, *high;
    double frames;
};

static void count_clip(const struct job *j, size_t i, struct sums *s)
{
    const struct spectral_clip *l = &j->clips[i];
    float floor = *j->v.floor;

    for (int t = 0; t < l->real; t++) {
        const float *y = l->y + (size_t)t * (size_t)j->v.features;

        if (!(j->rms[j->place[i] + (size_t)t] > 0))
            continue;
        s->frames++;
        for (int c = 0; c < j->v.features; c++) {
            double v = (double)(y[c] > floor ? y[c] : floor);

            s->sum[c] += v;
            s->squares[c] += v * v;
            s->high[c] = v > s->high[c] ? v : s->high[c];
            s->under[c] += y[c] < floor ? (double)y[c] : 0;
            s->unders[c] += y[c] < floor;
        }
    }
    release(j, i);
}

static void take_statistics(const struct job *j)
{
    size_t features = (size_t)j->v.features;
    double *all = mem_zero(5 * features, sizeof *all), total = 0;
    struct sums s = {all, all + features, all + 2 * features, all + 3 * features, all + 4 * features, 0};

    for (size_t c = 0; c < features; c++)
        s.high[c] = -1e30;
    for (size_t i = 0; i < j->d->count; i++)
        count_clip(j, i, &s);
    team_sum(all, 4 * features);
    team_max(s.high, features);
    team_sum(&s.frames, 1);
    for (size_t c = 0; c < features; c++) {
        double mean = s.sum[c] / s.frames, variance = s.squares[c] / s.frames - mean * mean;

        j->v.mean[c] = (float)mean;
        total += sqrt(variance > 0 ? variance : 0);
        j->v.fill[c] = s.unders[c] > 0 ? (float)(s.under[c] / s.unders[c]) : *j->v.floor - 1;
        j->v.most[c] = (float)s.high[c];
    }
    total /= (double)features;
    *j->v.scale = (float)(total > least_scale ? total : least_scale);
    for (size_t c = 0; c < features; c++)
        j->v.most[c] += (float)most_margin * *j->v.scale;
    free(all);
}

/* What one frame in a hundred exceeds, of those that sound at all ranks: its bits, eight by eight from the first, by counting
 * how many of those that begin with the bits before have each of the next. */
static float loudest_frame(const struct job *j, size_t frames)
{
    double sounds = 0;
    uint32_t known = 0;
    float loudest;
    size_t place;

    for (size_t i = 0; i < j->d->count; i++)
        sounds += j->seen[i].sounds;
    team_sum(&sounds, 1);
    place = exceeded((size_t)sounds, louder);
    for (int shift = 24; shift >= 0; shift -= 8) {
        double count[256] = {0};
        uint32_t next = 0, bits;

        for (size_t i = 0; i < frames; i++) {
            memcpy(&bits, &j->rms[i], sizeof bits);
            if (j->rms[i] > 0 && bits >> shift >> 8 == known)
                count[bits >> shift & 255]++;
        }
        team_sum(count, 256);
        while (place >= (size_t)count[next])
            place -= (size_t)count[next++];
        known = known << 8 | next;
    }
    memcpy(&loudest, &known, sizeof loudest);
    return loudest;
}

/* The median over the clips of all ranks that sound of what is loud in them; -inf: there are none. */
static double loud_median(const struct job *j)
{
    size_t all, first = team_first(j->d->count, &all), silent = 0;
    double *x = mem_alloc((all + 1) * sizeof *x), median;

    for (size_t i = 0; i < j->d->count; i++)
        x[first + i] = j->seen[i].loud;
    team_gather(x, j->d->count, sizeof *x);
    sort_doubles(x, all);
    while (silent < all && !isfinite(x[silent]))
        silent++;
    median = silent < all ? x[silent + exceeded(all - silent, 0.5)] : -INFINITY;
    free(x);
    return median;
}

/* -1: a clip is too loud for numbers. */
static int check_finite(const struct job *j)
{
    for (size_t i = 0; i < j->d->count; i++)
        if (!j->seen[i].finite)
            return error_set("clip '%s' has samples that are too large: scale it to -1 .. 1", j->d->clips[i].name);
    return 0;
}

static int learn(struct job *j, size_t frames, bool given, struct pool *pool)
{
    double loud;

    progress_run(pool, "levels of clips", (int)j->d->count, raw_task, j);
    if (team_agree(check_finite(j)))
        return -1;
    loud = loud_median(j);
    if (!given) {
        if (!isfinite(loud))
            return error_set("the clips are silent: there is nothing to learn from");
        *j->v.floor = (float)(loud + floor_db / 20 * log(10));
        *j->v.loudest = loudest_frame(j, frames);
        take_statistics(j);
    }
    pool_run(pool, (int)j->d->count, finish_task, j);
    return 0;
}

int spectral_data_learn(const struct spectral_input *f, struct params *params, const struct dataset *d,
                        struct spectral_clip *clips, bool given, struct pool *pool)
{
    struct job job = {f, d, clips, input_values(params), NULL, NULL, NULL};
    size_t frames = 0;
    int status = 0;

    for (size_t i = 0; i < d->count; i++)
        if (!(clips[i].y = spool_floats(d->spool, spectral_data_size(&clips[i], job.v.features))))
            status = -1;
    if (team_agree(status))
        return -1;
    job.place = mem_alloc(d->count * sizeof *job.place);
    for (size_t i = 0; i < d->count; i++) {
        job.place[i] = frames;
        frames += (size_t)clips[i].frames;
    }
    job.seen = mem_zero(d->count, sizeof *job.seen);
    job.rms = mem_zero(frames + 1, sizeof *job.rms);
    status = learn(&job, frames, given, pool);
    free(job.rms);
    free(job.seen);
    free(job.place);
    return status;
}
