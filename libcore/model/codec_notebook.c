/* The notebook's network over streams, a few clips at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/layers.h"
#include "model/codec_private.h"
#include "io/clip.h"

enum { BATCH = 16 }; /* clips that go through the network together */

struct work {
    struct codec *c;
    struct notebook_graph g;
    struct node *out; /* decoder: what is written */
    struct rng rng;
    int held; /* clips waiting in the network's input */
    char *names[BATCH];
    struct meta *metas[BATCH];
    int64_t samples[BATCH]; /* of the clips, at most the model's */
    int64_t padded;         /* clips so far that were shorter than the model's */
};

static void forget(struct work *w)
{
    for (int i = 0; i < w->held; i++) {
        free(w->names[i]);
        meta_free(w->metas[i]);
    }
    w->held = 0;
}

static void run(struct work *w)
{
    if (w->held == 0)
        return;
    net_set_batch(w->g.net, w->held);
    net_forward(w->g.net);
}

/* ---- encoding ---- */

static int flush_latents(struct work *w)
{
    size_t latent = (size_t)w->c->m.notebook.latent;
    float *z = mem_alloc(latent * sizeof *z);
    int status = codec_begin(w->c, "latent");

    if (!status)
        run(w);
    for (int i = 0; i < w->held && !status; i++) {
        float *mean = w->g.mean->y + (size_t)i * latent, *logvar = w->g.logvar->y + (size_t)i * latent;
        int64_t shape[2] = {(int64_t)latent, 1};

        if (w->c->how.mean_only) {
            memcpy(z, mean, latent * sizeof *z);
        } else {
            rng_normal(&w->rng, z, latent);
            posterior_draw(z, mean, logvar, latent);
        }
        meta_set(w->metas[i], "samples", meta_int(w->samples[i]));
        status = codec_put_latent(w->c, w->names[i], w->metas[i], shape, z, mean, logvar);
    }
    free(z);
    forget(w);
    return status;
}

static int encode_frame(struct work *w, const struct reader *r, const struct frame *f)
{
    struct tensor t;

    if (codec_audio(&w->c->m, r, f, &t))
        return -1;
    for (int64_t b = 0; b < t.shape[0]; b++) {
        if (w->held == BATCH && flush_latents(w))
            return -1;
        notebook_input(&w->g, w->held, t.data + b * t.shape[2], t.shape[2]);
        w->padded += t.shape[2] < w->c->m.samples;
        w->samples[w->held] = t.shape[2];
        w->names[w->held] = mem_text(audio_clip_name(f, b));
        w->metas[w->held++] = audio_clip_meta(f, b);
    }
    return 0;
}

int notebook_encode(struct codec *c, struct reader *model, struct reader *r)
{
    struct work w = {.c = c, .rng = rng_new(c->how.seed, 0)};
    const struct frame *f;
    int status, got = 0;

    w.g = notebook_build(&c->m.notebook, NOTEBOOK_ENCODER, c->m.params, BATCH, c->pool);
    status = model_fill(&c->m, model, c->path, w.g.net);
    while (!status && (got = reader_next(r, &f)) > 0)
        status = encode_frame(&w, r, f);
    if (!status)
        status = got < 0 ? -1 : flush_latents(&w);
    if (!status)
        codec_note_padded(&c->m, w.padded);
    forget(&w);
    net_free(w.g.net);
    return status;
}

/* ---- decoding ---- */

static int flush_audio(struct work *w)
{
    size_t samples = (size_t)w->c->m.samples;
    int status = codec_begin(w->c, "audio");

    if (!status)
        run(w);
    for (int i = 0; i < w->held && !status; i++) {
        float *x = w->out->y + (size_t)i * samples;
        struct frame_tensor t = {"audio", tensor_view(x, 2, (int64_t[]){1, w->samples[i]})};

        status = codec_put(w->c, w->names[i], w->metas[i], &t, 1);
    }
    forget(w);
    return status;
}

/* How many samples a frame stands for: as its meta says, at most the model's. */
static int64_t clip_samples(const struct model *m, const struct frame *f)
{
    int64_t n;

    return meta_get_int(f->meta, "samples", &n) && n > 0 && n < m->samples ? n : m->samples;
}

static int decode_frame(struct work *w, const struct reader *r, const struct frame *f)
{
    int latent = w->c->m.notebook.latent;
    const struct tensor *t = codec_latent(w->c, r, f, latent);
    int64_t frames;
    char shape[128];

    if (!t)
        return -1;
    frames = tensor_count(t) / t->shape[0];
    if (frames != 1 && strcmp(reader_kind(r), "noise"))
        return error_set("%s: '%s' has shape %s, the model's latent is [%d, 1]: use cv-encode with this same model",
                         reader_label(r), f->name, tensor_shape_text(t, shape, sizeof shape), latent);
    if (w->held == BATCH && flush_audio(w))
        return -1;
    for (int d = 0; d < latent; d++)
        w->g.z->y[w->held * latent + d] = t->data[d * frames];
    w->samples[w->held] = clip_samples(&w->c->m, f);
    w->names[w->held] = mem_text(f->name);
    w->metas[w->held++] = meta_copy(f->meta);
    return 0;
}

int notebook_decode(struct codec *c, struct reader *model, struct reader *r)
{
    struct work w = {.c = c};
    const struct frame *f;
    int parts = NOTEBOOK_DECODER | (c->how.logits ? 0 : NOTEBOOK_SAMPLE), status, got = 0;

    w.g = notebook_build(&c->m.notebook, parts, c->m.params, BATCH, c->pool);
    w.out = c->how.logits ? w.g.logit : w.g.sample;
    status = model_fill(&c->m, model, c->path, w.g.net);
    while (!status && (got = reader_next(r, &f)) > 0)
        status = decode_frame(&w, r, f);
    if (!status)
        status = got < 0 ? -1 : flush_audio(&w);
    forget(&w);
    net_free(w.g.net);
    return status;
}

int notebook_head(struct model *m, const struct reader *r)
{
    int64_t latent;

    if (head_int(r, "latent", 1, 1 << 16, &latent))
        return -1;
    m->latent = (int)latent;
    m->notebook = notebook_preset((int)m->samples, m->latent);
    return 0;
}
