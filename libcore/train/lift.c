/* Measured on sound, not on levels: phases that do not fit cost some of the level too. */
#include "train/lift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/team.h"
#include "dsp/mel.h"

enum { BANDS = 32, CLIPS_MOST = 16 };
/* Of each clip no more than that is decoded. */
static const double seconds_most = 10;
static const double range = 6.9; /* 60 dB in nepers */

/* Sums over frames of one clip, per band. */
struct sums {
    double difference[BANDS], count[BANDS];
};

struct job {
    const struct chunks *p;
    const struct dataset *d;
    const struct spectral_clip *clips; /* of d */
    size_t chosen[CLIPS_MOST];         /* clips of d, and their places among those that are chosen of all ranks */
    int place[CLIPS_MOST];
    struct sums sums[CLIPS_MOST]; /* by place, zeros where the clip is another rank's */
    double gain[CLIPS_MOST];      /* logarithms */
    double *edge;                 /* [features of a channel]: the band that a feature lies in, fractions between two */
};

/* Where features lie among the bands, 0 to BANDS - 1. */
static void find_edges(struct job *j)
{
    const struct spectral_input *f = &j->p->input;
    int each = features_channels(f->bands);

    j->edge = mem_alloc((size_t)each * sizeof *j->edge);
    for (int c = 0; c < each; c++)
        j->edge[c] = mel_of(features_middle(f->bands, c) * f->rate / f->fft) / mel_of(f->rate / 2) * (BANDS - 1);
}

/* Levels per band of frames of one channel: mean power over the features nearest to a band. */
static void bands_of(const struct job *j, const float *level, double *band)
{
    int each = features_channels(j->p->input.bands);
    double power[BANDS] = {0}, count[BANDS] = {0};

    for (int c = 0; c < each; c++) {
        int b = (int)lrint(j->edge[c]);

        power[b] += exp(2 * (double)level[c]);
        count[b]++;
    }
    for (int b = 0; b < BANDS; b++)
        band[b] = count[b] > 0 ? 0.5 * log(power[b] / count[b]) : -INFINITY;
}

/* Of two channels it is their mean that is compared. */
static void compare(const struct job *j, struct sums *s, const float *a, const float *b, int frames)
{
    size_t features = (size_t)j->p->shape.features;
    double *first = mem_alloc((size_t)(frames * BANDS) * sizeof *first), other[BANDS], loudest = -INFINITY;

    for (int t = 0; t < frames; t++) {
        bands_of(j, a + (size_t)t * features, first + t * BANDS);
        for (int i = 0; i < BANDS; i++)
            loudest = fmax(loudest, first[t * BANDS + i]);
    }
    for (int t = 0; t < frames; t++) {
        bands_of(j, b + (size_t)t * features, other);
        for (int i = 0; i < BANDS; i++)
            if (first[t * BANDS + i] > loudest - range) {
                s->difference[i] += first[t * BANDS + i] - fmax(other[i], loudest - range);
                s->count[i]++;
            }
    }
    free(first);
}

/* The beginning of a chosen clip. */
struct begin {
    float *x, *back; /* [channels, samples]: of the clip, and of what is decoded */
    float *z;        /* [rows, latent]: of the clip */
    int64_t rows;
    struct chunk_clip clip;
};

static struct begin begin_of(const struct job *j, int task)
{
    const struct chunks *p = j->p;
    const struct clip *c = &j->d->clips[j->chosen[task]];
    const struct spectral_clip *l = &j->clips[j->chosen[task]];
    int64_t most = (int64_t)(seconds_most * p->input.rate), n = l->samples < most ? l->samples : most,
            channels = p->input.channels;
    struct begin b = {.clip = {.samples = n, .level = l->level, .timing = l->timing}};

    b.clip.x = b.x = mem_alloc((size_t)(2 * channels * n) * sizeof *b.x);
    b.back = b.x + channels * n;
    for (int64_t k = 0; k < channels; k++)
        memcpy(b.x + k * n, c->data + k * c->samples + l->first, (size_t)n * sizeof *b.x);
    b.rows = chunks_latents(p, &b.clip);
    b.z = mem_alloc((size_t)(b.rows * p->shape.latent) * sizeof *b.z);
    chunks_encode(p, &b.clip, b.rows, b.z);
    return b;
}

static void begin_free(struct begin *b)
{
    free(b->z);
    free(b->x);
}

static void lift_task(void *arg, int task, int worker)
{
    struct job *j = arg;
    const struct chunks *p = j->p;
    const struct chunk_sound how = {.phases = vocoder_defaults()};
    struct begin b = begin_of(j, task);
    struct chunk_clip *clip = &b.clip;
    int frames = (int)grid_frames(clip->timing.grid, clip->samples);
    size_t count = (size_t)frames * (size_t)p->shape.features;
    float *y = mem_alloc(2 * count * sizeof *y);

    chunks_sound(p, worker, clip, b.z, b.rows, &how, b.back);
    input_levels(&p->input, clip->timing.grid, b.x, 0, clip->samples, input_gain(clip->level), 0, frames, y);
    input_levels(&p->input, clip->timing.grid, b.back, 0, clip->samples, input_gain(clip->level), 0, frames, y + count);
    compare(j, &j->sums[j->place[task]], y, y + count, frames);
    free(y);
    begin_free(&b);
}

static void gain_task(void *arg, int task, int worker)
{
    struct job *j = arg;
    struct chunk_sound how = chunks_how(j->p, false, vocoder_defaults().seed);
    struct begin b = begin_of(j, task);
    double level = input_level(&j->p->input, b.x, b.clip.samples), is;

    how.gain = 1;
    chunks_sound(j->p, worker, &b.clip, b.z, b.rows, &how, b.back);
    is = input_level(&j->p->input, b.back, b.clip.samples);
    j->gain[j->place[task]] = level > 0 && is > 0 ? log(level / is) : 0;
    begin_free(&b);
}

/* Between the middles of bands in a straight line. */
static double between(const double *band, double at)
{
    int low = (int)at < BANDS - 1 ? (int)at : BANDS - 2;

    return band[low] + (at - low) * (band[low + 1] - band[low]);
}

/* Bands of the sides are lifted as what they are of. */
static void set_sides(const struct job *j, int each)
{
    const struct stereo *stereo = j->p->input.stereo;
    float *lift = j->p->v.lift;
    double count[STEREO_BANDS] = {0}, sum[STEREO_BANDS] = {0};

    for (int c = 0; c < each; c++) {
        sum[stereo_band(stereo, c)] += (double)lift[c];
        count[stereo_band(stereo, c)]++;
    }
    for (int b = 0; b < 2 * STEREO_BANDS; b++)
        lift[each + b] = (float)(sum[b % STEREO_BANDS] / count[b % STEREO_BANDS]);
}

static void set(struct job *j, int count)
{
    int each = features_channels(j->p->input.bands);
    double band[BANDS];

    for (int i = 0; i < BANDS; i++) {
        double sum = 0, n = 0;

        for (int c = 0; c < count; c++) {
            sum += j->sums[c].difference[i];
            n += j->sums[c].count[i];
        }
        band[i] = n > 0 ? sum / n : i > 0 ? band[i - 1] : 0;
    }
    for (int c = 0; c < each; c++)
        j->p->v.lift[c] = (float)between(band, j->edge[c]);
    if (j->p->input.stereo)
        set_sides(j, each);
}

void lift_learn(const struct chunks *p, const struct dataset *d, const struct spectral_clip *clips, size_t count,
                size_t first, struct pool *pool, double *gain)
{
    struct job j = {.p = p, .d = d, .clips = clips + first};
    size_t sounding = 0, passed = 0;
    double sum = 0;
    int chosen = 0, here = 0;

    memset(p->v.lift, 0, (size_t)p->shape.features * sizeof *p->v.lift);
    for (size_t i = 0; i < count; i++)
        sounding += clips[i].level > 0;
    for (size_t i = 0; i < count; i++) { /* evenly chosen */
        if (!(clips[i].level > 0) || passed++ * CLIPS_MOST < (size_t)chosen * sounding || chosen == CLIPS_MOST)
            continue;
        if (i >= first && i < first + d->count) {
            j.chosen[here] = i - first;
            j.place[here++] = chosen;
        }
        chosen++;
    }
    find_edges(&j);
    progress_run(pool, "loudness of clips", here, lift_task, &j);
    team_sum((double *)j.sums, sizeof j.sums / (sizeof(double)));
    set(&j, chosen);
    progress_run(pool, "level of clips", here, gain_task, &j);
    team_sum(j.gain, CLIPS_MOST);
    for (int i = 0; i < chosen; i++)
        sum += j.gain[i];
    *gain = chosen > 0 ? exp(sum / chosen) : 1;
    free(j.edge);
}
