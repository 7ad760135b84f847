/* The spectral network over streams, as many clips at once as there are threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/codec_private.h"
#include "model/chunks.h"
#include "model/spectral_prior.h"

/* An encoding on its way. */
struct encoding {
    struct chunk_encoder encoder;
    struct rng rng;
};

/* Beats that new clips end with, and that may be asked for. */
enum { TAIL = 2, TAIL_MOST = 1000 };

struct work {
    struct chunks p;
    struct prior *prior;       /* decode; NULL until noise comes */
    struct chunk_clip *sounds; /* of the clips held */
    int64_t *starts;           /* of the clips held: the first so many frames of noise are latents already */
    /* of the clip that comes in parts */
    struct encoding encoding;
    struct prior_walk *walk;
    int64_t latents, samples; /* that have come */
    double faster;
    bool said_bars;
};

static int begin(struct codec *c, struct reader *file)
{
    struct work *w = mem_zero(1, sizeof *w);

    c->state = w;
    c->room = pool_threads(c->pool);
    w->sounds = mem_zero((size_t)c->room, sizeof *w->sounds);
    w->starts = mem_zero((size_t)c->room, sizeof *w->starts);
    return chunks_begin(&w->p, &c->m, file, c->path, c->way == CODEC_ENCODE ? SPECTRAL_ENCODER : SPECTRAL_DECODER,
                        c->room);
}

static void end(struct codec *c)
{
    struct work *w = c->state;

    prior_end(w->walk);
    prior_free(w->prior);
    chunks_encode_end(&w->encoding.encoder);
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

/* Draws around the means, in the order of time. */
static void draw_around(const struct codec *c, struct encoding *e, const float *mean, int64_t frames, float *z)
{
    int64_t latent = c->m.latent;

    for (int64_t t = 0; t < frames; t++)
        rng_normal(&e->rng, z + t * latent, (size_t)latent);
    chunks_draw(e->encoder.p, mean, frames, z);
}

static void encode_clip(void *arg, int task, int worker)
{
    struct codec *c = arg;
    struct work *w = c->state;
    struct codec_clip *clip = &c->clips[task];
    struct encoding whole, *e = clip->said ? &w->encoding : &whole;
    int64_t latent = c->m.latent;
    size_t bytes;
    float *mean, *draw;

    (void)worker;
    if (!clip->follows) {
        w->sounds[task] = chunks_clip(&w->p, clip->meta, clip->said ? NULL : clip->in, clip->samples);
        chunks_encode_begin(&e->encoder, &w->p, w->sounds[task].level, w->sounds[task].timing);
        e->rng = rng_new((uint64_t)c->how.seed, (uint64_t)clip->number);
    }
    clip->frames = chunks_encode_push(&e->encoder, clip->in, clip->samples, !clip->part, &mean);
    bytes = (size_t)(latent * clip->frames) * sizeof(float);
    clip->mean = mem_alloc(bytes + 1);
    clip->out = mem_alloc(bytes + 1);
    clip->logvar = logvars(&w->p, clip->frames);
    chunks_turn(mean, clip->frames, latent, clip->mean);
    draw = c->how.mean_only ? mean : mem_alloc(bytes + 1);
    if (!c->how.mean_only)
        draw_around(c, e, mean, clip->frames, draw);
    chunks_turn(draw, clip->frames, latent, clip->out);
    if (draw != mean)
        free(draw);
    free(mean);
    if (!clip->part)
        chunks_encode_end(&e->encoder);
}

/* What belongs to the whole of a clip in parts has to be said in its first. */
static int check_part(const struct codec *c, const struct codec_clip *clip)
{
    struct work *w = c->state;
    double value;

    w->samples = clip->samples + (clip->follows ? w->samples : 0);
    if (!clip->follows && !meta_get_real(clip->said, "level", &value))
        return error_set(
            "clip '%s' comes in parts, and the first does not say its \"level\", the RMS of what sounds in "
            "it: use cv-load --live, or whole clips",
            clip->name);
    if (!clip->follows && w->p.input.beat && !meta_get_real(clip->said, "tempo", &value))
        return error_set("clip '%s' comes in parts, and the first does not say its \"tempo\", 0 for none: use cv-load "
                         "--live, or whole clips",
                         clip->name);
    return 0;
}

static int check_level(const char *name, const struct meta *meta)
{
    double level = 0;

    if (meta_get_real(meta, "level", &level) && !(level >= 0 && level <= INPUT_MOST))
        return error_set("clip '%s' has a \"level\" of %g", name, level);
    return 0;
}

/* What its meta says of it holds no longer. */
static void leave_out(struct codec_clip *clip, const char *key)
{
    struct meta *kept = meta_map();

    for (size_t i = 0; i < clip->meta->count; i++)
        if (strcmp(clip->meta->keys[i], key) != 0)
            meta_add(kept, clip->meta->keys[i], meta_copy(clip->meta->items[i]));
    meta_free(clip->meta);
    clip->meta = kept;
}

static int encode(struct codec *c)
{
    struct work *w = c->state;

    for (int i = 0; i < c->held; i++)
        if (check_level(c->clips[i].name, c->clips[i].meta) || (c->clips[i].said && check_part(c, &c->clips[i])))
            return -1;
    pool_run(c->pool, c->held, encode_clip, c);
    for (int i = 0; i < c->held; i++) {
        struct codec_clip *clip = &c->clips[i];

        if (!(w->sounds[i].level <= INPUT_MOST))
            return error_set("clip '%s' has samples that are too large: scale it to -1 .. 1", clip->name);
        if (clip->part) /* how many there are is known at its end, whatever it says, as of what it was decoded from */
            leave_out(clip, "samples");
        else
            meta_set(clip->meta, "samples", meta_int(clip->said ? w->samples : clip->samples));
        if (clip->follows)
            continue;
        meta_set(clip->meta, "level", meta_real(w->sounds[i].level));
        input_timing_note(&w->sounds[i].timing, clip->meta);
    }
    return 0;
}

/* ---- noise ---- */

static struct prior_noise noise_of(const struct codec_clip *clip, struct prior_guide *guide)
{
    *guide = (struct prior_guide){clip->guide, clip->guide_frames};
    return (struct prior_noise){clip->in, clip->frames, clip->temperature, clip->guide ? guide : NULL};
}

static void draw_clip(void *arg, int task, int worker)
{
    struct codec *c = arg;
    struct work *w = c->state;
    struct codec_clip *clip = &c->clips[task];
    struct prior_walk *whole, **walk = clip->said ? &w->walk : &whole;
    struct prior_guide guide;
    int64_t frames;

    (void)worker;
    if (!clip->follows)
        *walk = prior_begin(w->prior, noise_of(clip, &guide), w->starts[task], clip->said ? INT64_MAX : clip->frames);
    prior_next(*walk, clip->in, clip->frames);
    if (!clip->part) {
        prior_end(*walk);
        *walk = NULL;
    }
    if (clip->said)
        return;
    frames = chunks_latents(&w->p, &w->sounds[task]);
    frames = frames < clip->frames ? frames : clip->frames;
    for (int64_t d = 0; d < c->m.latent; d++)
        memmove(clip->in + d * frames, clip->in + d * clip->frames, (size_t)frames * sizeof(float));
    clip->frames = frames;
}

static void draw(struct codec *c)
{
    struct work *w = c->state;

    pool_run(c->pool, c->held, draw_clip, c);
    for (int i = 0; i < c->held && c->way == CODEC_DRAW; i++) {
        struct meta *m = c->clips[i].meta;

        if (c->clips[i].follows)
            continue;
        if (!c->clips[i].said)
            meta_set(m, "samples", meta_int(c->clips[i].samples));
        meta_set(m, "level", meta_real(w->sounds[i].level));
        meta_set(m, "prior", meta_text(spectral_prior_kind(&c->m, c->how.prior)));
        input_timing_note(&w->sounds[i].timing, m);
    }
}

/* ---- decoding ---- */

/* Latents to sound: of a part by the first worker, which keeps what the next one goes on with. */
static void decode_clip(void *arg, int task, int worker)
{
    struct codec *c = arg;
    struct work *w = c->state;
    const struct chunks *p = &w->p;
    struct codec_clip *clip = &c->clips[task];
    struct chunk_sound how =
        chunks_how(p, clip->noise || meta_get(clip->said ? clip->said : clip->meta, "prior"), (uint64_t)c->how.seed);
    float *z = mem_alloc((size_t)(c->m.latent * clip->frames + 1) * sizeof *z);
    int64_t room, got = 0;

    how.phases.iterations = (int)c->how.iterations;
    chunks_turn(clip->in, c->m.latent, clip->frames, z);
    if (!clip->said) {
        clip->out = mem_alloc((size_t)(c->m.channels * clip->samples) * sizeof(float));
        chunks_sound(p, worker, &w->sounds[task], z, clip->frames, &how, clip->out);
        free(z);
        return;
    }
    how.gain = how.gain > 0 ? how.gain : 1;
    if (!clip->follows)
        chunks_sound_begin(p, 0, &w->sounds[0], &how);
    room = chunks_sound_room(p, 0, clip->frames, clip->samples);
    clip->out = mem_alloc((size_t)(c->m.channels * room + 1) * sizeof(float));
    got = chunks_sound_push(p, 0, z, clip->frames, clip->samples, clip->out, room);
    if (!clip->part)
        got += chunks_sound_end(p, 0, clip->samples, clip->out + got, room);
    for (int64_t i = 1; i < c->m.channels; i++)
        memmove(clip->out + i * got, clip->out + i * room, (size_t)got * sizeof(float));
    clip->samples = got;
    free(z);
}

/* How many samples at its end die away. */
static int64_t tail_samples(const struct codec_clip *clip, struct grid g)
{
    double beats = 0;

    meta_get_real(clip->said ? clip->said : clip->meta, "tail", &beats);
    return beats > 0 && beats <= TAIL_MOST ? (int64_t)round(beats * BEAT_FRAMES * g.step) : 0;
}

static void decode(struct codec *c)
{
    struct work *w = c->state;

    for (int i = 0; i < c->held; i++)
        if (!c->clips[i].follows)
            w->sounds[i].tail = tail_samples(&c->clips[i], w->sounds[i].timing.grid);
    pool_run(c->pool, c->held, decode_clip, c);
    for (int i = 0; i < c->held; i++) {
        leave_out(&c->clips[i], "tail"); /* the sound has it */
        if (!c->clips[i].follows)
            input_timing_note(&w->sounds[i].timing, c->clips[i].meta);
    }
}

/* The first frames of noise that are to be gone on from, [latent, n], n less than all; *start 0 if there are none. */
static int take_start(const struct codec *c, const struct frame *f, int64_t *start)
{
    const struct codec_clip *clip = &c->clips[c->held - 1];
    const struct tensor *t = frame_get(f, "start");
    int64_t latent = c->m.latent, beat = c->m.prior.positions;

    *start = 0;
    if (!t)
        return 0;
    if (t->rank != 2 || t->shape[0] != latent)
        return error_set("%s: 'start' of '%s' is not [%lld, frames]: use cv-sample with this model", c->from, f->name,
                         (long long)latent);
    *start = (t->shape[1] < clip->frames ? t->shape[1] : clip->frames) / beat * beat;
    for (int64_t d = 0; d < latent; d++)
        memcpy(clip->in + d * clip->frames, t->data + d * t->shape[1], (size_t)*start * sizeof(float));
    return 0;
}

/* Where frames of a clip stand: as its meta says, faster or slower if a tempo is asked for; noise of no tempo has the
 * one that the prior draws, and begins with a beat. */
static struct timing clip_timing(const struct codec *c, const struct frame *f, double *faster)
{
    const struct work *w = c->state;
    const struct codec_clip *clip = &c->clips[c->held - 1];
    struct timing t = input_timing(&w->p.input, f->meta, NULL, 0);
    double period = t.period, phase = t.phase;
    struct prior_guide guide;

    *faster = 1;
    if (!w->p.input.beat)
        return t;
    if (clip->noise && !t.steady)
        period = prior_period(w->prior, noise_of(clip, &guide));
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
    return t;
}

/* New clips end with a bar and a tail of TAIL beats, so that the whole is nearest to n and the latents suffice for it, unless
 * their stream says "exact"; those that say where the beat is go by a recording, and are as long as it is, or as asked for. */
static int64_t to_bar(struct codec *c, const struct meta *meta, struct grid g, int64_t n, int64_t all)
{
    const struct meta *exact = meta_get(c->head, "exact");
    struct codec_clip *clip = &c->clips[c->held - 1];
    struct work *w = c->state;
    struct prior_guide guide;
    double beat = BEAT_FRAMES * g.step, bar = beat * prior_bar(w->prior, noise_of(clip, &guide)), tail = TAIL * beat;
    double bars = fmin(floor(((double)n - tail) / bar + 0.5001), floor(((double)all - tail) / bar));
    int64_t whole = (int64_t)round(fmax(bars, 1) * bar + tail);

    if (!c->m.beat || meta_get(meta, "beat") || (exact && exact->kind == META_BOOL && exact->truth) || whole > all)
        return n;
    if (meta_get(meta, "seconds") && whole != n && !w->said_bars)
        diag_note("%.4g s become %.4g: whole bars, and %d beats to die away; 'cv-sample --exact' keeps %.4g",
                  (double)n / c->m.rate, (double)whole / c->m.rate, TAIL, (double)n / c->m.rate);
    w->said_bars |= meta_get(meta, "seconds") != NULL;
    meta_set(clip->meta, "tail", meta_int(TAIL));
    return whole;
}

/* How many samples a frame stands for: as its meta says, in samples or in seconds, else as its stream's head does;
 * noise of no length said makes a clip like those of training. At most as many as the latents make. */
static int64_t clip_samples(struct codec *c, const struct meta *meta, int64_t latents, struct grid g, double faster)
{
    const struct codec_clip *clip = &c->clips[c->held - 1];
    int64_t all = (int64_t)(g.first + (double)(latents * c->m.spectral.stride) * g.step);
    int64_t n = clip->noise ? c->m.samples : all;
    double seconds, rate = c->m.rate;

    all = all > 1 ? all : 1;
    if (meta_get_int(meta, "samples", &n)) {
        if (!clip->noise) { /* noise was not as long as that before */
            double played = (double)n / faster;

            n = n < 1 || played >= (double)all ? all : played < 1 ? 1 : (int64_t)played;
        }
    } else if (meta_get_real(meta, "seconds", &seconds) && seconds > 0 && seconds < 1e6) {
        n = (int64_t)(seconds * rate + 0.5);
    } else {
        meta_get_int(c->head, "samples", &n);
    }
    if (clip->noise && n > all) {
        if (c->brief.clips++ == 0 || (double)all / rate < c->brief.has) {
            c->brief.has = (double)all / rate;
            c->brief.wants = (double)n / rate;
        }
    }
    n = n > 0 && n <= all ? n : all;
    return clip->noise ? to_bar(c, meta, g, n, all) : n;
}

/* How many samples a clip in parts has, by what has been said by now; 0: not known yet. */
static int take_part(struct codec *c, struct codec_clip *clip)
{
    struct work *w = c->state;
    struct chunk_clip *sound = &w->sounds[0];
    int64_t n, given = clip->follows ? chunks_sound_given(&w->p, 0) : 0;

    w->latents = clip->frames + (clip->follows ? w->latents : 0);
    if (!clip->part && w->latents == 0)
        return error_set("%s: '%s' comes in parts and holds no latents", c->from, clip->name);
    n = clip_samples(c, clip->said, clip->part ? INT32_MAX : w->latents, sound->timing.grid, w->faster);
    if (clip->part && n > INT32_MAX) /* nothing says it */
        n = 0;
    if (n > 0 && given > 0 && n < given + vocoder_fade(w->p.input.fft))
        return error_set("%s: '%s' says that it has %lld samples after %lld have come out: say it in its first part",
                         c->from, clip->name, (long long)n, (long long)given);
    clip->samples = sound->samples = n;
    return 0;
}

static void note_parts(const struct codec *c, double step)
{
    const struct work *w = c->state;
    int64_t late = chunks_latency(&c->m.spectral, &w->p.input, step, (int)c->how.iterations);

    diag_note("'%s' comes in parts: what was encoded is heard %lld samples later, %.0f ms (--iterations %lld)",
              c->clips[0].name, (long long)late, 1000 * (double)late / c->m.rate, (long long)c->how.iterations);
    if (!(w->p.gain > 0))
        diag_note("%s: the model says no \"gain\", older ones do not: the level of clips in parts is not corrected",
                  c->path);
}

static int take(struct codec *c, const struct frame *f)
{
    struct work *w = c->state;
    int at = c->held - 1;
    struct codec_clip *clip = &c->clips[at];
    double level = INPUT_LEVEL, faster;
    struct timing timing;

    if (clip->follows)
        return clip->noise ? 0 : take_part(c, clip);
    meta_get_real(f->meta, "level", &level);
    if (!(level >= 0 && level <= INPUT_MOST))
        return error_set("%s: '%s' has a level of %g", c->from, f->name, level);
    w->starts[at] = 0;
    if (clip->noise && !w->prior)
        w->prior = spectral_prior(&w->p, &c->m, c->path, c->how.prior, c->how.guided);
    if (clip->noise && (!w->prior || take_start(c, f, &w->starts[at])))
        return -1;
    timing = clip_timing(c, f, &faster);
    w->sounds[at] = (struct chunk_clip){.level = level, .timing = timing};
    w->faster = faster;
    if (clip->said && clip->noise)
        return 0; /* its length is not known */
    if (clip->said && clip->number == 0)
        note_parts(c, timing.grid.step);
    if (clip->said)
        return take_part(c, clip);
    clip->samples = w->sounds[at].samples = clip_samples(c, f->meta, clip->frames, timing.grid, faster);
    return 0;
}

static const char *idle(const struct codec *c, enum codec_option option)
{
    switch (option) {
    case CODEC_LOGITS:
        return "the network 'spectral' has no sigmoid";
    case CODEC_TEMPO:
        return c->m.beat ? NULL : "the frames of the model do not follow the beat";
    case CODEC_SEED:
    case CODEC_ITERATIONS:
    case CODEC_PRIOR:
        return NULL;
    case CODEC_BARS:
        if (!c->how.guided.form)
            return "it is the length of a section of --form";
        /* fall through */
    default:
        return strcmp(spectral_prior_kind(&c->m, c->how.prior), "guided") ? "it is for the prior 'guided'" : NULL;
    }
}

const struct codec_kind codec_spectral = {begin, encode, take, draw, decode, end, true, idle};
