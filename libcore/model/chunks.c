/* Graphs of one size, each chunk with the context before it that its frames depend on. The sound is in sound.c. */
#include "model/chunks_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/linalg.h"
#include "model/prior.h"

/* The graphs of all threads, over parameters that are there. */
static void build(struct chunks *p, const struct spectral *shape, struct params *params, int parts, int threads)
{
    p->shape = *shape;
    p->params = params;
    p->v = input_values(params);
    p->threads = threads;
    p->workers = mem_zero((size_t)threads, sizeof *p->workers);
    for (int i = 0; parts && i < threads; i++) {
        p->workers[i].decoder = spectral_build(shape, parts, params, 1, DECODER_ROWS, NULL);
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
    p->gain = m->gain;
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
        net_free(p->workers[i].decoder.net);
        sound_free(p->workers[i].sound);
    }
    free(p->workers);
    input_end(&p->input);
}

/* ---- levels and latents ---- */

struct chunk_clip chunks_clip(const struct chunks *p, const struct meta *meta, const float *x, int64_t samples)
{
    double level;

    if (!meta_get_real(meta, "level", &level))
        level = input_level(&p->input, x, samples);
    return (struct chunk_clip){
        .x = x, .samples = samples, .level = level, .timing = input_timing(&p->input, meta, x, samples)};
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

    input_levels(&p->input, clip->timing.grid, clip->x, clip->from, clip->samples, input_gain(clip->level), first, have,
                 y);
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

/* Of a chunk, all its rows. */
static void chunk_means(const struct chunks *p, const float *y, float *mean)
{
    int n = p->shape.stride * p->shape.features, latent = p->shape.latent;
    const float *bias = params_values(p->params, "enc/linear/bias");

    for (int t = 0; t < CHUNK; t++)
        memcpy(mean + (size_t)t * (size_t)latent, bias, (size_t)latent * sizeof *mean);
    gemm(false, true, CHUNK, latent, n, y, n, params_values(p->params, "enc/linear/kernel"), n, 1, mean, latent);
}

void chunks_means(const struct chunks *p, const float *y, int64_t rows, float *mean)
{
    size_t n = (size_t)p->shape.stride * (size_t)p->shape.features, latent = (size_t)p->shape.latent;
    float *last = rows % CHUNK ? mem_floats(CHUNK * (n + latent)) : NULL, *z = last + CHUNK * n;
    int64_t at = 0;

    for (; at + CHUNK <= rows; at += CHUNK)
        chunk_means(p, y + (size_t)at * n, mean + (size_t)at * latent);
    if (last) {
        memcpy(last, y + (size_t)at * n, (size_t)(rows - at) * n * sizeof *y);
        chunk_means(p, last, z);
        memcpy(mean + (size_t)at * latent, z, (size_t)(rows - at) * latent * sizeof *z);
    }
    free(last);
}

/* The latents that come next, up to frames in all, of what there is of the clip; at most the rest of a chunk. mean: the
 * chunk's. Returns how many. */
static int encode_some(struct chunk_encoder *e, int64_t frames)
{
    const struct spectral *s = &e->p->shape;
    int row = (int)(e->next % CHUNK), count = frames - e->next < CHUNK - row ? (int)(frames - e->next) : CHUNK - row;

    if (count <= 0)
        return 0;
    chunks_levels(e->p, &e->clip, e->next * s->stride, count * s->stride,
                  e->y + (size_t)(row * s->stride) * (size_t)s->features);
    chunk_means(e->p, e->y, e->mean);
    e->next += count;
    return count;
}

void chunks_encode_begin(struct chunk_encoder *e, const struct chunks *p, double level, struct timing timing)
{
    size_t latent = (size_t)p->shape.latent, n = (size_t)p->shape.stride * (size_t)p->shape.features;

    *e = (struct chunk_encoder){.p = p, .clip = {.level = level, .timing = timing}};
    e->y = mem_floats(CHUNK * n);
    e->mean = mem_floats(CHUNK * latent);
}

void chunks_encode_end(struct chunk_encoder *e)
{
    free(e->kept);
    free(e->y);
    free(e->mean);
    *e = (struct chunk_encoder){0};
}

/* Samples from the first on that a frame still sees, and count more. At the end of the clip a frame whose middle is there
 * sees one sample before its own by reflection. */
static void keep(struct chunk_encoder *e, const float *x, int64_t count)
{
    struct chunk_clip *c = &e->clip;
    int64_t begin = grid_at(c->timing.grid, e->next * e->p->shape.stride) - e->p->input.fft / 2 - 1, have, more;
    float *all;

    begin = begin > c->from ? begin : c->from;
    have = c->samples - begin;
    more = have + count;
    all = mem_alloc((size_t)(e->p->input.channels * more + 1) * sizeof *all);
    for (int64_t i = 0; i < e->p->input.channels; i++) {
        if (have > 0)
            memcpy(all + i * more, e->kept + i * (c->samples - c->from) + (begin - c->from), (size_t)have * sizeof *x);
        memcpy(all + i * more + have, x + i * count, (size_t)count * sizeof *x);
    }
    free(e->kept);
    e->kept = all;
    c->x = all;
    c->from = begin;
    c->samples += count;
}

/* Latents of which all frames are there, whatever comes. */
static int64_t known(const struct chunk_encoder *e)
{
    struct grid grid = e->clip.timing.grid;
    int64_t half = e->p->input.fft / 2, n = e->next, first = grid_at(grid, 0) - half;

    while (grid_at(grid, (n + 1) * e->p->shape.stride - 1) + half <= e->clip.samples && -first < e->clip.samples)
        n++;
    return n;
}

int64_t chunks_encode_push(struct chunk_encoder *e, const float *x, int64_t count, bool last, float **mean)
{
    size_t latent = (size_t)e->p->shape.latent;
    int64_t from = e->next, all;

    if (last && !e->kept) {
        e->clip.x = x; /* all of it */
        e->clip.samples = count;
    } else {
        keep(e, x, count);
    }
    all = last ? chunks_latents(e->p, &e->clip) : known(e);
    *mean = mem_alloc((size_t)(all - from + 1) * latent * sizeof **mean);
    while (e->next < all) {
        int64_t at = e->next;
        int rows = encode_some(e, all);

        memcpy(*mean + (size_t)(at - from) * latent, e->mean + (size_t)(at % CHUNK) * latent,
               (size_t)rows * latent * sizeof **mean);
    }
    return all - from;
}

void chunks_encode(const struct chunks *p, const struct chunk_clip *clip, int64_t frames, float *mean)
{
    size_t latent = (size_t)p->shape.latent;
    struct chunk_encoder e;
    int rows;

    chunks_encode_begin(&e, p, clip->level, clip->timing);
    e.clip = *clip;
    while ((rows = encode_some(&e, frames)) > 0)
        memcpy(mean + (size_t)(e.next - rows) * latent, e.mean + (size_t)((e.next - rows) % CHUNK) * latent,
               (size_t)rows * latent * sizeof *mean);
    chunks_encode_end(&e);
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

void decode_begin(const struct chunks *p, int worker)
{
    const struct node *z = p->workers[worker].decoder.z;

    p->workers[worker].start = p->workers[worker].have = 0;
    memset(z->y, 0, (size_t)(DECODER_ROWS * p->shape.latent) * sizeof *z->y);
}

void decode_push(const struct chunks *p, int worker, const float *z, int64_t frames, chunk_take *take, void *arg)
{
    struct chunk_worker *k = &p->workers[worker];
    const struct spectral_graph *g = &k->decoder;
    size_t latent = (size_t)p->shape.latent;

    while (frames > 0) {
        int rows;

        if (k->have == DECODER_ROWS) {
            memmove(g->z->y, g->z->y + CHUNK * latent, SPECTRAL_CONTEXT * latent * sizeof *z);
            memset(g->z->y + SPECTRAL_CONTEXT * latent, 0, CHUNK * latent * sizeof *z);
            k->start += CHUNK;
            k->have = SPECTRAL_CONTEXT;
        }
        rows = frames < DECODER_ROWS - k->have ? (int)frames : DECODER_ROWS - k->have;
        memcpy(g->z->y + (size_t)k->have * latent, z, (size_t)rows * latent * sizeof *z);
        net_forward(g->net);
        take(arg, g, k->start + k->have, k->have, rows);
        k->have += rows;
        frames -= rows;
        z += (size_t)rows * latent;
    }
}

void chunks_decode(const struct chunks *p, int worker, const float *z, int64_t frames, chunk_take *take, void *arg)
{
    decode_begin(p, worker);
    decode_push(p, worker, z, frames, take, arg);
}
