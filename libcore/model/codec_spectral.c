/* The spectral network over streams, as many clips at once as there are threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/codec_private.h"
#include "model/chunks.h"
#include "model/prior.h"

struct work {
    struct chunks p;
    struct prior *prior;       /* decode; NULL until noise comes */
    struct chunk_clip *sounds; /* of the clips held */
    int64_t *starts;           /* of the clips held: the first so many frames of noise are latents already */
};

static int begin(struct codec *c, struct reader *file)
{
    struct work *w = mem_zero(1, sizeof *w);

    c->state = w;
    c->room = pool_threads(c->pool);
    w->sounds = mem_zero((size_t)c->room, sizeof *w->sounds);
    w->starts = mem_zero((size_t)c->room, sizeof *w->starts);
    return chunks_begin(&w->p, &c->m, file, c->path, c->decode ? SPECTRAL_DECODER : SPECTRAL_ENCODER, c->room);
}

static void end(struct codec *c)
{
    struct work *w = c->state;

    prior_free(w->prior);
    chunks_end(&w->p);
    free(w->sounds);
    free(w->starts);
    free(w);
}

/* ---- encoding ---- */

/* One number a dimension, at every frame. */
static float *logvars(const struct chunks *p, int64_t frames)
{
    const float *logvar = params_values(p->params, "enc/logvar");
    int64_t latent = p->shape.latent;
    float *all = mem_alloc((size_t)(latent * frames) * sizeof *all);

    for (int64_t d = 0; d < latent; d++)
        for (int64_t t = 0; t < frames; t++)
            all[d * frames + t] = logvar[d];
    return all;
}

static void encode_clip(void *arg, int task, int worker)
{
    struct codec *c = arg;
    struct work *w = c->state;
    struct codec_clip *clip = &c->clips[task];
    int64_t latent = c->m.latent;
    size_t bytes;
    float *mean, *draw;

    (void)worker;
    w->sounds[task] = chunks_clip(&w->p, clip->meta, clip->in, clip->samples);
    clip->frames = chunks_latents(&w->p, &w->sounds[task]);
    bytes = (size_t)(latent * clip->frames) * sizeof(float);
    clip->mean = mem_alloc(bytes);
    clip->out = mem_alloc(bytes);
    clip->logvar = logvars(&w->p, clip->frames);
    mean = mem_alloc(2 * bytes);
    draw = mean + latent * clip->frames;
    chunks_encode(&w->p, &w->sounds[task], clip->frames, mean);
    if (c->how.mean_only) {
        memcpy(draw, mean, bytes);
    } else {
        struct rng r = rng_new(c->how.seed, (uint64_t)clip->number);

        rng_normal(&r, draw, bytes / sizeof *draw);
        chunks_draw(&w->p, mean, clip->frames, draw);
    }
    chunks_turn(mean, clip->frames, latent, clip->mean);
    chunks_turn(draw, clip->frames, latent, clip->out);
    free(mean);
}

static int encode(struct codec *c)
{
    struct work *w = c->state;

    pool_run(c->pool, c->held, encode_clip, c);
    for (int i = 0; i < c->held; i++) {
        struct codec_clip *clip = &c->clips[i];

        if (!(w->sounds[i].level <= INPUT_MOST))
            return error_set("clip '%s' has samples that are too large: scale it to -1 .. 1", clip->name);
        meta_set(clip->meta, "samples", meta_int(clip->samples));
        meta_set(clip->meta, "level", meta_real(w->sounds[i].level));
        input_timing_note(&w->sounds[i].timing, clip->meta);
    }
    return 0;
}

/* ---- decoding ---- */

static void decode_clip(void *arg, int task, int worker)
{
    struct codec *c = arg;
    struct work *w = c->state;
    struct codec_clip *clip = &c->clips[task];
    struct chunk_sound how = chunks_how(clip->noise, c->how.seed);
    float *z = mem_alloc((size_t)(c->m.latent * clip->frames) * sizeof *z);

    how.phases.iterations = c->how.iterations;
    if (clip->noise)
        prior_run(w->prior, (struct prior_noise){clip->in, clip->frames, clip->temperature}, w->starts[task]);
    chunks_turn(clip->in, c->m.latent, clip->frames, z);
    clip->out = mem_alloc((size_t)(c->m.channels * clip->samples) * sizeof(float));
    chunks_sound(&w->p, worker, &w->sounds[task], z, clip->frames, &how, clip->out);
    free(z);
}

static void decode(struct codec *c)
{
    struct work *w = c->state;

    pool_run(c->pool, c->held, decode_clip, c);
    for (int i = 0; i < c->held; i++)
        input_timing_note(&w->sounds[i].timing, c->clips[i].meta);
}

/* The prior that is asked for, or the best that the model has. */
static const char *prior_name(const struct codec *c)
{
    if (c->how.prior && strcmp(c->how.prior, "auto"))
        return c->how.prior;
    return c->m.prior.bank > 0 ? "bank" : c->m.beat ? "beat" : "var";
}

/* The prior, when the first noise comes. */
static int begin_prior(const struct codec *c, struct work *w)
{
    const struct model *m = &c->m;
    const char *want = prior_name(c);
    struct prior_how how = {PRIOR_NORMAL, c->how.jump, c->how.nearest};
    float *weights;

    if (w->prior)
        return 0;
    if (prior_check(&m->prior, m->params))
        return error_prefix("%s", c->path);
    if (!strcmp(want, "bank")) {
        how.kind = PRIOR_BANK;
        if (m->prior.bank == 0)
            return error_set("%s: the model has no bank: use another --prior, or train with a --bank", c->path);
    } else if (!strcmp(want, m->beat ? "beat" : "var")) {
        how.kind = PRIOR_AUTOREGRESSION;
    } else if (strcmp(want, "normal")) {
        return error_set("%s: its frames %s, there is no prior '%s': use normal, %s or bank", c->path,
                         m->beat ? "follow the beat" : "do not follow the beat", want, m->beat ? "beat" : "var");
    }
    weights = chunks_weights(&w->p);
    w->prior = prior_new(&m->prior, m->params, how, weights);
    free(weights);
    return 0;
}

/* The first frames of noise that are to be gone on from, [latent, n], n less than all; *start 0 if there are none. */
static int take_start(const struct codec *c, const struct reader *r, const struct frame *f, int64_t *start)
{
    const struct codec_clip *clip = &c->clips[c->held - 1];
    const struct tensor *t = frame_get(f, "start");
    int64_t latent = c->m.latent, beat = c->m.prior.positions;

    *start = 0;
    if (!t)
        return 0;
    if (t->rank != 2 || t->shape[0] != latent)
        return error_set("%s: 'start' of '%s' is not [%lld, frames]: use cv-sample with this model", reader_label(r),
                         f->name, (long long)latent);
    *start = (t->shape[1] < clip->frames ? t->shape[1] : clip->frames) / beat * beat;
    for (int64_t d = 0; d < latent; d++)
        memcpy(clip->in + d * clip->frames, t->data + d * t->shape[1], (size_t)*start * sizeof(float));
    return 0;
}

/* Where frames of a clip stand: as its meta says, faster or slower if a tempo is asked for; noise of no tempo has the
 * one that the prior draws, its first frame at the begin. */
static struct timing clip_timing(const struct codec *c, const struct frame *f, int64_t start, double *faster)
{
    const struct work *w = c->state;
    const struct codec_clip *clip = &c->clips[c->held - 1];
    struct timing t = input_timing(&w->p.input, f->meta, NULL, 0);
    double period = t.period, phase = t.phase;

    *faster = 1;
    if (!w->p.input.beat)
        return t;
    if (clip->noise && !t.steady)
        period = prior_period(w->prior, (struct prior_noise){clip->in, clip->frames, clip->temperature});
    period = period > 0 ? period : t.period; /* a prior without any */
    if (c->how.tempo > 0 && clip->noise) {
        period = 60 / c->how.tempo;
    } else if (c->how.tempo > 0) {
        /* the octave of it that is nearest to the clip's own */
        double r = c->how.tempo * period / 60;

        r = exp2(log2(r) - round(log2(r)));
        *faster = r;
        return (struct timing){{t.grid.first / r, t.grid.step / r}, t.period / r, t.phase / r, true};
    }
    if (t.steady || clip->noise)
        t = input_timing_beat(&w->p.input, period, phase);
    if (clip->noise && start == 0) {
        t.phase = t.grid.step / w->p.input.rate;
        t.grid.first = 0;
    }
    return t;
}

/* How many samples a frame stands for: as its meta says, in samples or in seconds, else as its stream's head does;
 * noise of no length said makes a clip like those of training. At most as many as the latents make. */
static int64_t clip_samples(struct codec *c, const struct reader *r, const struct frame *f, struct grid g,
                            double faster)
{
    const struct codec_clip *clip = &c->clips[c->held - 1];
    int64_t all = (int64_t)(g.first + (double)(clip->frames * c->m.spectral.stride) * g.step);
    int64_t n = clip->noise ? c->m.samples : all;
    double seconds, rate = c->m.rate;

    all = all > 1 ? all : 1;
    if (meta_get_int(f->meta, "samples", &n)) {
        if (!clip->noise) { /* noise was not as long as that before */
            double played = (double)n / faster;

            n = n < 1 || played >= (double)all ? all : played < 1 ? 1 : (int64_t)played;
        }
    } else if (meta_get_real(f->meta, "seconds", &seconds) && seconds > 0 && seconds < 1e6) {
        n = (int64_t)(seconds * rate + 0.5);
    } else {
        meta_get_int(reader_meta(r), "samples", &n);
    }
    if (clip->noise && n > all) {
        if (c->brief.clips++ == 0 || (double)all / rate < c->brief.has) {
            c->brief.has = (double)all / rate;
            c->brief.wants = (double)n / rate;
        }
    }
    return n > 0 && n <= all ? n : all;
}

static int take(struct codec *c, const struct reader *r, const struct frame *f)
{
    struct work *w = c->state;
    int at = c->held - 1;
    struct codec_clip *clip = &c->clips[at];
    double level = INPUT_LEVEL, faster;
    struct timing timing;

    meta_get_real(f->meta, "level", &level);
    if (!(level >= 0 && level <= INPUT_MOST))
        return error_set("%s: '%s' has a level of %g", reader_label(r), f->name, level);
    w->starts[at] = 0;
    if (clip->noise && (begin_prior(c, w) || take_start(c, r, f, &w->starts[at])))
        return -1;
    timing = clip_timing(c, f, w->starts[at], &faster);
    clip->samples = clip_samples(c, r, f, timing.grid, faster);
    w->sounds[at] = (struct chunk_clip){NULL, clip->samples, level, timing};
    return 0;
}

static const char *idle(const struct codec *c, enum codec_option option, bool noise)
{
    switch (option) {
    case CODEC_LOGITS:
        return "the network 'spectral' has no sigmoid";
    case CODEC_TEMPO:
        return c->m.beat ? NULL : "the frames of the model do not follow the beat";
    case CODEC_PRIOR:
        return noise ? NULL : "latents go through no prior";
    case CODEC_JUMP:
    case CODEC_NEAREST:
        if (!noise)
            return "latents go through no prior";
        return strcmp(prior_name(c), "bank") ? "it is for the prior 'bank'" : NULL;
    default:
        return NULL;
    }
}

const struct codec_kind codec_spectral = {begin, encode, take, decode, end, idle};
