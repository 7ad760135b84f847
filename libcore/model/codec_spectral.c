/* The spectral network over streams, as many clips at once as there are threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/codec_private.h"
#include "io/clip.h"
#include "model/chunks.h"
#include "model/prior.h"

/* A clip on its way through. */
struct job {
    char *name;
    struct meta *meta;
    float *in, *out, *mean;  /* of latents: [latent, frames] */
    int64_t samples, frames; /* of audio, of latents */
    int64_t number;          /* of the clip in the stream */
    struct chunk_clip clip;
    bool noise;
    int64_t start; /* noise: the first so many frames are latents already */
};

struct work {
    struct codec *c;
    struct chunks p;
    struct prior *prior; /* decode; NULL until noise comes */
    struct job *jobs;
    int held, room;
    int64_t clips;
};

static int begin(struct work *w, struct reader *model, int parts)
{
    w->room = pool_threads(w->c->pool);
    w->jobs = mem_zero((size_t)w->room, sizeof *w->jobs);
    if (chunks_begin(&w->p, &w->c->m, model, w->c->path, parts, w->room))
        return -1;
    return 0;
}

static void forget(struct work *w)
{
    for (int i = 0; i < w->held; i++) {
        struct job *j = &w->jobs[i];

        free(j->name);
        meta_free(j->meta);
        free(j->in);
        free(j->out);
        free(j->mean);
    }
    w->held = 0;
}

static void end(struct work *w)
{
    forget(w);
    free(w->jobs);
    prior_free(w->prior);
    chunks_end(&w->p);
}

/* ---- encoding ---- */

static void encode_job(void *arg, int task, int worker)
{
    struct work *w = arg;
    struct job *j = &w->jobs[task];
    size_t count;
    float *mean, *draw;

    (void)worker;
    j->clip = chunks_clip(&w->p, j->meta, j->in, j->samples);
    j->frames = chunks_latents(&w->p, &j->clip);
    count = (size_t)w->c->m.spectral.latent * (size_t)j->frames;
    j->mean = mem_alloc(count * sizeof(float));
    j->out = mem_alloc(count * sizeof(float));
    mean = mem_alloc(2 * count * sizeof *mean);
    draw = mean + count;
    chunks_encode(&w->p, &j->clip, mean);
    if (w->c->how.mean_only) {
        memcpy(draw, mean, count * sizeof(float));
    } else {
        struct rng r = rng_new(w->c->how.seed, (uint64_t)j->number);

        rng_normal(&r, draw, count);
        chunks_draw(&w->p, mean, j->frames, draw);
    }
    chunks_turn(mean, j->frames, w->c->m.spectral.latent, j->mean);
    chunks_turn(draw, j->frames, w->c->m.spectral.latent, j->out);
    free(mean);
}

/* One number a dimension, at every frame. */
static float *logvars(const struct work *w, int64_t frames)
{
    const float *logvar = params_values(w->p.params, "enc/logvar");
    int64_t latent = w->p.shape.latent;
    float *all = mem_alloc((size_t)(latent * frames) * sizeof *all);

    for (int64_t d = 0; d < latent; d++)
        for (int64_t t = 0; t < frames; t++)
            all[d * frames + t] = logvar[d];
    return all;
}

static int flush_latents(struct work *w)
{
    int status = codec_begin(w->c, "latent");

    if (!status)
        pool_run(w->c->pool, w->held, encode_job, w);
    for (int i = 0; i < w->held && !status; i++) {
        struct job *j = &w->jobs[i];
        int64_t shape[2] = {w->c->m.spectral.latent, j->frames};
        float *logvar = logvars(w, j->frames);

        if (!(j->clip.level <= INPUT_MOST))
            status = error_set("clip '%s' has samples that are too large: scale it to -1 .. 1", j->name);
        meta_set(j->meta, "samples", meta_int(j->samples));
        meta_set(j->meta, "level", meta_real(j->clip.level));
        input_timing_note(&j->clip.timing, j->meta);
        if (!status)
            status = codec_put_latent(w->c, j->name, j->meta, shape, j->out, j->mean, logvar);
        free(logvar);
    }
    forget(w);
    return status;
}

static int encode_frame(struct work *w, const struct reader *r, const struct frame *f)
{
    struct tensor t;

    if (codec_audio(&w->c->m, r, f, &t))
        return -1;
    for (int64_t b = 0; b < t.shape[0]; b++) {
        struct job *j;
        size_t size;

        if (w->held == w->room && flush_latents(w))
            return -1;
        j = &w->jobs[w->held++];
        *j = (struct job){.name = mem_text(audio_clip_name(f, b)),
                          .meta = audio_clip_meta(f, b),
                          .samples = t.shape[2],
                          .number = w->clips++};
        size = (size_t)(t.shape[1] * j->samples);
        j->in = mem_alloc(size * sizeof(float));
        memcpy(j->in, t.data + (size_t)b * size, size * sizeof(float));
    }
    return 0;
}

int spectral_encode(struct codec *c, struct reader *model, struct reader *r)
{
    struct work w = {.c = c};
    const struct frame *f;
    int status = begin(&w, model, SPECTRAL_ENCODER), got = 0;

    while (!status && (got = reader_next(r, &f)) > 0)
        status = encode_frame(&w, r, f);
    if (!status)
        status = got < 0 ? -1 : flush_latents(&w);
    end(&w);
    return status;
}

/* ---- decoding ---- */

static void decode_job(void *arg, int task, int worker)
{
    struct work *w = arg;
    struct job *j = &w->jobs[task];
    struct chunk_sound how = chunks_how(j->noise, w->c->how.seed);
    int64_t latent = w->p.shape.latent;
    float *z = mem_alloc((size_t)(latent * j->frames) * sizeof *z);

    how.phases.iterations = w->c->how.iterations;
    if (j->noise)
        prior_run(w->prior, j->in, j->frames, j->start);
    chunks_turn(j->in, latent, j->frames, z);
    j->out = mem_alloc((size_t)(w->p.input.channels * j->samples) * sizeof(float));
    chunks_sound(&w->p, worker, &j->clip, z, j->frames, &how, j->out);
    free(z);
}

static int flush_audio(struct work *w)
{
    int status = codec_begin(w->c, "audio");

    if (!status)
        pool_run(w->c->pool, w->held, decode_job, w);
    for (int i = 0; i < w->held && !status; i++) {
        struct job *j = &w->jobs[i];
        struct frame_tensor t = {"audio", tensor_view(j->out, 2, (int64_t[]){w->p.input.channels, j->samples})};

        input_timing_note(&j->clip.timing, j->meta);
        status = codec_put(w->c, j->name, j->meta, &t, 1);
    }
    forget(w);
    return status;
}

/* The prior, when the first noise comes: as asked, or the best that the model has. */
static int begin_prior(struct work *w)
{
    const struct model *m = &w->c->m;
    const char *want = w->c->how.prior ? w->c->how.prior : "auto";
    struct prior_how how = {PRIOR_NORMAL, w->c->how.jump, w->c->how.nearest};
    float *weights;

    if (w->prior)
        return 0;
    if (prior_check(&m->prior, m->params))
        return error_prefix("%s", w->c->path);
    if (!strcmp(want, "auto"))
        want = m->prior.bank > 0 ? "bank" : m->beat ? "beat" : "var";
    if (!strcmp(want, "bank")) {
        how.kind = PRIOR_BANK;
        if (m->prior.bank == 0)
            return error_set("%s: the model has no bank: use another --prior, or train with a --bank", w->c->path);
    } else if (!strcmp(want, m->beat ? "beat" : "var")) {
        how.kind = PRIOR_AUTOREGRESSION;
    } else if (strcmp(want, "normal")) {
        return error_set("%s: its frames %s, there is no prior '%s': use normal, %s or bank", w->c->path,
                         m->beat ? "follow the beat" : "do not follow the beat", want, m->beat ? "beat" : "var");
    }
    weights = chunks_weights(&w->p);
    w->prior = prior_new(&m->prior, m->params, how, weights);
    free(weights);
    return 0;
}

/* The first frames of noise that are to be gone on from, [latent, n], n less than all; 0 if there are none. */
static int take_start(struct work *w, const struct reader *r, const struct frame *f, struct job *j)
{
    const struct tensor *t = frame_get(f, "start");
    int64_t latent = w->c->m.spectral.latent, whole;

    if (!t)
        return 0;
    if (t->rank != 2 || t->shape[0] != latent)
        return error_set("%s: 'start' of '%s' is not [%lld, frames]: use cv-sample with this model", reader_label(r),
                         f->name, (long long)latent);
    whole = t->shape[1] / w->c->m.prior.positions * w->c->m.prior.positions;
    j->start = whole < j->frames ? whole : j->frames / w->c->m.prior.positions * w->c->m.prior.positions;
    for (int64_t d = 0; d < latent; d++)
        memcpy(j->in + d * j->frames, t->data + d * t->shape[1], (size_t)j->start * sizeof(float));
    return 0;
}

/* Where frames of a clip stand: as its meta says, faster or slower if a tempo is asked for; noise of no tempo has the
 * one that the prior draws, its first frame at the begin. */
static struct timing clip_timing(const struct work *w, const struct frame *f, const struct job *j, double *faster)
{
    struct timing t = input_timing(&w->p.input, f->meta, NULL, 0);
    double period = j->noise && !t.steady ? prior_period(w->prior, j->in, j->frames) : t.period, phase = t.phase;

    *faster = 1;
    if (!w->p.input.beat)
        return t;
    period = period > 0 ? period : t.period; /* a prior without any */
    if (w->c->how.tempo > 0 && j->noise) {
        period = 60 / w->c->how.tempo;
    } else if (w->c->how.tempo > 0) {
        /* the octave of it that is nearest to the clip's own */
        double r = w->c->how.tempo * period / 60;

        r = exp2(log2(r) - round(log2(r)));
        *faster = r;
        t.grid.first /= r;
        t.grid.step /= r;
        t.phase /= r;
        t.period /= r;
        t.steady = true;
        return t;
    }
    if (t.steady || j->noise)
        t = input_timing_beat(&w->p.input, period, phase);
    if (j->noise && j->start == 0) {
        t.phase = t.grid.step / w->p.input.rate;
        t.grid.first = 0;
    }
    return t;
}

/* How many samples a frame stands for: as its meta says, in samples or in seconds, else as its stream's head does;
 * noise of no length said makes a clip like those of training. At most as many as the latents make. */
static int64_t clip_samples(const struct work *w, const struct reader *r, const struct frame *f, const struct job *j,
                            double faster)
{
    const struct grid g = j->clip.timing.grid;
    int64_t all = (int64_t)(g.first + (double)(j->frames * w->c->m.spectral.stride) * g.step);
    int64_t n = j->noise ? w->c->m.samples : all;
    double seconds;

    if (meta_get_int(f->meta, "samples", &n)) {
        double played = j->noise ? (double)n : (double)n / faster; /* noise was not as long as that before */

        n = n < 1 || played >= (double)all ? all : played < 1 ? 1 : (int64_t)played;
    } else if (meta_get_real(f->meta, "seconds", &seconds) && seconds > 0 && seconds < 1e6) {
        n = (int64_t)(seconds * w->c->m.rate + 0.5);
    } else {
        meta_get_int(reader_meta(r), "samples", &n);
    }
    all = all > 1 ? all : 1;
    return n > 0 && n <= all ? n : all;
}

static int decode_frame(struct work *w, const struct reader *r, const struct frame *f)
{
    int latent = w->c->m.spectral.latent;
    const struct tensor *t = codec_latent(w->c, r, f, latent);
    double level = INPUT_LEVEL, faster;
    struct job *j;

    if (!t)
        return -1;
    if (w->held == w->room && flush_audio(w))
        return -1;
    j = &w->jobs[w->held++];
    *j = (struct job){.name = mem_text(f->name), .meta = meta_copy(f->meta), .number = w->clips++};
    j->noise = !strcmp(reader_kind(r), "noise");
    j->frames = tensor_count(t) / t->shape[0];
    meta_get_real(f->meta, "level", &level);
    if (!(level >= 0 && level <= INPUT_MOST))
        return error_set("%s: '%s' has a level of %g", reader_label(r), f->name, level);
    j->in = mem_alloc((size_t)(latent * j->frames) * sizeof(float));
    memcpy(j->in, t->data, (size_t)(latent * j->frames) * sizeof(float));
    if (j->noise && (begin_prior(w) || take_start(w, r, f, j)))
        return -1;
    j->clip = (struct chunk_clip){NULL, 0, level, clip_timing(w, f, j, &faster)};
    j->samples = j->clip.samples = clip_samples(w, r, f, j, faster);
    return 0;
}

int spectral_decode(struct codec *c, struct reader *model, struct reader *r)
{
    struct work w = {.c = c};
    const struct frame *f;
    int status = begin(&w, model, SPECTRAL_DECODER), got = 0;

    while (!status && (got = reader_next(r, &f)) > 0)
        status = decode_frame(&w, r, f);
    if (!status)
        status = got < 0 ? -1 : flush_audio(&w);
    end(&w);
    return status;
}
