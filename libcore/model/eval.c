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
    char *name, *track;
};

struct clips {
    struct spool *spool;
    struct kept *kept; /* [count] */
    int64_t count, longest, samples;
    struct mean_spectrum *mean;
    struct meta *digest; /* of the stream */
};

/* A model over all clips. */
struct run {
    struct eval *e;
    struct model m;
    const struct eval_kind *kind;
    void *state;
    const struct clips *all;
    struct eval_how how;
    float *steady;         /* the sound of the mean spectrum, as long as the longest clip */
    struct meters *meters; /* for each thread */
    struct eval_clip *clips;
    int held, room;
    double terms[EVAL_TERMS];
    struct latent_sums *dims; /* [latent] */
    float *means;             /* [clips, latent] in deviations of the prior */
    struct tally tallies[EVAL_ROWS][EVAL_FIGURES];
};

/* ---- first pass ---- */

/* m: the model that takes the fewest clips. */
static int clips_keep(struct clips *all, const struct model *m, struct reader *r)
{
    struct audio_clip c = {0};
    int got;

    while ((got = codec_next(m, r, &c)) > 0) {
        size_t size = (size_t)(c.channels * c.samples);
        struct kept k = {.x = spool_floats(all->spool, size), .samples = c.samples};

        if (!k.x)
            return -1;
        memcpy(k.x, c.x, size * sizeof *k.x);
        spool_release(all->spool, k.x, size);
        k.meta = audio_clip_brief(&c);
        k.name = mem_text(c.name);
        k.track = mem_text(c.track);
        all->kept = mem_more(all->kept, (size_t)all->count, sizeof *all->kept);
        all->kept[all->count++] = k;
        mean_spectrum_add(all->mean, c.x, c.channels, c.samples);
        all->longest = c.samples > all->longest ? c.samples : all->longest;
        all->samples += c.samples;
    }
    if (got == 0 && all->count == 0)
        return error_set("%s: holds no clips", reader_label(r));
    all->digest = digest_meta(reader_digest(r));
    return got;
}

static void clips_free(struct clips *all)
{
    for (int64_t i = 0; i < all->count; i++) {
        meta_free(all->kept[i].meta);
        free(all->kept[i].name);
        free(all->kept[i].track);
    }
    free(all->kept);
    mean_spectrum_free(all->mean);
    meta_free(all->digest);
    spool_free(all->spool);
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
    double gain = level_rms(j->x, (int64_t)size) / MEAN_SPECTRUM_RMS;
    float *steady = j->alone ? NULL : mem_alloc(size * sizeof *steady);

    j->reconstruction = mem_alloc(size * sizeof(float));
    run->kind->clip(run->state, worker, j);
    for (size_t i = 0; steady && i < size; i++)
        steady[i] = (float)(gain * (double)run->steady[i % samples]);
    sounds_measure(&run->meters[worker], j, channels,
                   (float *[EVAL_ROWS]){
                       [EVAL_RECONSTRUCTION] = j->reconstruction,
                       [EVAL_COMPONENTS] = j->components,
                       [EVAL_FLOOR] = j->floor,
                       [EVAL_MEAN_SPECTRUM] = steady,
                       [EVAL_ORIGINAL] = j->alone ? NULL : j->x,
                   });
    free(j->reconstruction);
    free(j->components);
    free(j->floor);
    free(steady);
}

/* What is kept of a clip by itself: that of number i. */
static void each_take(struct run *run, const struct eval_clip *j, int64_t i)
{
    const struct kept *k = &run->all->kept[i];
    struct eval_each *own = &run->e->each[i];
    int latent = run->e->latent;

    *own = (struct eval_each){mem_text(k->name), mem_text(k->track), (double)k->samples / run->m.rate, {0}, -1, NAN};
    memcpy(own->value, j->own, sizeof j->own);
    memcpy(own->value + EVAL_RECON, j->sound[EVAL_RECONSTRUCTION], RECON_GAIN * sizeof(double));
    for (int d = 0; d < latent; d++)
        run->means[i * latent + d] = (float)(j->dims[d].mean / (double)j->frames);
}

/* Those held, of which the first has that number. */
static void clips_measure(struct run *run, int64_t first, struct pool *pool)
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
        each_take(run, j, first + i);
        for (int k = 0; k < EVAL_TERMS; k++)
            run->terms[k] += j->terms[k];
        for (int d = 0; d < run->e->latent; d++)
            latent_sums_add(&run->dims[d], &j->dims[d]);
        spool_release(run->all->spool, j->x, (size_t)(run->m.channels * j->samples));
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
    e->told = n > 1 && e->silent < e->clips;
    e->collapsed = e->told && (e->active == 0 || e->explained < EVAL_EXPLAINED);
}

static void clip_recall(struct run *run, int64_t number)
{
    const struct kept *k = &run->all->kept[number];
    struct eval_clip *j = &run->clips[run->held++];

    *j = (struct eval_clip){
        .dims = mem_zero((size_t)run->e->latent, sizeof(struct latent_sums)),
        .x = k->x,
        .samples = k->samples,
        .number = number,
        .meta = k->meta,
        .alone = run->how.each,
    };
    for (int row = 0; row < EVAL_ROWS; row++)
        for (int i = 0; i < EVAL_FIGURES; i++)
            j->sound[row][i] = NAN;
    if (run->kind->draw)
        run->kind->draw(run->state, j);
}

static double square_away(const float *a, const float *b, int latent)
{
    double sum = 0;

    for (int d = 0; d < latent; d++)
        sum += (double)(a[d] - b[d]) * (double)(a[d] - b[d]);
    return sum / latent;
}

/* The clip whose mean latent is nearest to that of another. */
static void nearest_find(void *arg, int task, int worker)
{
    const struct run *run = arg;
    struct eval_each *own = &run->e->each[task];
    int latent = run->e->latent;

    (void)worker;
    for (int64_t i = 0; i < run->e->clips; i++) {
        double away = i == task ? NAN : sqrt(square_away(run->means + i * latent, run->means + task * latent, latent));

        if (away < own->away || (own->nearest < 0 && !isnan(away))) {
            own->nearest = i;
            own->away = away;
        }
    }
}

static void all_measure(struct run *run, struct pool *pool)
{
    int64_t count = run->all->count, shorter = 0;

    for (int64_t i = 0; i < count; i++)
        shorter += run->all->kept[i].samples < run->m.samples;
    codec_note_padded(&run->m, shorter);
    run->e->clips = count;
    run->e->samples = run->all->samples;
    run->e->each = mem_zero((size_t)count, sizeof *run->e->each);
    run->means = mem_alloc((size_t)(count * run->e->latent) * sizeof *run->means);
    if (!run->how.each)
        run->steady = mean_spectrum_sound(run->all->mean, run->all->longest, run->how.seed);
    for (int64_t i = 0; i < count; i++) {
        progress("evaluation of clips", i - run->held, count);
        clip_recall(run, i);
        if (run->held == run->room || i + 1 == count)
            clips_measure(run, i + 1 - run->held, pool);
    }
    progress("evaluation of clips", count, count);
    means_take(run);
    pool_run(pool, (int)count, nearest_find, run);
}

/* ---- the whole ---- */

static int run_begin(struct run *run, struct eval *e, const char *path, const struct clips *all, struct eval_how how)
{
    struct reader *file = model_open(&run->m, path);
    size_t latent = (size_t)run->m.latent;

    if (!file)
        return -1;
    run->e = e;
    run->all = all;
    run->how = how;
    e->network = run->m.network->name;
    e->rate = run->m.rate;
    e->latent = run->m.latent;
    e->explained = NAN;
    e->kl = mem_zero(latent, sizeof *e->kl);
    e->variance = mem_zero(latent, sizeof *e->variance);
    run->dims = mem_zero(latent, sizeof *run->dims);
    run->clips = mem_zero((size_t)run->room, sizeof *run->clips);
    run->meters = mem_zero((size_t)run->room, sizeof *run->meters);
    for (int i = 0; i < run->room; i++)
        run->meters[i] = (struct meters){recon_meter_new(e->rate), timbre_meter_new(e->rate)};
    run->kind = run->m.network->eval;
    run->state = run->kind->begin(&run->m, file, path, how.seed, run->room);
    return run->state ? 0 : -1;
}

static void run_end(struct run *run)
{
    for (int i = 0; run->meters && i < run->room; i++) {
        recon_meter_free(run->meters[i].recon);
        timbre_meter_free(run->meters[i].timbre);
    }
    free(run->dims);
    free(run->means);
    free(run->meters);
    free(run->clips);
    free(run->steady);
    if (run->state)
        run->kind->end(run->state);
    model_free(&run->m);
}

/* The model that takes the fewest clips: NULL, with the reason, if two of them take none alike. */
static const struct model *strictest(const struct run *runs, const char *const *paths, int count)
{
    const struct model *least = &runs[0].m;

    for (int i = 1; i < count; i++) {
        const struct model *m = &runs[i].m;

        if (m->rate < least->rate || m->rate > least->rate || m->channels != least->channels) {
            error_set("%s takes clips of %d channel%s at %g Hz, %s of %d at %g Hz: no clips suit both", paths[0],
                      least->channels, least->channels == 1 ? "" : "s", least->rate, paths[i], m->channels, m->rate);
            return NULL;
        }
        if (m->network->one_length && (!least->network->one_length || m->samples < least->samples))
            least = m;
    }
    return least;
}

int eval_run(struct eval *e, const char *const *models, int count, struct reader *r, struct eval_how how)
{
    struct run *runs = mem_zero((size_t)count, sizeof *runs);
    struct pool *pool = pool_new(how.threads);
    struct clips all = {.spool = spool_new(0)};
    const struct model *least = NULL;
    const struct meta *digest;
    int status = 0;

    memset(e, 0, (size_t)count * sizeof *e);
    for (int i = 0; i < count; i++) {
        runs[i].room = pool_threads(pool);
        status = status ? status : run_begin(&runs[i], &e[i], models[i], &all, how);
    }
    if (!status)
        least = strictest(runs, models, count);
    if (least) {
        all.mean = mean_spectrum_new(least->rate);
        status = clips_keep(&all, least, r);
    } else {
        status = -1;
    }
    for (int i = 0; i < count; i++) {
        if (!status) {
            all_measure(&runs[i], pool);
            digest = meta_get(runs[i].m.meta, "digest");
            e[i].known = digest && meta_equal(digest, all.digest);
        }
        run_end(&runs[i]);
    }
    clips_free(&all);
    pool_free(pool);
    free(runs);
    for (int i = 0; i < count && status; i++)
        eval_free(&e[i]);
    return status;
}

void eval_free(struct eval *e)
{
    for (int64_t i = 0; e->each && i < e->clips; i++) {
        free(e->each[i].name);
        free(e->each[i].track);
    }
    free(e->each);
    free(e->kl);
    free(e->variance);
    meta_free(e->yardstick);
    memset(e, 0, sizeof *e);
}
