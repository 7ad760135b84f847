/* Clips in chunks: decoded and encoded as if they were whole, by any worker, in parts however they are cut. */
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

static void rig_begin(struct rig *r, int channels, bool beat, int stride)
{
    struct rng random = rng_new(3, 0);

    input_begin(&r->input, RATE, channels, beat);
    r->shape = (struct spectral){input_features(&r->input), 12, LATENT, stride};
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
    for (int c = 0; c < r->shape.features; c++)
        params_values(r->params, "front/most")[c] = 5;
    chunks_over(&r->chunks, &r->shape, &r->input, r->params, THREADS);
}

static void rig_end(struct rig *r)
{
    chunks_end(&r->chunks);
    net_free(r->whole.net);
    params_free(r->params);
    input_end(&r->input);
}

/* Standard normal draws, count of them. */
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
    chunks_means(&r->chunks, y, frames, whole);
    check(!memcmp(mean, whole, (size_t)frames * LATENT * sizeof *mean), "encoded in chunks as whole");
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
    struct chunk_clip clip = {.samples = N, .level = 0.2, .timing = input_timing(&r->input, NULL, NULL, 0)};
    struct chunk_sound how = chunks_how(&r->chunks, false, 5);

    how.phases.iterations = 1;
    chunks_sound(&r->chunks, 0, &clip, z, FRAMES, &how, a);
    chunks_sound(&r->chunks, 1, &clip, z, FRAMES, &how, b);
    check(!memcmp(a, b, N * sizeof *a), "the same sound by any worker");
    check(fabs(input_level(&r->input, a, N) - 0.2) < 0.002, "at the level of the clip: %g",
          input_level(&r->input, a, N));
    how.gain = 1;
    chunks_sound(&r->chunks, 0, &clip, z, FRAMES, &how, b);
    how.gain = 0.5;
    chunks_sound(&r->chunks, 0, &clip, z, FRAMES, &how, a);
    check(fabs(input_level(&r->input, a, N) / input_level(&r->input, b, N) - 0.5) < 0.01, "or times a gain");
    free(a);
    free(b);
    free(z);
}

/* ---- in parts ---- */

/* How many come next, left being left: by turns of a few sizes, or of one. */
static int64_t cut_of(int each, int turn, int64_t left)
{
    static const int sizes[] = {1, 700, 0, 33, 2048, 5, 128};
    int64_t n = each > 0 ? each : sizes[turn % 7];

    return n < left ? n : left;
}

/* x [channels, all]: samples from from on, [channels, count] */
static float *some(const float *x, int channels, int64_t all, int64_t from, int64_t count)
{
    float *y = mem_alloc((size_t)(channels * count + 1) * sizeof *y);

    for (int64_t c = 0; c < channels; c++)
        memcpy(y + c * count, x + c * all + from, (size_t)count * sizeof *y);
    return y;
}

static void test_encode_parts(struct rig *r, const struct chunk_clip *clip, int each, const float *whole)
{
    int64_t frames = chunks_latents(&r->chunks, clip), have = 0, got = 0, most = 0;
    float *mean = mem_floats((size_t)(frames * LATENT));
    struct chunk_encoder e;

    chunks_encode_begin(&e, &r->chunks, clip->level, clip->timing);
    for (int turn = 0; have < clip->samples; turn++) {
        int64_t n = cut_of(each, turn, clip->samples - have), more;
        float *x = some(clip->x, r->input.channels, clip->samples, have, n), *z;

        have += n;
        more = chunks_encode_push(&e, x, n, have == clip->samples, &z);
        memcpy(mean + got * LATENT, z, (size_t)((got + more <= frames ? more : 0) * LATENT) * sizeof *z);
        got += more;
        most = e.kept && e.clip.samples - e.clip.from > most ? e.clip.samples - e.clip.from : most;
        free(x);
        free(z);
    }
    chunks_encode_end(&e);
    check(got == frames, "parts of %d: %lld latents of %lld", each, (long long)got, (long long)frames);
    check(!memcmp(mean, whole, (size_t)(frames * LATENT) * sizeof *mean), "parts of %d: the same latents", each);
    check(each == 0 || each > 1000 || most < 4 * r->input.fft + RATE / 2, "parts of %d: at most %lld samples are kept",
          each, (long long)most);
    free(mean);
}

/* samples: whether the first part says how many there are, else the end does, after all latents */
static void test_sound_parts(struct rig *r, const struct chunk_clip *clip, const float *z, int64_t frames, int each,
                             bool samples, const struct chunk_sound *how, const float *whole)
{
    int channels = r->input.channels;
    int64_t n = clip->samples, have = 0, got = 0;
    float *y = mem_floats((size_t)(channels * n));
    bool fits = true;

    chunks_sound_begin(&r->chunks, 0, clip, how);
    for (int turn = 0; have < frames; turn++) {
        int64_t count = cut_of(each, turn, frames - have);
        int64_t known = samples ? n : 0, room, more;

        room = chunks_sound_room(&r->chunks, 0, count, known);
        fits = fits && got + room <= n;
        more = chunks_sound_push(&r->chunks, 0, z + have * LATENT, count, known, y + got, n);
        fits = fits && more <= room;
        got += more;
        have += count;
    }
    got += chunks_sound_end(&r->chunks, 0, n, y + got, n);
    check(fits && got == n, "parts of %d: room for what comes, %lld samples", each, (long long)got);
    check(!memcmp(y, whole, (size_t)(channels * n) * sizeof *y), "parts of %d: the same sound", each);
    free(y);
}

static void test_parts(int channels, bool beat, int stride, int64_t samples, int iterations)
{
    static const int cuts[] = {0, 1, 7, 512, 2048, 220500};
    struct chunk_sound how;
    struct chunk_clip clip;
    struct rig r;
    float *x = normal((size_t)(channels * samples), 4), *z, *y = mem_floats((size_t)(channels * samples));
    int64_t frames;

    rig_begin(&r, channels, beat, stride);
    for (int64_t i = 0; i < channels * samples; i++)
        x[i] *= 0.1f;
    clip = chunks_clip(&r.chunks, NULL, x, samples);
    frames = chunks_latents(&r.chunks, &clip);
    z = mem_floats((size_t)(frames * LATENT));
    chunks_encode(&r.chunks, &clip, frames, z);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        test_encode_parts(&r, &clip, cuts[i], z);
    how = chunks_how(&r.chunks, false, 5);
    how.gain = 1;
    how.phases.iterations = iterations;
    chunks_sound(&r.chunks, 0, &clip, z, frames, &how, y);
    for (size_t i = 0; i < 3; i++) {
        test_sound_parts(&r, &clip, z, frames, cuts[i], true, &how, y);
        test_sound_parts(&r, &clip, z, frames, cuts[i], false, &how, y);
    }
    rig_end(&r);
    free(x);
    free(y);
    free(z);
}

/* Sample by sample in, and at once out again: never later than stated, and at times as late. */
static void test_latency(int channels, bool beat, int stride, int iterations)
{
    enum { N = 12000 };
    struct chunk_sound how;
    struct chunk_encoder e;
    struct chunk_clip clip = {.level = 0.1};
    struct rig r;
    float *x = normal(2 * N, 5), *y = mem_floats(2 * N), *z;
    int64_t given = 0, latest = 0, stated;

    rig_begin(&r, channels, beat, stride);
    clip.timing = input_timing(&r.input, NULL, NULL, 0);
    stated = chunks_latency(&r.shape, &r.input, clip.timing.grid.step, iterations);
    how = chunks_how(&r.chunks, false, 5);
    how.gain = 1;
    how.phases.iterations = iterations;
    chunks_encode_begin(&e, &r.chunks, clip.level, clip.timing);
    chunks_sound_begin(&r.chunks, 0, &clip, &how);
    for (int64_t i = 0; i < N; i++) {
        int64_t latents = chunks_encode_push(&e, x + channels * i, 1, false, &z);

        given += latents > 0 ? chunks_sound_push(&r.chunks, 0, z, latents, 0, y + given, N) : 0;
        latest = i + 1 - given > latest ? i + 1 - given : latest;
        free(z);
    }
    check(latest <= stated && latest >= stated - 5 && given > N / 2,
          "%d channels, %s frames, stride %d, %d iterations: %lld samples late, %lld stated", channels,
          beat ? "beat" : "fixed", stride, iterations, (long long)latest, (long long)stated);
    chunks_encode_end(&e);
    rig_end(&r);
    free(x);
    free(y);
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

    rig_begin(&r, 1, false, STRIDE);
    test_decode(&r);
    test_encode(&r);
    test_sound(&r);
    test_turn();
    rig_end(&r);
    test_parts(1, false, 2, 30000, 1);
    test_parts(1, false, 4, 20480, 0); /* the last latent begins at the very end */
    test_parts(1, true, 6, 30000, 0);
    test_parts(2, false, 2, 10000, 1);
    test_parts(2, true, 3, 9999, 0);
    test_parts(2, false, 4, 20480, 0);
    for (int64_t samples = 1; samples < 1300; samples = 3 * samples + 1)
        test_parts(1, samples % 2, 2, samples, (int)samples % 3);
    for (int iterations = 0; iterations < 4; iterations += 1 + iterations / 2) {
        test_latency(1, false, 2, iterations);
        test_latency(1, false, 4, iterations);
        test_latency(1, true, 6, iterations);
        test_latency(2, false, 2, iterations);
        test_latency(2, true, 6, iterations);
    }
    return check_done();
}
