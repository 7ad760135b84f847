/* The spectral network over streams, as many clips at once as there are threads. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/layers.h"
#include "vae/codec_private.h"
#include "vae/dataset.h"
#include "vae/pieces.h"
#include "vae/prior.h"

/* A clip on its way through. */
struct job {
    char *name;
    struct meta *meta;
    float *in, *out, *mean, *logvar;
    int64_t samples, frames;     /* of audio, of latents */
    int64_t number;              /* of the clip in the stream */
    double level;                /* RMS */
    bool noise;
};

struct work {
    struct codec *c;
    struct pieces p;
    struct job *jobs;
    int held, room;
    int64_t clips;
};

static int begin(struct work *w, struct reader *model, int parts)
{
    w->room = pool_threads(w->c->pool);
    w->jobs = mem_zero((size_t)w->room, sizeof *w->jobs);
    return pieces_begin(&w->p, &w->c->m, model, w->c->path, parts, w->room);
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
        free(j->logvar);
    }
    w->held = 0;
}

static void end(struct work *w)
{
    forget(w);
    free(w->jobs);
    pieces_end(&w->p);
}

/* ---- encoding ---- */

static void encode_job(void *arg, int task, int worker)
{
    struct work *w = arg;
    struct job *j = &w->jobs[task];
    struct piece_clip clip = {j->in, j->samples, front_rms(j->in, j->samples)};
    size_t count;

    j->level = clip.level;
    j->frames = pieces_latents(&w->p, j->samples);
    count = (size_t)w->c->m.spectral.latent * (size_t)j->frames;
    j->mean = mem_alloc(count * sizeof(float));
    j->logvar = mem_alloc(count * sizeof(float));
    j->out = mem_alloc(count * sizeof(float));
    pieces_encode(&w->p, worker, &clip, j->mean, j->logvar, NULL);
    if (w->c->how.mean_only) {
        memcpy(j->out, j->mean, count * sizeof(float));
    } else {
        struct rng r = rng_new(w->c->how.seed, (uint64_t)j->number);

        rng_normal(&r, j->out, count);
        posterior_draw(j->out, j->mean, j->logvar, count);
    }
}

static int flush_latents(struct work *w)
{
    int status = codec_begin(w->c, "latent");

    if (!status)
        pool_run(w->c->pool, w->held, encode_job, w);
    for (int i = 0; i < w->held && !status; i++) {
        struct job *j = &w->jobs[i];
        int64_t shape[2] = {w->c->m.spectral.latent, j->frames};
        struct frame_tensor t[3] = {
            {"z", tensor_view(j->out, 2, shape)}, {"mean", tensor_view(j->mean, 2, shape)},
            {"logvar", tensor_view(j->logvar, 2, shape)},
        };

        meta_set(j->meta, "samples", meta_int(j->samples));
        meta_set(j->meta, "level", meta_real(j->level));
        status = writer_put(w->c->w, j->name, j->meta, t, 3);
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

        if (w->held == w->room && flush_latents(w))
            return -1;
        j = &w->jobs[w->held++];
        *j = (struct job){.name = mem_text(audio_clip_name(f, b)), .meta = codec_clip_meta(f, b), .samples = t.shape[2],
                          .number = w->clips++};
        j->in = mem_alloc((size_t)j->samples * sizeof(float));
        memcpy(j->in, t.data + b * j->samples, (size_t)j->samples * sizeof(float));
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

    if (j->noise) {
        struct prior_state state = {NULL};

        prior_run(w->c->m.params, w->c->m.spectral.latent, &state, j->in, (int)j->frames);
        free(state.past);
    }
    j->out = mem_alloc((size_t)j->samples * sizeof(float));
    pieces_sound(&w->p, worker, j->in, j->frames, false, j->level, w->c->how.seed, j->out, j->samples);
}

static int flush_audio(struct work *w)
{
    int status = codec_begin(w->c, "audio");

    if (!status)
        pool_run(w->c->pool, w->held, decode_job, w);
    for (int i = 0; i < w->held && !status; i++) {
        struct job *j = &w->jobs[i];
        struct frame_tensor t = {"audio", tensor_view(j->out, 2, (int64_t[]){1, j->samples})};

        status = writer_put(w->c->w, j->name, j->meta, &t, 1);
    }
    forget(w);
    return status;
}

/* How many samples a frame stands for: as its meta says, else as its stream's
 * head does; noise of no length said makes a clip like those of training. At
 * most as many as the latents make. */
static int64_t clip_samples(const struct work *w, const struct reader *r, const struct frame *f, int64_t frames,
                            bool noise)
{
    int64_t all = frames * w->c->m.spectral.stride * w->p.front.hop, n = noise ? w->c->m.samples : all;

    if (!meta_get_int(f->meta, "samples", &n))
        meta_get_int(reader_meta(r), "samples", &n);
    return n > 0 && n <= all ? n : all;
}

static int decode_frame(struct work *w, const struct reader *r, const struct frame *f)
{
    int latent = w->c->m.spectral.latent;
    const struct tensor *t = codec_latent(w->c, r, f, latent);
    struct job *j;

    if (!t)
        return -1;
    if (w->held == w->room && flush_audio(w))
        return -1;
    j = &w->jobs[w->held++];
    *j = (struct job){.name = mem_text(f->name), .meta = meta_copy(f->meta), .level = FRONT_LEVEL, .number = w->clips++};
    j->noise = !strcmp(reader_kind(r), "noise");
    j->frames = tensor_count(t) / t->shape[0];
    j->samples = clip_samples(w, r, f, j->frames, j->noise);
    meta_get_real(f->meta, "level", &j->level);
    if (!(j->level >= 0 && j->level <= 1e6))
        return error_set("%s: '%s' has a level of %g", reader_label(r), f->name, j->level);
    j->in = mem_alloc((size_t)(latent * j->frames) * sizeof(float));
    memcpy(j->in, t->data, (size_t)(latent * j->frames) * sizeof(float));
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
