/* Graphs of one size, each chunk with the context before it that its frames depend on. */
#include "model/chunks.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/linalg.h"
#include "nn/layers.h"
#include "model/prior.h"

enum { PIECE = 128 }; /* latent frames that go through at once, besides their context */

/* The graphs of all threads, over parameters that are there. */
static void build(struct chunks *p, const struct spectral *shape, struct params *params, int parts, int threads)
{
    p->shape = *shape;
    p->params = params;
    p->v = input_values(params);
    p->rows = PIECE + SPECTRAL_CONTEXT;
    p->threads = threads;
    p->workers = mem_zero((size_t)threads, sizeof *p->workers);
    for (int i = 0; parts && i < threads; i++) {
        p->workers[i].decoder = spectral_build(shape, parts, params, 1, p->rows, NULL);
        net_plan(p->workers[i].decoder.net, 0, false);
    }
}

void chunks_declare(struct net *net, const struct spectral *s, const struct prior_shape *prior, bool components)
{
    input_declare(net, s->features);
    if (components) {
        net_statistic(net, "pca/kernel", 3, (int64_t[]){s->latent, s->stride, s->features}, INIT_ZERO);
        net_statistic(net, "pca/variance", 1, (int64_t[]){s->latent}, INIT_ZERO);
        net_statistic(net, "pca/mean", 2, (int64_t[]){s->stride, s->features}, INIT_ZERO);
    }
    prior_declare(net, prior);
}

void chunks_project(const struct spectral *shape, const struct params *params, float *y, float *scratch)
{
    const float *kernel = params_values(params, "pca/kernel"), *w = params_values(params, "pca/variance");
    const float *mean = params_values(params, "pca/mean");
    size_t n = (size_t)(shape->features * shape->stride);

    for (size_t i = 0; i < n; i++) {
        scratch[i] = y[i] - mean[i];
        y[i] = mean[i];
    }
    for (size_t d = 0; d < (size_t)shape->latent; d++) {
        double z = 0;

        for (size_t i = 0; i < n; i++)
            z += (double)(kernel[d * n + i] * scratch[i]);
        for (size_t i = 0; i < n; i++)
            y[i] += (float)(z * (double)(kernel[d * n + i] * w[d]));
    }
}

int chunks_begin(struct chunks *p, struct model *m, struct reader *file, const char *path, int parts, int threads)
{
    int decoder = parts & (SPECTRAL_DECODER | SPECTRAL_PRIOR), status;
    int all = parts & SPECTRAL_ENCODER && decoder ? SPECTRAL_ALL : parts & (SPECTRAL_ENCODER | decoder);
    struct net *net;

    *p = (struct chunks){0};
    input_set(&p->input, m->rate, m->channels, m->fft, m->hop, m->corner, m->beat);
    if (input_features(&p->input) != m->spectral.features) {
        reader_free(file);
        return error_set("%s: the front end has %d features, the network %d", path, input_features(&p->input),
                         m->spectral.features);
    }
    /* a graph that declares all that is wanted */
    net = spectral_build(&m->spectral, all, m->params, 1, 1, NULL).net;
    chunks_declare(net, &m->spectral, &m->prior, parts & PIECES_COMPONENTS);
    status = model_fill(m, file, path, net);
    net_free(net);
    if (!status)
        build(p, &m->spectral, m->params, decoder, threads);
    return status;
}

void chunks_over(struct chunks *p, const struct spectral *shape, const struct spectral_input *input,
                 struct params *params, int threads)
{
    *p = (struct chunks){0};
    input_set(&p->input, input->rate, input->channels, input->fft, input->hop, input->corner, input->beat);
    build(p, shape, params, SPECTRAL_DECODER | SPECTRAL_PRIOR, threads);
}

void chunks_end(struct chunks *p)
{
    for (int i = 0; p->workers && i < p->threads; i++) {
        struct chunk_worker *k = &p->workers[i];

        net_free(k->decoder.net);
        if (k->vocoder)
            vocoder_free(k->vocoder);
        pan_free(k->pan);
        free(k->magnitude);
    }
    free(p->workers);
    input_end(&p->input);
}

/* ---- levels and latents ---- */

struct chunk_clip chunks_clip(const struct chunks *p, const struct meta *meta, const float *x, int64_t samples)
{
    return (struct chunk_clip){x, samples, input_level(&p->input, x, samples),
                               input_timing(&p->input, meta, x, samples)};
}

int64_t chunks_latents(const struct chunks *p, const struct chunk_clip *clip)
{
    return input_frames(clip->timing.grid, clip->samples, p->shape.stride) / p->shape.stride;
}

void chunks_levels(const struct chunks *p, const struct chunk_clip *clip, int64_t first, int count, float *y)
{
    int64_t all = grid_frames(clip->timing.grid, clip->samples);
    int have = all - first < count ? (int)(all - first) : count;
    size_t features = (size_t)p->shape.features;

    input_levels(&p->input, clip->timing.grid, clip->x, clip->samples, input_gain(clip->level), first, have, y);
    input_standardise(&p->v, y, have);
    for (int t = have; t < count; t++)
        memcpy(y + (size_t)t * features, y + (size_t)(have - 1) * features, features * sizeof *y);
}

void chunks_turn(const float *from, int64_t rows, int64_t columns, float *to)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            to[c * rows + r] = from[r * columns + c];
}

void chunks_means(const struct chunks *p, const float *y, int rows, float *mean)
{
    int n = p->shape.stride * p->shape.features, latent = p->shape.latent;
    const float *bias = params_values(p->params, "enc/linear/bias");

    for (int t = 0; t < rows; t++)
        memcpy(mean + (size_t)t * (size_t)latent, bias, (size_t)latent * sizeof *mean);
    gemm(false, true, rows, latent, n, y, n, params_values(p->params, "enc/linear/kernel"), n, 1, mean, latent);
}

void chunks_encode(const struct chunks *p, const struct chunk_clip *clip, int64_t frames, float *mean)
{
    float *y = mem_alloc((size_t)PIECE * (size_t)p->shape.stride * (size_t)p->shape.features * sizeof *y);

    for (int64_t at = 0; at < frames; at += PIECE) {
        int rows = frames - at < PIECE ? (int)(frames - at) : PIECE;

        chunks_levels(p, clip, at * p->shape.stride, rows * p->shape.stride, y);
        chunks_means(p, y, rows, mean + at * p->shape.latent);
    }
    free(y);
}

void chunks_draw(const struct chunks *p, const float *mean, int64_t frames, float *noise)
{
    const float *logvar = params_values(p->params, "enc/logvar");
    int64_t latent = p->shape.latent;

    for (int64_t d = 0; d < latent; d++) {
        float sd = expf(0.5f * logvar[d]);

        for (int64_t i = d; i < frames * latent; i += latent)
            noise[i] = mean[i] + sd * noise[i];
    }
}

void chunks_decode(const struct chunks *p, int worker, const float *z, int64_t frames, piece_take *take, void *arg)
{
    const struct spectral_graph *g = &p->workers[worker].decoder;
    size_t latent = (size_t)p->shape.latent;

    for (int64_t at = 0; at < frames;) {
        int64_t start = at > SPECTRAL_CONTEXT ? at - SPECTRAL_CONTEXT : 0;
        int64_t stop = start + p->rows < frames ? start + p->rows : frames;
        size_t have = (size_t)(stop - start) * latent;

        memcpy(g->z->y, z + start * p->shape.latent, have * sizeof *z);
        memset(g->z->y + have, 0, ((size_t)p->rows * latent - have) * sizeof *z);
        net_forward(g->net);
        take(arg, g, at, (int)(at - start), (int)(stop - at));
        at = stop;
    }
}

/* ---- sound ---- */

struct chunk_sound chunks_how(bool made, uint64_t seed)
{
    struct chunk_sound how = {made ? 1 : 0.5, made, vocoder_defaults()};

    how.phases.seed = seed;
    return how;
}

struct sound {
    const struct chunks *p;
    struct chunk_worker *k;
    const struct chunk_sound *how;
    double level; /* of the clip: what is over full scale at the end is bounded while phases are found */
    float *scratch, *out;
    float *both; /* of two channels, see input_magnitudes; NULL: there is one */
    size_t done, samples;
};

static void sound_begin(struct sound *s, const struct chunk_clip *clip)
{
    const struct chunks *p = s->p;
    size_t bins = (size_t)features_bins(p->input.bands);
    bool stereo = p->input.channels > 1;

    if (!s->k->vocoder) {
        s->k->vocoder = vocoder_new(p->input.fft, s->how->phases);
        s->k->pan = stereo ? pan_new(p->input.fft) : NULL;
        s->k->magnitude = mem_alloc((size_t)(p->rows * p->shape.stride) * bins * sizeof(float));
    }
    s->samples = (size_t)clip->samples;
    s->level = clip->level;
    s->scratch = mem_alloc((size_t)p->shape.features * sizeof *s->scratch);
    vocoder_begin(s->k->vocoder, clip->timing.grid, clip->samples);
    s->both = stereo ? mem_alloc(3 * bins * sizeof *s->both) : NULL;
    if (stereo)
        pan_begin(s->k->pan, clip->timing.grid, clip->samples);
}

static void sound_pull(struct sound *s)
{
    s->done += vocoder_pull(s->k->vocoder, s->out + s->done, s->samples - s->done);
    if (s->both)
        pan_run(s->k->pan, s->out, (int64_t)s->done);
}

/* Frames of standardised levels into the vocoder, and what is ready out of it. */
static void sound_push(struct sound *s, const float *y, int frames)
{
    size_t bins = (size_t)features_bins(s->p->input.bands);

    for (int t = 0; t < frames; t++) {
        float *row = s->k->magnitude + (size_t)t * bins;

        input_magnitudes(&s->p->input, &s->p->v, y + (size_t)t * (size_t)s->p->shape.features, s->how->lift,
                         s->how->limit, s->level / INPUT_LEVEL, s->scratch, s->both ? s->both : row);
        if (s->both) {
            memcpy(row, s->both, bins * sizeof *row);
            pan_push(s->k->pan, s->both + bins);
        }
    }
    vocoder_push(s->k->vocoder, s->k->magnitude, frames);
    sound_pull(s);
}

/* What decoding has lost or added of the clip's level, within bounds: near silence stays near silence. */
static void bring_to_level(const struct spectral_input *f, float *x, int64_t samples, double level)
{
    const double most = 4;
    double is = input_level(f, x, samples), gain = is > 0 ? level / is : 1;

    gain = gain > most ? most : gain;
    for (int64_t i = 0; i < f->channels * samples; i++)
        x[i] *= (float)gain;
}

static void sound_end(struct sound *s, const struct chunk_clip *clip)
{
    vocoder_end(s->k->vocoder);
    while (s->done < s->samples)
        sound_pull(s);
    if (s->both)
        pan_end(s->k->pan, s->out);
    bring_to_level(&s->p->input, s->out, clip->samples, clip->level);
    free(s->scratch);
    free(s->both);
}

static void take_sound(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows)
{
    struct sound *s = arg;
    int stride = s->p->shape.stride;

    (void)first;
    sound_push(s, g->out->y + (size_t)(offset * stride) * (size_t)s->p->shape.features, rows * stride);
}

void chunks_sound(const struct chunks *p, int worker, const struct chunk_clip *clip, const float *z, int64_t frames,
                  const struct chunk_sound *how, float *out)
{
    struct sound s = {.p = p, .k = &p->workers[worker], .how = how, .out = out};

    sound_begin(&s, clip);
    chunks_decode(p, worker, z, frames, take_sound, &s);
    sound_end(&s, clip);
}

void chunks_play(const struct chunks *p, int worker, const struct chunk_clip *clip, piece_levels *levels, void *arg,
                 const struct chunk_sound *how, float *out)
{
    struct sound s = {.p = p, .k = &p->workers[worker], .how = how, .out = out};
    int64_t frames = chunks_latents(p, clip) * p->shape.stride;
    int most = PIECE * p->shape.stride;
    float *y = mem_alloc((size_t)most * (size_t)p->shape.features * sizeof *y);

    sound_begin(&s, clip);
    for (int64_t at = 0; at < frames; at += most) {
        int count = frames - at < most ? (int)(frames - at) : most;

        levels(arg, at, count, y);
        sound_push(&s, y, count);
    }
    sound_end(&s, clip);
    free(y);
}
