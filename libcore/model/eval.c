/* Evaluation in two passes: the first checks the whole stream, keeps its clips
 * and takes their mean spectrum; the second measures as many clips at once as
 * there are threads, and adds up in the order of the stream. */
#include "model/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/spool.h"
#include "measure/figures.h"
#include "measure/levels.h"
#include "model/codec_private.h"
#include "measure/mean_spectrum.h"
#include "model/eval_private.h"

struct meters {
    struct recon_meter *recon;
    struct timbre_meter *timbre;
};

/* A clip between the passes; meta: what networks read of its own, or NULL. */
struct kept {
    float *x;
    int64_t samples;
    struct meta *meta;
};

struct run {
    struct eval *e;
    struct model m;
    const struct eval_kind *kind;
    void *state;
    struct spool *spool; /* of the clips */
    struct kept *kept;   /* [clips] */
    int64_t longest;     /* clip, in samples */
    struct mean_spectrum *mean;
    float *steady;         /* the sound of the mean spectrum, as long as the longest clip */
    struct meters *meters; /* for each thread */
    struct eval_clip *clips;
    int held, room;
    double terms[EVAL_TERMS];
    struct latent_sums *dims; /* [latent] */
    struct tally tallies[EVAL_ROWS][EVAL_FIGURES];
};

/* ---- first pass ---- */

static int clips_keep(struct run *run, struct reader *r)
{
    struct audio_clip c = {0};
    int64_t shorter = 0;
    int got;

    while ((got = codec_next(&run->m, r, &c)) > 0) {
        size_t count = (size_t)run->e->clips, size = (size_t)(c.channels * c.samples);
        struct kept k = {spool_floats(run->spool, size), c.samples, NULL};

        if (!k.x)
            return -1;
        memcpy(k.x, c.x, size * sizeof *k.x);
        spool_release(run->spool, k.x, size);
        k.meta = audio_clip_brief(&c);
        run->kept = mem_more(run->kept, count, sizeof *run->kept);
        run->kept[run->e->clips++] = k;
        mean_spectrum_add(run->mean, c.x, c.channels, c.samples);
        run->longest = c.samples > run->longest ? c.samples : run->longest;
        run->e->samples += c.samples;
        shorter += c.samples < run->m.samples;
    }
    if (got == 0 && run->e->clips == 0)
        return error_set("%s: holds no clips", reader_label(r));
    codec_note_padded(&run->m, shorter);
    return got;
}

/* ---- second pass ---- */

/* Rhythms of all sounds that are there, and their distances from the clip at one go. */
static void sounds_measure(const struct meters *m, struct eval_clip *j, int channels, float *sounds[EVAL_ROWS])
{
    struct recon_estimate estimates[EVAL_ROWS];
    int rows[EVAL_ROWS];
    struct recon r[EVAL_ROWS];
    int count = 0;

    for (int row = 0; row < EVAL_ROWS; row++) {
        j->has[row] = sounds[row] || row == EVAL_SILENCE;
        if (sounds[row]) {
            level_center(sounds[row], channels, j->samples);
            j->sound[row][EVAL_RHYTHM] = timbre_measure(m->timbre, sounds[row], channels, j->samples).rhythm;
        }
        if (j->has[row] && row != EVAL_ORIGINAL) {
            rows[count] = row;
            /* what a mean spectrum has to say is its level, too: the mean of levels, under that of powers */
            estimates[count++] = (struct recon_estimate){sounds[row], row == EVAL_MEAN_SPECTRUM};
        }
    }
    recon_measure(m->recon, j->x, estimates, count, channels, j->samples, r);
    for (int i = 0; i < count; i++)
        memcpy(j->sound[rows[i]], r[i].value, sizeof r[i].value);
    for (int k = 0; k < RECON_COUNT; k++) /* the clip from itself */
        j->sound[EVAL_ORIGINAL][k] = isnan(j->sound[EVAL_SILENCE][RECON_MSLS]) ? NAN : 0;
}

static void clip_measure(void *arg, int task, int worker)
{
    struct run *run = arg;
    struct eval_clip *j = &run->clips[task];
    int channels = run->m.channels;
    size_t samples = (size_t)j->samples, size = (size_t)channels * samples;
    float *steady = mem_alloc(size * sizeof *steady);
    double gain = level_rms(j->x, (int64_t)size) / MEAN_SPECTRUM_RMS;

    j->reconstruction = mem_alloc(size * sizeof(float));
    run->kind->clip(run->state, worker, j);
    for (size_t i = 0; i < size; i++)
        steady[i] = (float)(gain * (double)run->steady[i % samples]);
    sounds_measure(&run->meters[worker], j, channels,
                   (float *[EVAL_ROWS]){
                       [EVAL_RECONSTRUCTION] = j->reconstruction,
                       [EVAL_COMPONENTS] = j->components,
                       [EVAL_FLOOR] = j->floor,
                       [EVAL_MEAN_SPECTRUM] = steady,
                       [EVAL_ORIGINAL] = j->x,
                   });
    free(j->reconstruction);
    free(j->components);
    free(j->floor);
    free(steady);
}

static void clips_measure(struct run *run, struct pool *pool)
{
    pool_run(pool, run->held, clip_measure, run);
    for (int i = 0; i < run->held; i++) {
        struct eval_clip *j = &run->clips[i];

        for (int row = 0; row < EVAL_ROWS; row++) {
            run->e->has[row] |= j->has[row];
            for (int k = 0; k < EVAL_FIGURES; k++)
                tally_add(&run->tallies[row][k], j->sound[row][k]);
        }
        run->e->silent += isnan(j->sound[EVAL_ORIGINAL][RECON_MSLS]) ? 1 : 0;
        run->e->latents += j->frames;
        if (run->kind->add)
            run->kind->add(run->state, j);
        for (int k = 0; k < EVAL_TERMS; k++)
            run->terms[k] += j->terms[k];
        for (int d = 0; d < run->e->latent; d++)
            latent_sums_add(&run->dims[d], &j->dims[d]);
        spool_release(run->spool, j->x, (size_t)(run->m.channels * j->samples));
        free(j->eps);
        free(j->dims);
    }
    run->held = 0;
}

static void means_take(struct run *run)
{
    struct eval *e = run->e;
    double n = (double)e->latents;

    for (int row = 0; row < EVAL_ROWS; row++)
        for (int k = 0; k < EVAL_FIGURES; k++)
            e->sound[row][k] = tally_mean(&run->tallies[row][k]);
    for (int d = 0; d < e->latent; d++) {
        const struct latent_sums *sums = &run->dims[d];

        e->kl[d] = sums->kl / n;
        e->kl_sum += e->kl[d];
        e->variance[d] = n > 1 ? fmax(0, sums->square - sums->mean * sums->mean / n) / (n - 1) : NAN;
        e->active += e->variance[d] > EVAL_ACTIVE ? 1 : 0;
    }
    run->kind->finish(run->state, run->terms, e);
    e->told = n > 1;
    e->collapsed = e->told && (e->active == 0 || e->explained < EVAL_EXPLAINED);
}

static void clip_recall(struct run *run, const struct kept *k)
{
    size_t latent = (size_t)run->e->latent, count;
    struct eval_clip *j = &run->clips[run->held++];

    *j = (struct eval_clip){
        .dims = mem_zero(latent, sizeof(struct latent_sums)), .x = k->x, .samples = k->samples, .meta = k->meta};
    for (int row = 0; row < EVAL_ROWS; row++)
        for (int i = 0; i < EVAL_FIGURES; i++)
            j->sound[row][i] = NAN;
    j->frames = run->kind->latents ? run->kind->latents(run->state, j) : 1;
    count = latent * (size_t)j->frames;
    j->eps = mem_alloc(count * sizeof(float));
    run->kind->draw(run->state, j->eps, count);
}

static void all_measure(struct run *run, uint64_t seed, struct pool *pool)
{
    run->steady = mean_spectrum_sound(run->mean, run->longest, seed);
    run->meters = mem_zero((size_t)run->room, sizeof *run->meters);
    for (int i = 0; i < run->room; i++)
        run->meters[i] = (struct meters){recon_meter_new(run->m.rate), timbre_meter_new(run->m.rate)};
    for (int64_t i = 0; i < run->e->clips; i++) {
        progress("evaluation of clips", i - run->held, run->e->clips);
        clip_recall(run, &run->kept[i]);
        if (run->held == run->room || i + 1 == run->e->clips)
            clips_measure(run, pool);
    }
    progress("evaluation of clips", run->e->clips, run->e->clips);
    means_take(run);
}

/* ---- the whole ---- */

static void run_free(struct run *run)
{
    for (int i = 0; run->meters && i < run->room; i++) {
        recon_meter_free(run->meters[i].recon);
        timbre_meter_free(run->meters[i].timbre);
    }
    for (int64_t i = 0; i < run->e->clips; i++)
        meta_free(run->kept[i].meta);
    free(run->kept);
    free(run->dims);
    free(run->meters);
    free(run->clips);
    free(run->steady);
    mean_spectrum_free(run->mean);
    spool_free(run->spool);
    if (run->state)
        run->kind->end(run->state);
    model_free(&run->m);
}

int eval_run(struct eval *e, const char *model, struct reader *r, uint64_t seed, int threads)
{
    struct run run = {.e = e};
    struct reader *file = model_open(&run.m, model);
    struct pool *pool;
    int status = -1;

    memset(e, 0, sizeof *e);
    if (!file)
        return -1;
    pool = pool_new(threads);
    run.room = pool_threads(pool);
    e->network = run.m.network->name;
    e->rate = run.m.rate;
    e->latent = run.m.latent;
    e->explained = NAN;
    e->kl = mem_zero((size_t)e->latent, sizeof *e->kl);
    e->variance = mem_zero((size_t)e->latent, sizeof *e->variance);
    run.dims = mem_zero((size_t)e->latent, sizeof *run.dims);
    run.kind = run.m.network->eval;
    run.clips = mem_zero((size_t)run.room, sizeof *run.clips);
    run.mean = mean_spectrum_new(run.m.rate);
    run.spool = spool_new(0);
    run.state = run.kind->begin(&run.m, file, model, seed, run.room);
    if (run.state)
        status = clips_keep(&run, r);
    if (!status)
        all_measure(&run, seed, pool);
    run_free(&run);
    pool_free(pool);
    if (status)
        eval_free(e);
    return status;
}

void eval_free(struct eval *e)
{
    free(e->kl);
    free(e->variance);
    e->kl = e->variance = NULL;
}
