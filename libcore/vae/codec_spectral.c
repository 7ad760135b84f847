/* The spectral network over streams: each clip in pieces of bounded size, as
 * many clips at once as there are threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dsp/vocoder.h"
#include "nn/layers.h"
#include "vae/codec_private.h"
#include "vae/dataset.h"
#include "vae/front.h"
#include "vae/prior.h"

enum { PIECE = 128 };            /* latent frames that go through the network at once */

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

/* A graph and a vocoder for each thread. */
struct worker {
    struct spectral_graph g;
    struct vocoder *vocoder;
    float *magnitude;
};

struct work {
    struct codec *c;
    struct front front;
    int context, graph_frames;   /* in frames, multiples of the stride */
    struct worker *workers;
    struct job *jobs;
    int held, room;
    int64_t clips;
    const float *mean, *sd, *most;
    double floor;
};

static const float *statistic(const struct work *w, const char *name)
{
    return w->c->m.params->theta + params_find(w->c->m.params, name)->offset;
}

static int begin(struct work *w, struct reader *model, int parts)
{
    struct codec *c = w->c;
    const struct spectral *s = &c->m.spectral;
    int status;

    w->room = pool_threads(c->pool);
    w->workers = mem_zero((size_t)w->room, sizeof *w->workers);
    w->jobs = mem_zero((size_t)w->room, sizeof *w->jobs);
    w->context = spectral_context(s);
    w->graph_frames = PIECE * s->stride + w->context;
    front_set(&w->front, c->m.rate, c->m.fft, c->m.hop, c->m.corner);
    w->workers[0].g = spectral_build(s, parts, c->m.params, 1, w->graph_frames, NULL);
    prior_declare(w->workers[0].g.net, s->latent);
    if (features_channels(w->front.bands) != s->features) {
        reader_free(model);
        return error_set("%s: the front end has %d channels, the network %d", c->path, features_channels(w->front.bands),
                         s->features);
    }
    status = model_fill(&c->m, model, c->path, w->workers[0].g.net);
    for (int i = 1; i < w->room && !status; i++) {
        w->workers[i].g = spectral_build(s, parts, c->m.params, 1, w->graph_frames, NULL);
        status = net_plan(w->workers[i].g.net, 0, false);
    }
    if (status)
        return status;
    w->mean = statistic(w, "front/mean");
    w->sd = statistic(w, "front/sd");
    w->most = statistic(w, "front/most");
    w->floor = (double)*statistic(w, "front/floor");
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
        free(j->logvar);
    }
    w->held = 0;
}

static void end(struct work *w)
{
    forget(w);
    for (int i = 0; w->workers && i < w->room; i++) {
        net_free(w->workers[i].g.net);
        if (w->workers[i].vocoder)
            vocoder_free(w->workers[i].vocoder);
        free(w->workers[i].magnitude);
    }
    free(w->workers);
    free(w->jobs);
    front_end(&w->front);
}

/* Where the piece begins whose results are wanted from frame from on. */
static int64_t piece_start(const struct work *w, int64_t from)
{
    return from > w->context ? from - w->context : 0;
}

/* ---- encoding ---- */

/* Standardised levels of frames first .. into the graph's input, the clip's last one repeated beyond its end. */
static void load_frames(const struct work *w, const struct worker *k, const struct job *j, int64_t first)
{
    int64_t all = features_frames(w->front.bands, j->samples);
    int have = all - first < w->graph_frames ? (int)(all - first) : w->graph_frames;
    int channels = w->c->m.spectral.features;
    size_t stride = (size_t)w->graph_frames;
    float *y = k->g.y->y;

    front_levels(&w->front, j->in, j->samples, j->level > 0 ? FRONT_LEVEL / j->level : 1, w->floor, first, have, y, stride);
    front_standardise(channels, have, stride, w->mean, w->sd, y);
    for (int c = 0; c < channels; c++)
        for (int t = have; t < w->graph_frames; t++)
            y[(size_t)c * stride + (size_t)t] = y[(size_t)c * stride + (size_t)have - 1];
}

static void encode_job(void *arg, int task, int worker)
{
    struct work *w = arg;
    struct job *j = &w->jobs[task];
    const struct worker *k = &w->workers[worker];
    int stride = w->c->m.spectral.stride, latent = w->c->m.spectral.latent, width = w->graph_frames / stride;
    size_t count;

    j->level = front_rms(j->in, j->samples);
    j->frames = (features_frames(w->front.bands, j->samples) + stride - 1) / stride;
    count = (size_t)latent * (size_t)j->frames;
    j->mean = mem_alloc(count * sizeof(float));
    j->logvar = mem_alloc(count * sizeof(float));
    j->out = mem_alloc(count * sizeof(float));
    for (int64_t at = 0; at < j->frames; ) {
        int64_t start = piece_start(w, at * stride) / stride, stop = start + width < j->frames ? start + width : j->frames;

        load_frames(w, k, j, start * stride);
        net_forward(k->g.net);
        for (int d = 0; d < latent; d++)
            for (int64_t t = at; t < stop; t++) {
                j->mean[d * j->frames + t] = k->g.mean->y[d * width + t - start];
                j->logvar[d * j->frames + t] = k->g.logvar->y[d * width + t - start];
            }
        at = stop;
    }
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
    const struct model *m = &w->c->m;
    struct tensor t;
    double rate;

    if (audio_tensor(r, f, &t) || audio_rate(r, f, &rate))
        return -1;
    if (rate < m->rate || rate > m->rate)
        return error_set("%s: clip '%s' is at %g Hz, the model was trained at %g Hz: use cv-load -r %g",
                         reader_label(r), f->name, rate, m->rate, m->rate);
    if (t.shape[1] != 1)
        return error_set("%s: clip '%s' has %lld channels, the model takes one: load without cv-load -c",
                         reader_label(r), f->name, (long long)t.shape[1]);
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

/* Frames first .. first + count - 1 of the graph's output as magnitudes per bin, at the clip's level. */
static void magnitudes(const struct work *w, struct worker *k, const struct job *j, int first, int count)
{
    int channels = w->c->m.spectral.features, bins = features_bins(w->front.bands);
    double gain = j->level / FRONT_LEVEL, least = 1.05 * w->floor;
    float *level = mem_alloc((size_t)channels * sizeof *level);

    for (int t = 0; t < count; t++) {
        float *m = k->magnitude + (size_t)t * (size_t)bins;

        for (int c = 0; c < channels; c++) {
            float y = k->g.out->y[(size_t)c * (size_t)w->graph_frames + (size_t)(first + t)];

            y = y < w->most[c] ? y : w->most[c];
            level[c] = y * w->sd[c] + w->mean[c];
        }
        features_unwarp(w->front.bands, level, m);
        for (int b = 0; b < bins; b++) {
            double v = exp((double)m[b]);

            m[b] = v > least ? (float)(v * gain) : 0;
        }
    }
    free(level);
}

static void decode_job(void *arg, int task, int worker)
{
    struct work *w = arg;
    struct job *j = &w->jobs[task];
    struct worker *k = &w->workers[worker];
    int stride = w->c->m.spectral.stride, latent = w->c->m.spectral.latent, width = w->graph_frames / stride;
    size_t done = 0;

    if (!k->vocoder) {
        struct vocoder_how how = vocoder_defaults();

        how.seed = w->c->how.seed;
        k->vocoder = vocoder_new(w->c->m.fft, how);
        k->magnitude = mem_alloc((size_t)w->graph_frames * (size_t)features_bins(w->front.bands) * sizeof(float));
    }
    if (j->noise) {
        struct prior_state state = {NULL};

        prior_run(w->c->m.params, latent, &state, j->in, (int)j->frames);
        free(state.past);
    }
    j->out = mem_alloc((size_t)j->samples * sizeof(float));
    vocoder_begin(k->vocoder, j->samples);
    for (int64_t at = 0; at < j->frames; ) {
        int64_t start = piece_start(w, at * stride) / stride, stop = start + width < j->frames ? start + width : j->frames;

        for (int d = 0; d < latent; d++)
            for (int64_t t = 0; t < width; t++)
                k->g.z->y[d * width + t] = start + t < j->frames ? j->in[d * j->frames + start + t] : 0;
        net_forward(k->g.net);
        magnitudes(w, k, j, (int)(at - start) * stride, (int)(stop - at) * stride);
        vocoder_push(k->vocoder, k->magnitude, (int)(stop - at) * stride);
        done += vocoder_pull(k->vocoder, j->out + done, (size_t)j->samples - done);
        at = stop;
    }
    vocoder_end(k->vocoder);
    while (done < (size_t)j->samples)
        done += vocoder_pull(k->vocoder, j->out + done, (size_t)j->samples - done);
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
    int64_t all = frames * w->c->m.spectral.stride * w->front.hop, n = noise ? w->c->m.samples : all;

    if (!meta_get_int(f->meta, "samples", &n))
        meta_get_int(reader_meta(r), "samples", &n);
    return n > 0 && n <= all ? n : all;
}

static int decode_frame(struct work *w, const struct reader *r, const struct frame *f)
{
    int latent = w->c->m.spectral.latent;
    const struct tensor *t = codec_latent(r, f, latent);
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
    if (j->level < 0 || j->level > 1e6)
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
