/* Clips in chunks: decoded and encoded as if they were whole, by any worker. */
#include "model/chunks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { RATE = 3000, STRIDE = 2, LATENT = 6, FRAMES = 300, THREADS = 2 }; /* latent frames: more than two chunks */

struct rig {
    struct spectral_input input;
    struct spectral shape;
    struct params *params;
    struct spectral_graph whole; /* encoder and decoder over all frames at once */
    struct chunks chunks;
};

static void rig_begin(struct rig *r)
{
    struct rng random = rng_new(3, 0);

    input_begin(&r->input, RATE, 1, false);
    r->shape = (struct spectral){input_features(&r->input), 12, LATENT, STRIDE};
    r->params = params_new();
    r->whole = spectral_build(&r->shape, SPECTRAL_ALL, r->params, 1, FRAMES, NULL);
    input_declare(r->whole.net, r->shape.features);
    net_plan(r->whole.net, 1, true);
    rng_normal(&random, r->params->theta, r->params->total);
    for (size_t i = 0; i < r->params->total; i++)
        r->params->theta[i] *= 0.1f;
    *params_values(r->params, "front/scale") = 1;
    *params_values(r->params, "front/loudest") = 1;
    *params_values(r->params, "front/floor") = -20;
    chunks_over(&r->chunks, &r->shape, &r->input, r->params, THREADS);
}

static void rig_end(struct rig *r)
{
    chunks_end(&r->chunks);
    net_free(r->whole.net);
    params_free(r->params);
    input_end(&r->input);
}

static float *normal(size_t count, uint64_t stream)
{
    float *x = mem_alloc(count * sizeof *x);
    struct rng r = rng_new(7, stream);

    rng_normal(&r, x, count);
    return x;
}

static double farthest(const float *a, const float *b, size_t count)
{
    double far = 0;

    for (size_t i = 0; i < count; i++)
        far = fmax(far, fabs((double)(a[i] - b[i])));
    return far;
}

struct taken {
    const struct rig *r;
    float *y;     /* [FRAMES, stride x features] */
    int64_t next; /* frame that is to come */
    bool in_order;
};

static void take(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows)
{
    struct taken *t = arg;
    size_t size = (size_t)(t->r->shape.stride * t->r->shape.features);

    t->in_order &= first == t->next;
    t->next = first + rows;
    memcpy(t->y + (size_t)first * size, g->out->y + (size_t)offset * size, (size_t)rows * size * sizeof *t->y);
}

/* By differences in what is stacked and in what comes of the context: the same as over all frames at once. */
static void test_decode(struct rig *r)
{
    size_t size = (size_t)(STRIDE * r->shape.features), count = FRAMES * size;
    float *z = normal(FRAMES * LATENT, 1);
    struct taken a = {r, mem_zero(count, sizeof(float)), 0, true}, b = {r, mem_zero(count, sizeof(float)), 0, true};
    struct spectral_graph g = spectral_build(&r->shape, SPECTRAL_DECODER, r->params, 1, FRAMES, NULL);

    net_plan(g.net, 0, false);
    memcpy(g.z->y, z, FRAMES * LATENT * sizeof *z);
    net_forward(g.net);
    chunks_decode(&r->chunks, 0, z, FRAMES, take, &a);
    chunks_decode(&r->chunks, 1, z, FRAMES, take, &b);
    check(a.in_order && a.next == FRAMES, "chunks come in order, and all");
    check(farthest(a.y, g.out->y, count) < 1e-5, "in chunks as whole (%g)", farthest(a.y, g.out->y, count));
    check(!memcmp(a.y, b.y, count * sizeof(float)), "the same bits by another worker");
    net_free(g.net);
    free(a.y);
    free(b.y);
    free(z);
}

static void test_encode(struct rig *r)
{
    int64_t samples = (int64_t)FRAMES * STRIDE * r->input.hop - 100;
    float *x = normal((size_t)samples, 2), *mean, *y, *whole;
    struct chunk_clip clip;
    int64_t frames;

    for (int64_t i = 0; i < samples; i++)
        x[i] *= 0.1f;
    clip = chunks_clip(&r->chunks, NULL, x, samples);
    check(fabs(clip.level - 0.1) < 0.01, "a level of %g", clip.level);
    frames = chunks_latents(&r->chunks, &clip);
    check(frames >= FRAMES - 2 && frames <= FRAMES + 2, "%lld latents", (long long)frames);
    mean = mem_alloc((size_t)frames * LATENT * sizeof *mean);
    whole = mem_alloc((size_t)frames * LATENT * sizeof *whole);
    y = mem_alloc((size_t)(frames * STRIDE * r->shape.features) * sizeof *y);
    chunks_encode(&r->chunks, &clip, frames, mean);
    chunks_levels(&r->chunks, &clip, 0, (int)frames * STRIDE, y);
    chunks_means(&r->chunks, y, (int)frames, whole);
    check(farthest(mean, whole, (size_t)frames * LATENT) < 1e-4, "encoded in chunks as whole");
    free(x);
    free(y);
    free(mean);
    free(whole);
}

/* A sound has the level that its clip says, and is the same by any worker. */
static void test_sound(struct rig *r)
{
    enum { N = 20000 };
    float *z = normal(FRAMES * LATENT, 3), *a = mem_alloc(N * sizeof *a), *b = mem_alloc(N * sizeof *b);
    struct chunk_clip clip = {NULL, N, 0.2, input_timing(&r->input, NULL, NULL, 0)};
    struct chunk_sound how = chunks_how(false, 5);

    for (int c = 0; c < r->shape.features; c++)
        params_values(r->params, "front/most")[c] = 5;
    how.phases.iterations = 1;
    chunks_sound(&r->chunks, 0, &clip, z, FRAMES, &how, a);
    chunks_sound(&r->chunks, 1, &clip, z, FRAMES, &how, b);
    check(!memcmp(a, b, N * sizeof *a), "the same sound by any worker");
    check(fabs(input_level(&r->input, a, N) - 0.2) < 0.002, "at the level of the clip: %g",
          input_level(&r->input, a, N));
    free(a);
    free(b);
    free(z);
}

static void test_turn(void)
{
    const float x[6] = {1, 2, 3, 4, 5, 6}, want[6] = {1, 4, 2, 5, 3, 6};
    float y[6];

    chunks_turn(x, 2, 3, y);
    check(!memcmp(y, want, sizeof y), "rows become columns");
}

int main(void)
{
    struct rig r;

    rig_begin(&r);
    test_decode(&r);
    test_encode(&r);
    test_sound(&r);
    test_turn();
    rig_end(&r);
    return check_done();
}
