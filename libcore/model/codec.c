/* Streams through whichever network a model holds. */
#include "model/codec.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/codec_private.h"
#include "io/clip.h"

int codec_begin(struct codec *c, const char *kind)
{
    struct meta *m;

    if (c->w)
        return 0;
    m = meta_map();
    meta_set(m, "rate", meta_copy(meta_get(c->m.meta, "rate")));
    meta_set(m, "network", meta_text(c->m.network->name));
    if (!strcmp(kind, "latent")) {
        char *digest = mem_format("%016" PRIx64, c->m.digest);

        meta_set(m, "model", meta_text(digest));
        free(digest);
        if (!c->m.network->one_length)
            meta_set(m, "frames", meta_text(c->m.beat ? "beat" : "fixed"));
    }
    c->w = writer_new(c->fd, c->label, kind, m);
    meta_free(m);
    return c->w ? 0 : -1;
}

int codec_put(struct codec *c, const char *name, const struct meta *meta, const struct frame_tensor *tensors,
              size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int64_t j = 0; j < tensor_count(&tensors[i].t); j++)
            if (!isfinite(tensors[i].t.data[j]))
                return error_set(
                    "'%s' comes to values that are not finite: what went in is too large, or %s is damaged", name,
                    c->path);
    return writer_put(c->w, name, meta, tensors, count);
}

int codec_put_latent(struct codec *c, const char *name, const struct meta *meta, const int64_t shape[2], float *z,
                     float *mean, float *logvar)
{
    struct frame_tensor t[] = {
        {"z", tensor_view(z, 2, shape)},
        {"mean", tensor_view(mean, 2, shape)},
        {"logvar", tensor_view(logvar, 2, shape)},
    };

    return codec_put(c, name, meta, t, sizeof t / sizeof *t);
}

int codec_audio(const struct model *m, const struct reader *r, const struct frame *f, struct tensor *t)
{
    double rate;

    if (audio_tensor(r, f, t) || audio_rate(r, f, &rate))
        return -1;
    if (rate < m->rate || rate > m->rate)
        return error_set("%s: clip '%s' is at %g Hz, the model was trained at %g Hz: use cv-load -r %g",
                         reader_label(r), f->name, rate, m->rate, m->rate);
    if (!m->network->one_length && t->shape[1] != m->channels)
        return error_set("%s: clip '%s' has %lld channels, the model takes %d: load %s cv-load -c", reader_label(r),
                         f->name, (long long)t->shape[1], m->channels, m->channels > 1 ? "with" : "without");
    if (m->network->one_length && (t->shape[1] != 1 || t->shape[2] > m->samples))
        return error_set(
            "%s: clip '%s' has %lld channels of %lld samples, the model takes 1 of at most %lld: use cv-load -n %lld",
            reader_label(r), f->name, (long long)t->shape[1], (long long)t->shape[2], (long long)m->samples,
            (long long)m->samples);
    return 0;
}

void codec_note_padded(const struct model *m, int64_t clips)
{
    if (clips > 0)
        diag_note("%lld clip%s shorter than the model's %lld samples: padded with silence", (long long)clips,
                  clips == 1 ? " is" : "s are", (long long)m->samples);
}

/* Says once when latents come from another model: they mean something else to this one. */
static void warn_origin(struct codec *c, const struct reader *r)
{
    char *digest = mem_format("%016" PRIx64, c->m.digest);
    const char *origin;

    if (!c->warned && meta_get_text(reader_meta(r), "model", &origin) && strcmp(origin, digest)) {
        diag_warn("%s: the latents were made by another model: encode with the one that decodes", reader_label(r));
        c->warned = true;
    }
    free(digest);
}

const struct tensor *codec_latent(struct codec *c, const struct reader *r, const struct frame *f, int latent)
{
    bool noise = !strcmp(reader_kind(r), "noise");
    const struct tensor *t = frame_get(f, noise ? "noise" : "z");
    char shape[128];

    if (!t) {
        error_set("%s: frame '%s' has no tensor '%s'", reader_label(r), f->name, noise ? "noise" : "z");
        return NULL;
    }
    if (t->rank < 1 || t->rank > 2 || tensor_count(t) == 0 || t->shape[0] < latent ||
        (!noise && t->shape[0] > latent)) {
        error_set("%s: '%s' has shape %s, the model's latent has %d dimensions: use %s", reader_label(r), f->name,
                  tensor_shape_text(t, shape, sizeof shape), latent,
                  noise ? "cv-sample -m with this model" : "cv-encode with this same model");
        return NULL;
    }
    warn_origin(c, r);
    return t;
}

static int codec_run(const char *model, struct reader *r, int fd, const char *label, struct codec_options how,
                     struct pool *pool, bool decode)
{
    struct codec c = {.path = model, .fd = fd, .label = label, .how = how, .pool = pool};
    struct reader *parameters = model_open(&c.m, model);
    int status;

    if (!parameters)
        return -1;
    status = decode ? c.m.network->decode(&c, parameters, r) : c.m.network->encode(&c, parameters, r);
    if (!status)
        status = codec_begin(&c, decode ? "audio" : "latent"); /* a stream without clips stays one */
    if (c.w && status)
        writer_abandon(c.w);
    else if (c.w)
        status = writer_end(c.w);
    model_free(&c.m);
    return status;
}

int codec_encode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how,
                 struct pool *pool)
{
    return codec_run(model, r, fd, label, how, pool, false);
}

int codec_decode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how,
                 struct pool *pool)
{
    return codec_run(model, r, fd, label, how, pool, true);
}
