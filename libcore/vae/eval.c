/* Evaluation in two passes: the first checks the whole stream, keeps its clips
 * and takes their mean spectrum; the second measures as many clips at once as
 * there are threads, and adds up in the order of the stream. */
#include "vae/eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/temporary.h"
#include "dsp/levels.h"
#include "dsp/recon.h"
#include "dsp/timbre.h"
#include "vae/codec_private.h"
#include "vae/eval_mean.h"
#include "vae/eval_private.h"

/* A clip, and its figures by row. */
struct job {
    struct eval_clip c;
    struct eval_sound sound[EVAL_ROWS];
};

struct meters {
    struct recon_meter *recon;
    struct timbre_meter *timbre;
};

/* Of one figure over the clips that have it. */
struct tally {
    double sum;
    int64_t count;
};

struct run {
    struct eval *e;
    struct model m;
    const struct eval_kind *kind;
    void *state;
    FILE *kept;                  /* the clips: their number of samples, then these */
    int64_t longest;             /* clip, in samples */
    struct eval_mean *mean;
    float *steady;               /* the sound of the mean spectrum, as long as the longest clip */
    struct meters *meters;       /* for each thread */
    struct job *jobs;
    int held, room;
    double terms[EVAL_TERMS];
    struct tally tallies[EVAL_ROWS][3];
};

/* ---- first pass ---- */

static int keep_clip(struct run *run, const float *x, int64_t samples)
{
    if (fwrite(&samples, sizeof samples, 1, run->kept) != 1 ||
        fwrite(x, sizeof *x, (size_t)samples, run->kept) != (size_t)samples)
        return error_set("the clips cannot be kept in a temporary file (set TMPDIR to another directory):");
    eval_mean_add(run->mean, x, samples);
    run->longest = samples > run->longest ? samples : run->longest;
    run->e->samples += samples;
    run->e->clips++;
    return 0;
}

static int keep_all(struct run *run, struct reader *r)
{
    const struct frame *f;
    int64_t padded = 0;
    int got, fd = temporary_open();

    if (fd < 0)
        return -1;
    run->kept = fdopen(fd, "w+b");
    if (!run->kept) {
        close(fd);
        return error_set("the temporary file for the clips cannot be opened:");
    }
    while ((got = reader_next(r, &f)) > 0) {
        struct tensor t;

        if (codec_audio(&run->m, r, f, &t))
            return -1;
        padded += !run->m.is_spectral && t.shape[2] < run->m.samples ? t.shape[0] : 0;
        for (int64_t b = 0; b < t.shape[0]; b++)
            if (keep_clip(run, t.data + b * t.shape[2], t.shape[2]))
                return -1;
    }
    if (got < 0)
        return -1;
    if (run->e->clips == 0)
        return error_set("%s: holds no clips", reader_label(r));
    codec_note_padded(&run->m, padded);
    if (fflush(run->kept) || fseeko(run->kept, 0, SEEK_SET))
        return error_set("the clips cannot be kept in a temporary file (set TMPDIR to another directory):");
    return 0;
}

/* ---- second pass ---- */

static void measure(const struct meters *m, struct job *j, enum eval_row row, const float *estimate)
{
    struct recon r = recon_measure(m->recon, j->c.x, estimate, 1, j->c.samples);
    struct timbre t = timbre_measure(m->timbre, estimate, 1, j->c.samples);

    j->sound[row] = (struct eval_sound){r.msls, r.sc, t.rhythm};
}

static void clip_job(void *arg, int task, int worker)
{
    struct run *run = arg;
    struct job *j = &run->jobs[task];
    const struct meters *m = &run->meters[worker];
    size_t size = (size_t)j->c.samples;
    float *other = mem_alloc(size * sizeof *other);
    double gain = level_rms(j->c.x, j->c.samples) / EVAL_MEAN_LEVEL;

    j->c.reconstruction = mem_alloc(size * sizeof(float));
    j->c.linear = other;
    run->kind->clip(run->state, worker, &j->c);
    measure(m, j, EVAL_ORIGINAL, j->c.x);
    measure(m, j, EVAL_RECONSTRUCTION, j->c.reconstruction);
    if (run->e->is_spectral)
        measure(m, j, EVAL_LINEAR, j->c.linear);
    for (size_t i = 0; i < size; i++)
        other[i] = (float)(gain * (double)run->steady[i]);
    measure(m, j, EVAL_MEAN_SPECTRUM, other);
    memset(other, 0, size * sizeof *other);
    measure(m, j, EVAL_SILENCE, other);
    free(j->c.reconstruction);
    free(other);
}

static void tally_add(struct tally *t, double value)
{
    if (isnan(value))
        return;
    t->sum += value;
    t->count++;
}

static void flush(struct run *run, struct pool *pool)
{
    pool_run(pool, run->held, clip_job, run);
    for (int i = 0; i < run->held; i++) {
        struct job *j = &run->jobs[i];

        for (int row = 0; row < EVAL_ROWS; row++) {
            tally_add(&run->tallies[row][0], j->sound[row].msls);
            tally_add(&run->tallies[row][1], j->sound[row].sc);
            tally_add(&run->tallies[row][2], j->sound[row].rhythm);
        }
        run->e->silent += isnan(j->sound[EVAL_ORIGINAL].msls) ? 1 : 0;
        run->e->latents += j->c.frames;
        if (run->kind->add)
            run->kind->add(run->state, &j->c);
        for (int k = 0; k < EVAL_TERMS; k++)
            run->terms[k] += j->c.terms[k];
        for (int d = 0; d < run->e->latent; d++)
            run->e->kl[d] += j->c.kl[d];
        free(j->c.x);
        free(j->c.eps);
        free(j->c.kl);
    }
    run->held = 0;
}

static int next_clip(struct run *run)
{
    size_t latent = (size_t)run->e->latent, count;
    struct job *j = &run->jobs[run->held++];
    int64_t samples;

    *j = (struct job){.c = {.kl = mem_zero(latent, sizeof(double))}};
    for (int row = 0; row < EVAL_ROWS; row++)
        j->sound[row] = (struct eval_sound){NAN, NAN, NAN};
    if (fread(&samples, sizeof samples, 1, run->kept) != 1)
        return error_set("the temporary file with the clips cannot be read");
    j->c.samples = samples;
    j->c.x = mem_alloc((size_t)samples * sizeof(float));
    if (fread(j->c.x, sizeof(float), (size_t)samples, run->kept) != (size_t)samples)
        return error_set("the temporary file with the clips cannot be read");
    j->c.frames = run->kind->latents(run->state, j->c.x, samples);
    count = latent * (size_t)j->c.frames;
    j->c.eps = mem_alloc(count * sizeof(float));
    run->kind->draw(run->state, j->c.eps, count);
    return 0;
}

static int measure_all(struct run *run, uint64_t seed, struct pool *pool)
{
    run->steady = eval_mean_sound(run->mean, run->longest, seed);
    run->meters = mem_zero((size_t)run->room, sizeof *run->meters);
    for (int i = 0; i < run->room; i++)
        run->meters[i] = (struct meters){recon_meter_new(run->m.rate), timbre_meter_new(run->m.rate)};
    for (int64_t i = 0; i < run->e->clips; i++) {
        if (next_clip(run))
            return -1;
        if (run->held == run->room || i + 1 == run->e->clips)
            flush(run, pool);
    }
    return 0;
}

static double tally_mean(struct tally t)
{
    return t.count > 0 ? t.sum / (double)t.count : NAN;
}

static void sum_up(struct run *run)
{
    struct eval *e = run->e;

    for (int row = 0; row < EVAL_ROWS; row++) {
        const struct tally *t = run->tallies[row];

        e->sound[row] = (struct eval_sound){tally_mean(t[0]), tally_mean(t[1]), tally_mean(t[2])};
    }
    for (int d = 0; d < e->latent; d++) {
        e->kl[d] /= (double)e->latents;
        e->kl_sum += e->kl[d];
        e->active += e->kl[d] > EVAL_ACTIVE ? 1 : 0;
    }
    run->kind->finish(run->state, run->terms, e);
}

/* ---- the whole ---- */

static void run_free(struct run *run)
{
    for (int i = 0; i < run->held; i++) {
        free(run->jobs[i].c.x);
        free(run->jobs[i].c.eps);
        free(run->jobs[i].c.kl);
    }
    for (int i = 0; run->meters && i < run->room; i++) {
        recon_meter_free(run->meters[i].recon);
        timbre_meter_free(run->meters[i].timbre);
    }
    free(run->meters);
    free(run->jobs);
    free(run->steady);
    eval_mean_free(run->mean);
    if (run->kept)
        fclose(run->kept);
    if (run->state)
        run->kind->end(run->state);
    model_free(&run->m);
}

int eval_run(struct eval *e, const char *model, struct reader *r, uint64_t seed, struct pool *pool)
{
    struct run run = {.e = e, .room = pool_threads(pool)};
    struct reader *file = model_open(&run.m, model);
    int status = -1;

    memset(e, 0, sizeof *e);
    if (!file)
        return -1;
    e->is_spectral = run.m.is_spectral;
    e->rate = run.m.rate;
    e->latent = e->is_spectral ? run.m.spectral.latent : run.m.notebook.latent;
    e->kl = mem_zero((size_t)e->latent, sizeof *e->kl);
    run.kind = e->is_spectral ? &eval_spectral : &eval_notebook;
    run.jobs = mem_zero((size_t)run.room, sizeof *run.jobs);
    run.mean = eval_mean_new(run.m.rate);
    run.state = run.kind->begin(&run.m, file, model, seed, run.room);
    if (run.state && !keep_all(&run, r) && !measure_all(&run, seed, pool)) {
        sum_up(&run);
        status = 0;
    }
    run_free(&run);
    if (status)
        eval_free(e);
    return status;
}

void eval_free(struct eval *e)
{
    free(e->kl);
    e->kl = NULL;
}
