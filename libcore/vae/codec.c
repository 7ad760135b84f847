/* Clips through encoder or decoder, a few at a time. */
#include "vae/codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/layers.h"
#include "vae/dataset.h"
#include "vae/model.h"

struct codec {
    struct model m;
    struct notebook_graph g;
    struct writer *w;
    const char *label;
    int fd;
    bool mean_only, logits;
    struct rng rng;
    struct node *out;            /* decoder: what is written */
    int held;                    /* clips waiting in the network's input */
    char *names[CODEC_BATCH];
    struct meta *metas[CODEC_BATCH];
};

/* The output begins with the first result, so that input that is no stream
 * leaves nothing behind. */
static int begin(struct codec *c, const char *kind)
{
    struct meta *m;

    if (c->w)
        return 0;
    m = meta_map();
    meta_set(m, "rate", meta_get(c->m.meta, "rate") ? meta_copy(meta_get(c->m.meta, "rate")) : meta_nil());
    meta_set(m, "network", meta_text("notebook"));
    c->w = writer_new(c->fd, c->label, kind, m);
    meta_free(m);
    return c->w ? 0 : -1;
}

static void forget(struct codec *c)
{
    for (int i = 0; i < c->held; i++) {
        free(c->names[i]);
        meta_free(c->metas[i]);
    }
    c->held = 0;
}

static int finish(struct codec *c, int status)
{
    forget(c);
    if (c->w && status)
        writer_abandon(c->w);
    else if (c->w)
        status = writer_end(c->w);
    net_free(c->g.net);
    model_free(&c->m);
    return status;
}

/* ---- encoding ---- */

static int flush_latents(struct codec *c)
{
    size_t latent = (size_t)c->m.shape.latent;
    float *z = mem_alloc(latent * sizeof *z);
    int status = begin(c, "latent");

    if (c->held > 0 && !status) {
        net_set_batch(c->g.net, c->held);
        net_forward(c->g.net);
    }
    for (int i = 0; i < c->held && !status; i++) {
        float *mean = c->g.mean->y + (size_t)i * latent, *logvar = c->g.logvar->y + (size_t)i * latent;
        int64_t shape[2] = {(int64_t)latent, 1};
        struct frame_tensor t[3] = {
            {"z", tensor_view(z, 2, shape)}, {"mean", tensor_view(mean, 2, shape)}, {"logvar", tensor_view(logvar, 2, shape)},
        };

        if (c->mean_only) {
            memcpy(z, mean, latent * sizeof *z);
        } else {
            rng_normal(&c->rng, z, latent);
            posterior_draw(z, mean, logvar, latent);
        }
        meta_set(c->metas[i], "samples", meta_int(c->m.shape.samples));
        status = writer_put(c->w, c->names[i], c->metas[i], t, 3);
    }
    free(z);
    forget(c);
    return status;
}

static struct meta *clip_meta(const struct frame *f, int64_t b)
{
    const struct meta *metas = meta_get(f->meta, "metas");

    if (!meta_get(f->meta, "names"))
        return meta_copy(f->meta);
    if (metas && metas->kind == META_LIST && b < (int64_t)metas->count && metas->items[b]->kind == META_MAP)
        return meta_copy(metas->items[b]);
    return meta_map();
}

static int encode_frame(struct codec *c, const struct reader *r, const struct frame *f)
{
    struct tensor t;
    double rate;
    size_t samples = (size_t)c->m.shape.samples;

    if (audio_tensor(r, f, &t) || audio_rate(r, f, &rate))
        return -1;
    if (rate < c->m.rate || rate > c->m.rate)
        return error_set("%s: clip '%s' is at %g Hz, the model was trained at %g Hz: use cv-load -r %g",
                         reader_label(r), f->name, rate, c->m.rate, c->m.rate);
    if (t.shape[1] != 1 || t.shape[2] != (int64_t)samples)
        return error_set("%s: clip '%s' has %lld channels of %lld samples, the model takes 1 of %zu: use cv-load -n %zu",
                         reader_label(r), f->name, (long long)t.shape[1], (long long)t.shape[2], samples, samples);
    for (int64_t b = 0; b < t.shape[0]; b++) {
        if (c->held == CODEC_BATCH && flush_latents(c))
            return -1;
        memcpy(c->g.x->y + (size_t)c->held * samples, t.data + (size_t)b * samples, samples * sizeof(float));
        c->names[c->held] = mem_text(audio_clip_name(f, b));
        c->metas[c->held++] = clip_meta(f, b);
    }
    return 0;
}

int codec_encode(const char *model, struct reader *r, int fd, const char *label, bool mean_only, uint64_t seed,
                 struct pool *pool)
{
    struct codec c = {.fd = fd, .label = label, .mean_only = mean_only, .rng = rng_new(seed, 0)};
    const struct frame *f;
    int got;

    if (model_read(&c.m, model, NOTEBOOK_ENCODER, CODEC_BATCH, pool, &c.g))
        return -1;
    while ((got = reader_next(r, &f)) > 0)
        if (encode_frame(&c, r, f))
            return finish(&c, -1);
    return finish(&c, got < 0 ? -1 : flush_latents(&c));
}

/* ---- decoding ---- */

static int flush_audio(struct codec *c)
{
    size_t samples = (size_t)c->m.shape.samples;
    int status = begin(c, "audio");

    if (c->held > 0 && !status) {
        net_set_batch(c->g.net, c->held);
        net_forward(c->g.net);
    }
    for (int i = 0; i < c->held && !status; i++) {
        struct frame_tensor t = {"audio", tensor_view(c->out->y + (size_t)i * samples, 2, (int64_t[]){1, (int64_t)samples})};

        status = writer_put(c->w, c->names[i], c->metas[i], &t, 1);
    }
    forget(c);
    return status;
}

static int decode_frame(struct codec *c, const struct reader *r, const struct frame *f)
{
    const char *kind = reader_kind(r);
    const struct tensor *t = frame_get(f, strcmp(kind, "noise") ? "z" : "noise");
    int latent = c->m.shape.latent;
    char shape[128];

    if (!t)
        return error_set("%s: frame '%s' has no tensor '%s'", reader_label(r), f->name,
                         strcmp(kind, "noise") ? "z" : "noise");
    if (tensor_count(t) != latent || t->rank < 1 || t->shape[0] != latent)
        return error_set("%s: '%s' has shape %s, the model's latent is [%d, 1]: use %s", reader_label(r), f->name,
                         tensor_shape_text(t, shape, sizeof shape), latent,
                         strcmp(kind, "noise") ? "cv-encode with this same model" : "cv-sample -m with this model");
    if (c->held == CODEC_BATCH && flush_audio(c))
        return -1;
    memcpy(c->g.z->y + (size_t)(c->held * latent), t->data, (size_t)latent * sizeof(float));
    c->names[c->held] = mem_text(f->name);
    c->metas[c->held++] = meta_copy(f->meta);
    return 0;
}

int codec_decode(const char *model, struct reader *r, int fd, const char *label, bool logits, struct pool *pool)
{
    struct codec c = {.fd = fd, .label = label, .logits = logits};
    const struct frame *f;
    int got;

    if (model_read(&c.m, model, logits ? NOTEBOOK_DECODER : NOTEBOOK_DECODER | NOTEBOOK_SAMPLE, CODEC_BATCH, pool, &c.g))
        return -1;
    c.out = logits ? c.g.logit : c.g.sample;
    while ((got = reader_next(r, &f)) > 0)
        if (decode_frame(&c, r, f))
            return finish(&c, -1);
    return finish(&c, got < 0 ? -1 : flush_audio(&c));
}
