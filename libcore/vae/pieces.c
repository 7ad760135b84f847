/* Pieces: graphs of one size, each piece with the context before it that its frames depend on. */
#include "vae/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "vae/prior.h"

enum { PIECE = 128 };            /* latent frames that go through at once, besides their context */

const float *pieces_values(const struct pieces *p, const char *name)
{
    return p->m->params->theta + params_find(p->m->params, name)->offset;
}

float *pieces_weights(const struct pieces *p)
{
    const struct param *q = params_find(p->m->params, "dec/linear/kernel");
    size_t latent = (size_t)p->m->spectral.latent, each = q->count / latent;
    float *weights = mem_alloc(latent * sizeof *weights);

    for (size_t d = 0; d < latent; d++) {
        const float *row = p->m->params->theta + q->offset + d * each;
        double sum = 0;

        for (size_t i = 0; i < each; i++)
            sum += (double)row[i] * (double)row[i];
        weights[d] = (float)sqrt(sum);
    }
    return weights;
}

static void build(const struct pieces *p, struct piece_worker *k, int parts)
{
    const struct spectral *s = &p->m->spectral;

    if (parts & SPECTRAL_ENCODER)
        k->encoder = spectral_build(s, SPECTRAL_ENCODER, p->m->params, 1, p->frames, NULL);
    if (parts & SPECTRAL_DECODER)
        k->decoder = spectral_build(s, parts & ~SPECTRAL_ENCODER, p->m->params, 1, p->frames, NULL);
}

/* All graphs but the one that model_fill has planned. */
static int plan_rest(struct pieces *p, int parts, const struct net *planned)
{
    for (int i = 0; i < p->threads; i++) {
        struct piece_worker *k = &p->workers[i];

        if (i > 0)
            build(p, k, parts);
        if (k->encoder.net && k->encoder.net != planned && net_plan(k->encoder.net, 0, false))
            return -1;
        if (k->decoder.net && k->decoder.net != planned && net_plan(k->decoder.net, 0, false))
            return -1;
    }
    return 0;
}

int pieces_begin(struct pieces *p, struct model *m, struct reader *file, const char *path, int parts,
                 int threads)
{
    const struct spectral *s = &m->spectral;
    struct net *first;

    *p = (struct pieces){.m = m, .threads = threads, .context = spectral_context(s),
                         .iterations = vocoder_defaults().iterations};
    p->workers = mem_zero((size_t)threads, sizeof *p->workers);
    p->frames = PIECE * s->stride + p->context;
    front_set(&p->front, m->rate, m->fft, m->hop, m->corner, m->beat);
    if (features_channels(p->front.bands) != s->features) {
        reader_free(file);
        return error_set("%s: the front end has %d channels, the network %d", path,
                         features_channels(p->front.bands), s->features);
    }
    build(p, &p->workers[0], parts);
    first = parts & SPECTRAL_ENCODER ? p->workers[0].encoder.net : p->workers[0].decoder.net;
    prior_declare(first, &m->prior);
    if (model_fill(m, file, path, first) || plan_rest(p, parts, first))
        return -1;
    p->mean = pieces_values(p, "front/mean");
    p->sd = pieces_values(p, "front/sd");
    p->most = pieces_values(p, "front/most");
    p->floor = (double)*pieces_values(p, "front/floor");
    return 0;
}

void pieces_end(struct pieces *p)
{
    for (int i = 0; p->workers && i < p->threads; i++) {
        struct piece_worker *k = &p->workers[i];

        net_free(k->encoder.net);
        net_free(k->decoder.net);
        if (k->vocoder)
            vocoder_free(k->vocoder);
        free(k->magnitude);
    }
    free(p->workers);
    front_end(&p->front);
}

struct piece_clip pieces_clip(const struct pieces *p, const struct meta *meta, const float *x, int64_t samples)
{
    return (struct piece_clip){x, samples, front_rms(x, samples), front_timing(&p->front, meta, x, samples)};
}

int64_t pieces_latents(const struct pieces *p, const struct piece_clip *clip)
{
    int stride = p->m->spectral.stride;

    return front_frames(clip->timing.grid, clip->samples, stride) / stride;
}

/* Where the piece begins whose results are wanted from latent frame at on; both in latent frames. */
static int64_t piece_start(const struct pieces *p, int64_t at)
{
    int64_t context = p->context / p->m->spectral.stride;

    return at > context ? at - context : 0;
}

void pieces_levels(const struct pieces *p, const struct piece_clip *clip, int64_t first, int count, float *y)
{
    struct grid grid = clip->timing.grid;
    int64_t all = grid_frames(grid, clip->samples);
    int have = all - first < count ? (int)(all - first) : count, channels = p->m->spectral.features;
    size_t stride = (size_t)count;

    front_levels(&p->front, grid, clip->x, clip->samples, clip->level > 0 ? FRONT_LEVEL / clip->level : 1,
                 p->floor, first, have, y, stride);
    front_standardise(channels, have, stride, p->mean, p->sd, y);
    for (int c = 0; c < channels; c++)
        for (int t = have; t < count; t++)
            y[(size_t)c * stride + (size_t)t] = y[(size_t)c * stride + (size_t)have - 1];
}

void pieces_encode(const struct pieces *p, int worker, const struct piece_clip *clip, float *mean,
                   float *logvar, float *linear)
{
    const struct spectral_graph *g = &p->workers[worker].encoder;
    int stride = p->m->spectral.stride, latent = p->m->spectral.latent, width = p->frames / stride;
    int64_t frames = pieces_latents(p, clip);

    for (int64_t at = 0; at < frames; ) {
        int64_t start = piece_start(p, at), stop = start + width < frames ? start + width : frames;
        size_t bytes = (size_t)(stop - at) * sizeof(float);

        pieces_levels(p, clip, start * stride, p->frames, g->y->y);
        net_forward(g->net);
        for (int d = 0; d < latent; d++) {
            memcpy(mean + d * frames + at, g->mean->y + d * width + at - start, bytes);
            memcpy(logvar + d * frames + at, g->logvar->y + d * width + at - start, bytes);
            if (linear)
                memcpy(linear + d * frames + at, g->linear_mean->y + d * width + at - start, bytes);
        }
        at = stop;
    }
}

void pieces_decode(const struct pieces *p, int worker, const float *z, int64_t frames, piece_take *take,
                   void *arg)
{
    const struct spectral_graph *g = &p->workers[worker].decoder;
    int stride = p->m->spectral.stride, latent = p->m->spectral.latent, width = p->frames / stride;

    for (int64_t at = 0; at < frames; ) {
        int64_t start = piece_start(p, at), stop = start + width < frames ? start + width : frames;

        for (int d = 0; d < latent; d++)
            for (int64_t t = 0; t < width; t++)
                g->z->y[d * width + t] = start + t < frames ? z[d * frames + start + t] : 0;
        net_forward(g->net);
        take(arg, g, at * stride, (int)(at - start) * stride, (int)(stop - at) * stride);
        at = stop;
    }
}

/* ---- sound ---- */

struct sound {
    const struct pieces *p;
    struct piece_worker *k;
    bool linear;
    double level;
    float *out;
    size_t done, samples;
};

/* Frames offset .. offset + count - 1 of the decoder's output as magnitudes per bin, at the clip's level. */
static void magnitudes(const struct sound *s, const float *y, int offset, int count)
{
    const struct pieces *p = s->p;
    int channels = p->m->spectral.features, bins = features_bins(p->front.bands);
    double gain = s->level / FRONT_LEVEL, least = 1.05 * p->floor;
    float *level = mem_alloc((size_t)channels * sizeof *level);

    for (int t = 0; t < count; t++) {
        float *m = s->k->magnitude + (size_t)t * (size_t)bins;

        for (int c = 0; c < channels; c++) {
            float v = y[(size_t)c * (size_t)p->frames + (size_t)(offset + t)];

            v = v < p->most[c] ? v : p->most[c];
            level[c] = v * p->sd[c] + p->mean[c];
        }
        features_unwarp(p->front.bands, level, m);
        for (int b = 0; b < bins; b++) {
            double v = exp((double)m[b]);

            m[b] = v > least ? (float)(v * gain) : 0;
        }
    }
    free(level);
}

static void take_sound(void *arg, const struct spectral_graph *g, int64_t first, int offset, int count)
{
    struct sound *s = arg;

    (void)first;
    magnitudes(s, s->linear ? g->linear_out->y : g->out->y, offset, count);
    vocoder_push(s->k->vocoder, s->k->magnitude, count);
    s->done += vocoder_pull(s->k->vocoder, s->out + s->done, s->samples - s->done);
}

/* What decoding has lost or added of the clip's level, within bounds: near silence stays near silence. */
static void bring_to_level(float *x, int64_t samples, double level)
{
    const double most = 4;
    double rms = front_rms(x, samples), gain = rms > 0 ? level / rms : 1;

    gain = gain > most ? most : gain;
    for (int64_t i = 0; i < samples; i++)
        x[i] *= (float)gain;
}

void pieces_sound(const struct pieces *p, int worker, const struct piece_clip *clip, const float *z,
                  int64_t frames, bool linear, uint64_t seed, float *out)
{
    struct piece_worker *k = &p->workers[worker];
    struct sound s = {p, k, linear, clip->level, out, 0, (size_t)clip->samples};

    if (!k->vocoder) {
        struct vocoder_how how = vocoder_defaults();

        how.seed = seed;
        how.iterations = p->iterations;
        k->vocoder = vocoder_new(p->m->fft, how);
        k->magnitude = mem_alloc((size_t)p->frames * (size_t)features_bins(p->front.bands) * sizeof(float));
    }
    vocoder_begin(k->vocoder, clip->timing.grid, clip->samples);
    pieces_decode(p, worker, z, frames, take_sound, &s);
    vocoder_end(k->vocoder);
    while (s.done < s.samples)
        s.done += vocoder_pull(k->vocoder, out + s.done, s.samples - s.done);
    bring_to_level(out, clip->samples, clip->level);
}
