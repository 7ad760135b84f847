/* Streams through whichever network a model holds. */
#include "model/codec.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/progress.h"
#include "model/codec_private.h"

static const struct codec_kind *kind_of(const struct codec *c)
{
    return c->m.network->codec;
}

/* ---- writing ---- */

/* The output begins with the first result, so that input that is no stream leaves nothing behind. */
static int begin_output(struct codec *c)
{
    struct meta *m;

    if (c->out.w)
        return 0;
    c->out.head = m = c->way == CODEC_DRAW ? meta_copy(c->head) : meta_map();
    meta_set(m, "rate", meta_copy(meta_get(c->m.meta, "rate")));
    meta_set(m, "network", meta_text(c->m.network->name));
    if (c->way != CODEC_DECODE) {
        meta_set(m, "model", digest_meta(c->m.digest));
        if (!c->m.network->one_length)
            meta_set(m, "frames", meta_text(c->m.beat ? "beat" : "fixed"));
    }
    c->out.kind = c->way == CODEC_DECODE ? "audio" : "latent";
    return output_begin(&c->out);
}

static int put(struct codec *c, const struct codec_clip *clip, const struct frame_tensor *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int64_t j = 0; j < tensor_count(&tensors[i].t); j++)
            if (!isfinite(tensors[i].t.data[j]))
                return error_set(
                    "'%s' comes to values that are not finite: what went in is too large, or %s is damaged", clip->name,
                    c->path);
    return (clip->part ? writer_part : writer_put)(c->out.w, clip->name, clip->meta, tensors, count);
}

static void forget_clip(struct codec_clip *clip)
{
    free(clip->name);
    meta_free(clip->meta);
    meta_free(clip->said);
    *clip = (struct codec_clip){0};
}

/* What is held; a clip that goes on keeps what it says. */
static void forget(struct codec *c)
{
    bool open = c->held > 0 && c->clips[0].part;

    for (int i = 0; i < c->held; i++) {
        struct codec_clip *clip = &c->clips[i];

        free(clip->in);
        free(clip->out);
        free(clip->mean);
        free(clip->logvar);
        free(clip->guide);
        clip->in = clip->out = clip->mean = clip->logvar = clip->guide = NULL;
        if (!open)
            forget_clip(clip);
    }
    c->held = 0;
}

static int put_clip(struct codec *c, struct codec_clip *clip)
{
    int status;
    bool audio = c->way == CODEC_DECODE;
    int64_t shape[2] = {audio ? c->m.channels : c->m.latent, audio ? clip->samples : clip->frames};
    struct frame_tensor t[] = {
        {audio ? "audio" : "z", tensor_view(c->way == CODEC_DRAW ? clip->in : clip->out, 2, shape)},
        {"mean", tensor_view(clip->mean, 2, shape)},
        {"logvar", tensor_view(clip->logvar, 2, shape)},
    };

    if (clip->part && shape[1] == 0)
        return 0;
    status = put(c, clip, t, c->way == CODEC_ENCODE ? 3 : 1);
    if (clip->part) {
        meta_free(clip->meta);
        clip->meta = meta_map();
    }
    return status;
}

/* Runs the clips held, and writes what comes of them. */
static int flush(struct codec *c)
{
    int status = begin_output(c);

    if (!status && c->noise)
        kind_of(c)->draw(c);
    if (!status && c->way == CODEC_DECODE)
        kind_of(c)->decode(c);
    else if (!status && c->way == CODEC_ENCODE)
        status = kind_of(c)->encode(c);
    for (int i = 0; i < c->held && !status; i++)
        status = put_clip(c, &c->clips[i]);
    forget(c);
    return status;
}

static void add_all(struct meta *to, const struct meta *from)
{
    for (size_t i = 0; i < from->count; i++)
        meta_set(to, from->keys[i], meta_copy(from->items[i]));
}

/* Room for one more clip of frame f, to be filled, or the one that f goes on with; what it says becomes the clip's. NULL:
 * with the reason. */
static struct codec_clip *next_clip(struct codec *c, const struct frame *f, const char *name, struct meta *meta)
{
    struct codec_clip *clip = &c->clips[0];

    if (!f->follows && (c->held == c->room || (f->part && c->held > 0)) && flush(c)) {
        meta_free(meta);
        return NULL;
    }
    if (f->follows) {
        add_all(clip->meta, meta);
        add_all(clip->said, meta);
        meta_free(meta);
        c->held = 1;
    } else {
        clip = &c->clips[c->held++];
        *clip = (struct codec_clip){
            .name = mem_text(name), .meta = meta, .said = f->part ? meta_copy(meta) : NULL, .number = c->count++};
    }
    clip->follows = f->follows;
    clip->part = f->part;
    return clip;
}

/* A part goes through at once, alone. */
static int flush_part(struct codec *c)
{
    return c->clips[0].said ? flush(c) : 0;
}

static float *copy(const float *from, int64_t count)
{
    float *to = mem_alloc((size_t)count * sizeof *to);

    memcpy(to, from, (size_t)count * sizeof *to);
    return to;
}

/* ---- audio ---- */

int codec_next(const struct model *m, struct reader *r, struct audio_clip *c)
{
    int got = audio_clip_next(r, c);

    if (got <= 0)
        return got;
    if (c->rate < m->rate || c->rate > m->rate)
        return error_set("%s: clip '%s' is at %g Hz, the model was trained at %g Hz: use cv-load -r %g",
                         reader_label(r), c->name, c->rate, m->rate, m->rate);
    if (!m->network->one_length && c->channels != m->channels)
        return error_set("%s: clip '%s' has %lld channels, the model takes %d: load %s cv-load -c", reader_label(r),
                         c->name, (long long)c->channels, m->channels, m->channels > 1 ? "with" : "without");
    if (m->network->one_length && (c->channels != 1 || c->samples > m->samples))
        return error_set(
            "%s: clip '%s' has %lld channels of %lld samples, the model takes 1 of at most %lld: use cv-load -n %lld",
            reader_label(r), c->name, (long long)c->channels, (long long)c->samples, (long long)m->samples,
            (long long)m->samples);
    return 1;
}

void codec_note_padded(const struct model *m, int64_t shorter)
{
    if (m->network->one_length && shorter > 0)
        diag_note("%lld clip%s shorter than the model's %lld samples: padded with silence", (long long)shorter,
                  shorter == 1 ? " is" : "s are", (long long)m->samples);
}

static int encode_all(struct codec *c, struct reader *r)
{
    struct audio_clip a = {0};
    int64_t clips = 0;
    int got;

    while ((got = codec_next(&c->m, r, &a)) > 0) {
        struct codec_clip *clip;

        if (output_follow(&c->out, r))
            return -1;
        if ((a.frame->part || a.frame->follows) && a.frame_audio.shape[0] > 1)
            return error_set("%s: '%s' is a batch in parts: cut clips, not batches", reader_label(r), a.frame->name);
        clip = next_clip(c, a.frame, a.name, audio_clip_meta(&a));
        if (!clip)
            return -1;
        clip->in = copy(a.x, a.channels * a.samples);
        clip->samples = a.samples;
        c->shorter += a.samples < c->m.samples;
        if (flush_part(c))
            return -1;
        progress("clips encoded", clips += !a.frame->follows, 0);
    }
    progress("clips encoded", 0, 0);
    return got;
}

/* ---- latents and noise ---- */

/* The tensor of a latent or noise frame, [at least the model's latent, frames]: any part of noise is noise, so that of
 * a larger shape will do. NULL with the reason. */
static const struct tensor *latent_tensor(const struct codec *c, const struct frame *f)
{
    bool noise = c->noise;
    const struct tensor *t = frame_get(f, noise ? "noise" : "z");
    char shape[128];

    if (!t) {
        error_set("%s: frame '%s' has no tensor '%s'", c->from, f->name, noise ? "noise" : "z");
        return NULL;
    }
    if (noise && c->way == CODEC_DECODE && (f->part || f->follows)) {
        error_set("%s: '%s' is noise in parts: draw latents, 'cv-sample -m %s'", c->from, f->name, c->path);
        return NULL;
    }
    if (t->rank < 1 || t->rank > 2 || (tensor_count(t) == 0 && !f->part && !f->follows) || t->shape[0] < c->m.latent ||
        (!noise && t->shape[0] > c->m.latent)) {
        error_set("%s: '%s' has shape %s, the model's latent has %d dimensions: use %s", c->from, f->name,
                  tensor_shape_text(t, shape, sizeof shape), c->m.latent,
                  noise ? "cv-sample -m with this model" : "cv-encode with this same model");
        return NULL;
    }
    return t;
}

static bool first_time(bool *said)
{
    bool before = *said;

    *said = true;
    return !before;
}

/* Says once when latents come from another model: they mean something else to this one. */
static void warn_origin(struct codec *c)
{
    struct meta *own = digest_meta(c->m.digest);
    const char *origin;

    if (meta_get_text(c->head, "model", &origin) && strcmp(origin, own->text) && first_time(&c->said_origin))
        diag_warn("%s: the latents were made by another model: encode with the one that decodes", c->from);
    meta_free(own);
}

/* Says once of each thing that noise asks for and this model cannot give. */
static void warn_noise(struct codec *c, const struct frame *f)
{
    const char *why = kind_of(c)->idle(c, CODEC_TEMPO), *network = c->m.network->name;
    double seconds, one = (double)c->m.samples / c->m.rate;

    if (why && meta_get(f->meta, "tempo") && first_time(&c->said_tempo))
        diag_warn("%s: the tempo of '%s' has no effect: %s", c->from, f->name, why);
    if (!c->m.network->one_length)
        return;
    if (meta_get_real(f->meta, "seconds", &seconds) && fabs(seconds - one) * c->m.rate > 1 &&
        first_time(&c->said_length))
        diag_warn("%s: the length of '%s', %g s, has no effect: clips of the network '%s' have one length, here %g s",
                  c->from, f->name, seconds, network, one);
    if (frame_get(f, "start") && first_time(&c->said_start))
        diag_warn("%s: what '%s' goes on from has no effect: the network '%s' makes whole clips only", c->from, f->name,
                  network);
}

static int decode_frame(struct codec *c, const struct frame *f)
{
    bool noise = c->noise;
    const struct tensor *t = latent_tensor(c, f), *guide = c->way == CODEC_DRAW ? frame_get(f, "guide") : NULL;
    struct codec_clip *clip;
    double temperature = 1;

    if (!t)
        return -1;
    if (noise && meta_get_real(c->head, "temperature", &temperature) && !(temperature >= 0 && temperature <= 1000))
        return error_set("%s: the head says a \"temperature\" of %g, expected 0 to 1000", c->from, temperature);
    warn_origin(c);
    if (noise)
        warn_noise(c, f);
    clip = next_clip(c, f, f->name, meta_copy(f->meta));
    if (!clip)
        return -1;
    clip->noise = noise;
    clip->temperature = temperature;
    clip->frames = tensor_count(t) / t->shape[0];
    clip->in = copy(t->data, c->m.latent * clip->frames);
    if (guide) {
        clip->guide = copy(guide->data, tensor_count(guide));
        clip->guide_frames = guide->shape[1];
    }
    return kind_of(c)->take(c, f) ? -1 : flush_part(c);
}

static int decode_all(struct codec *c, struct reader *r)
{
    const struct frame *f;
    int64_t clips = 0;
    int got;

    while ((got = reader_next(r, &f)) > 0) {
        c->head = reader_meta(r);
        if (output_follow(&c->out, r) || decode_frame(c, f))
            return -1;
        progress("clips decoded", clips += !f->follows, 0);
    }
    progress("clips decoded", 0, 0);
    return got;
}

/* Says of each option that was asked for and changes nothing why it does not. */
static void warn_options(const struct codec *c)
{
    static const char *const names[CODEC_OPTIONS] = {"seed", "iterations", "tempo",   "logits", "prior", "follow",
                                                     "vary", "block",      "nearest", "form",   "bars",  "guide"};

    for (int i = 0; i < CODEC_OPTIONS; i++) {
        const char *why = c->how.given[i] ? kind_of(c)->idle(c, (enum codec_option)i) : NULL;

        if (why)
            diag_warn("%s: --%s has no effect: %s", c->path, names[i], why);
    }
}

static void say_lengths(const struct codec *c)
{
    codec_note_padded(&c->m, c->shorter);
    if (c->brief.clips > 0)
        diag_warn("%lld clip%s shorter than asked for: noise for %.3g of %.3g s; 'cv-sample -m %s' draws enough",
                  (long long)c->brief.clips, c->brief.clips == 1 ? " is" : "s are", c->brief.has, c->brief.wants,
                  c->path);
}

/* ---- the whole ---- */

static int codec_open(struct codec *c)
{
    struct reader *file = model_open(&c->m, c->path);
    int status;

    if (!file)
        return -1;
    history_model(NULL, c->path, c->m.meta);
    c->pool = pool_new((int)c->how.threads);
    status = kind_of(c)->begin(c, file);
    c->clips = mem_zero((size_t)c->room, sizeof *c->clips);
    if (!status && c->way != CODEC_ENCODE)
        warn_options(c);
    return status;
}

/* Writes what is held and the tail, unless something failed, and releases all. */
static int codec_close(struct codec *c, int status)
{
    if (!c->clips)
        return -1; /* was not opened */
    if (!status)
        status = flush(c); /* a stream without clips stays one */
    if (!status)
        say_lengths(c);
    forget(c);
    forget_clip(&c->clips[0]); /* where it has begun and not ended */
    free(c->clips);
    kind_of(c)->end(c);
    pool_free(c->pool);
    status = output_end(&c->out, status);
    model_free(&c->m);
    return status;
}

static int codec_run(struct codec c, struct reader *r)
{
    int status;

    c.from = reader_label(r);
    c.noise = !strcmp(reader_kind(r), "noise");
    status = codec_open(&c);
    if (!status && kind_of(&c)->parts)
        reader_parts(r);
    if (!status)
        status = c.way == CODEC_DECODE ? decode_all(&c, r) : encode_all(&c, r);
    return codec_close(&c, status);
}

int codec_encode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how)
{
    return codec_run((struct codec){.path = model, .out = {.fd = fd, .label = label}, .how = how}, r);
}

int codec_decode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how)
{
    return codec_run((struct codec){.path = model, .out = {.fd = fd, .label = label}, .how = how, .way = CODEC_DECODE},
                     r);
}

struct codec *codec_draw_begin(const char *model, const struct meta *head, int fd, const char *label,
                               struct codec_options how)
{
    struct codec *c = mem_alloc(sizeof *c);

    *c = (struct codec){.path = model,
                        .out = {.fd = fd, .label = label},
                        .how = how,
                        .way = CODEC_DRAW,
                        .from = "the noise",
                        .head = head,
                        .noise = true};
    if (!codec_open(c))
        return c;
    codec_draw_end(c, -1);
    return NULL;
}

int codec_draw(struct codec *c, const struct frame *f)
{
    return decode_frame(c, f);
}

int codec_draw_end(struct codec *c, int status)
{
    status = codec_close(c, status);
    free(c);
    return status;
}
