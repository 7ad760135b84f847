/* The prior: whom it follows, how blocks of the bank go on, and what temperature, threads and parts do. */
#include "model/prior.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"

enum { D = 2 };

static const double slope[D] = {0.8, -0.5}, offset[D] = {3, -2}, size[D] = {2, 0.5};

/* z[t] - offset = slope (z[t-1] - offset) + size e, of D dimensions apart */
static float *walk(int64_t frames, uint64_t seed)
{
    float *z = mem_alloc((size_t)frames * D * sizeof *z);
    double x[D] = {0};
    struct rng r = rng_new(seed, 0);

    rng_normal(&r, z, (size_t)frames * D);
    for (int64_t t = 0; t < frames; t++)
        for (int i = 0; i < D; i++) {
            x[i] = slope[i] * x[i] + size[i] * (double)z[t * D + i];
            z[t * D + i] = (float)(offset[i] + x[i]);
        }
    return z;
}

/* A prior fitted to walks of so many frames, all of them in its bank if there is one. */
static struct params *fitted(const struct prior_shape *shape, const int64_t *frames, int64_t clips)
{
    struct params *p = params_new();
    struct net *net = net_new(p, 1, NULL);
    struct prior_fit *fit = prior_fit_new(shape);

    prior_declare(net, shape);
    params_reserve(p);
    net_free(net);
    for (int64_t c = 0; c < clips; c++) {
        float *z = walk(frames[c], (uint64_t)c);

        prior_fit_add(fit, z, frames[c]);
        if (shape->bank > 0)
            prior_fit_keep(fit, p, z, frames[c]);
        if (c < shape->periods)
            prior_fit_period(fit, p, 0.4 + 0.1 * (double)c);
        free(z);
    }
    check(prior_fit_end(fit, p) == 0, "a prior is fitted to %lld clips", (long long)clips);
    check(prior_check(shape, p) == 0, "and can be used");
    return p;
}

/* Latents that are heard alike. */
static struct listening hearing(void)
{
    struct listening by = {.chroma = chroma_new(3000, 512, 0)};

    by.weight = mem_alloc(D * sizeof(float));
    for (int i = 0; i < D; i++)
        by.weight[i] = 1;
    by.level = mem_zero((size_t)chroma_bins(by.chroma) * D, sizeof(float));
    by.rest = mem_zero((size_t)chroma_bins(by.chroma), sizeof(float));
    return by;
}

static struct prior *guided(const struct prior_shape *shape, const struct params *p)
{
    return prior_new(shape, p, (struct prior_how){PRIOR_GUIDED, guided_defaults()}, hearing());
}

static struct prior_noise draws(int64_t frames, double temperature)
{
    struct prior_noise n = {mem_alloc((size_t)frames * D * sizeof(float)), frames, temperature, NULL};
    struct rng r = rng_new(9, 0);

    rng_normal(&r, n.v, (size_t)frames * D);
    for (int64_t i = 0; i < frames * D; i++)
        n.v[i] *= (float)temperature;
    return n;
}

/* A whole clip. */
static void prior_run(const struct prior *p, struct prior_noise n, int64_t start)
{
    struct prior_walk *w = prior_begin(p, n, start, n.frames);

    prior_next(w, n.v, n.frames);
    prior_end(w);
}

/* Whether one section that is longer makes no difference: to a recording whose bars begin at a block, and which is followed
 * from its first one on; with less than 0 to a clip of the bank. */
static bool from_first(const struct prior_shape *shape, const struct params *p, int bar)
{
    enum { FRAMES = 60, BLOCK = 5, GUIDE = 16 * BLOCK };
    struct guided_how section = guided_defaults();
    struct prior *all = guided(shape, p), *one;
    struct prior_noise whole = draws(FRAMES, 1), sections = draws(FRAMES, 1);
    float guide[D * GUIDE];
    const struct prior_guide given = {guide, GUIDE};
    bool same;

    section.form = "A";
    section.bars = 64;
    one = prior_new(shape, p, (struct prior_how){PRIOR_GUIDED, section}, hearing());
    for (int t = 0; t < GUIDE; t++)
        for (int i = 0; i < D; i++)
            guide[i * GUIDE + t] = (float)(offset[i] + ((t / BLOCK + 8 - bar) / 4 % 2 == 0 ? 1 : -1) + 0.1 * (t % 7));
    whole.guide = sections.guide = bar >= 0 ? &given : NULL;
    prior_run(all, whole, 0);
    prior_run(one, sections, 0);
    same = memcmp(whole.v, sections.v, FRAMES * D * sizeof(float)) == 0;
    free(whole.v);
    free(sections.v);
    prior_free(all);
    prior_free(one);
    return same;
}

static void test_sections(void)
{
    const int64_t lengths[] = {200, 150, 300};
    struct prior_shape shape = {.latent = D, .positions = 1, .block = 5, .bank = 650, .clips = 3};
    struct params *p = fitted(&shape, lengths, 3);

    check(from_first(&shape, p, 0), "a section begins with the guide where that begins with a bar");
    check(!from_first(&shape, p, 2), "and later where it does not");
    check(!from_first(&shape, p, -1), "than what follows a clip of the bank");
    params_free(p);
    shape.positions = 5;
    p = fitted(&shape, lengths, 3);
    check(from_first(&shape, p, -1), "which begins with a bar, too, where blocks are beats");
    params_free(p);
}

/* The bar of a new clip is that of the clip it follows: here the last of the bank. */
static void test_bars(void)
{
    const int64_t lengths[] = {200, 150, 300};
    const struct prior_shape shape = {.latent = D, .positions = 5, .block = 5, .bank = 650, .clips = 3, .periods = 2};
    struct params *p = fitted(&shape, lengths, 3);
    float *bank = params_values(p, "prior/bank"), v[D] = {0};
    struct prior_noise n = {v, 1, 1, NULL};
    struct prior *prior;

    for (int t = 0; t < 650; t++)
        for (int i = 0; i < D; i++)
            bank[t * D + i] += 4 * (float)(t < 350 ? t / 5 % 4 == i : (t - 350) / 5 % 3 == i);
    prior = guided(&shape, p);
    v[0] = 3;
    check(prior_bar(prior, n) == 3, "%d beats in the bars of a clip in three", prior_bar(prior, n));
    check(fabs(prior_period(prior, n) - 0.5) < 1e-6, "of fewer beats than clips the last: %g", prior_period(prior, n));
    v[0] = -3;
    check(prior_bar(prior, n) == 4, "%d beats in those of a clip in four", prior_bar(prior, n));
    prior_free(prior);
    prior = prior_new(&shape, p, (struct prior_how){.kind = PRIOR_AUTOREGRESSION}, (struct listening){0});
    check(prior_bar(prior, n) == BAR, "where none is followed, as most have");
    prior_free(prior);
    params_free(p);
}

/* How far x [frames before the one compared last] is from a frame of the bank that takes on so much of what the
 * autoregression makes of how their pasts differ, less the forecast, times the temperature, and the forecast: the
 * nearest of all. */
static double misfit(const struct params *p, int64_t bank, const float *x, double carried, double hot)
{
    const float *y = params_values(p, "prior/bank"), *m = params_values(p, "prior/matrix");
    double least = INFINITY;

    for (int64_t t = PRIOR_ORDER; t < bank; t++) {
        double far = 0;

        for (int i = 0; i < D; i++) {
            double rest = (double)m[PRIOR_ORDER * D * D + i], v = (double)x[i] - hot * (double)y[t * D + i];

            v -= (1 - hot) * rest;
            for (int k = 1; k <= PRIOR_ORDER; k++)
                for (int a = 0; a < D; a++) {
                    double past = (double)x[a - k * D], differs = past - (double)y[(t - k) * D + a];

                    v -= (double)m[((k - 1) * D + a) * D + i] * ((1 - hot) * past + hot * carried * differs);
                }
            far = fmax(far, fabs(v));
        }
        least = fmin(least, far);
    }
    return least;
}

/* A frame is one of the bank's, eight tenths on the way to where the past leads it. */
static void test_carried(double temperature)
{
    enum { FRAMES = 60 };
    const int64_t lengths[] = {200, 150, 300};
    const struct prior_shape shape = {.latent = D, .positions = 1, .block = 5, .bank = 650, .clips = 3};
    struct params *p = fitted(&shape, lengths, 3);
    struct prior *prior = guided(&shape, p);
    struct prior_noise n = draws(FRAMES, temperature);
    const float *mean = params_values(p, "prior/mean"), *sd = params_values(p, "prior/sd");
    float x[FRAMES * D];
    double most = 0;

    prior_run(prior, n, 0);
    for (int i = 0; i < FRAMES * D; i++)
        x[i] = (n.v[i % D * FRAMES + i / D] - mean[i % D]) / sd[i % D];
    for (int t = PRIOR_ORDER; t < FRAMES; t++)
        most = fmax(most, misfit(p, shape.bank, x + t * D, 0.8, temperature));
    check(most < 1e-4, "blocks take on eight tenths of the past at %g (%g off)", temperature, most);
    free(n.v);
    prior_free(prior);
    params_free(p);
}

struct runs {
    struct prior *prior;
    struct prior_noise n[6];
};

static void run(void *arg, int task, int worker)
{
    struct runs *r = arg;

    (void)worker;
    prior_run(r->prior, r->n[task], 0);
}

/* One prior for several threads at once; what is gone on from stays. */
static void test_threads_and_start(void)
{
    enum { FRAMES = 80, START = 12 };
    const int64_t lengths[] = {200, 150};
    const struct prior_shape shape = {.latent = D, .positions = 4, .block = 4, .bank = 350, .clips = 2};
    struct params *p = fitted(&shape, lengths, 2);
    struct runs r = {.prior = guided(&shape, p)};
    struct pool *pool = pool_new(3);
    struct prior_noise alone = draws(FRAMES, 1), from = draws(FRAMES, 1), before = draws(FRAMES, 1);
    bool same = true, kept = true, new = false;

    prior_run(r.prior, alone, 0);
    for (int i = 0; i < 6; i++)
        r.n[i] = draws(FRAMES, 1);
    pool_run(pool, 6, run, &r);
    for (int i = 0; i < 6; i++) {
        same &= !memcmp(r.n[i].v, alone.v, FRAMES * D * sizeof(float));
        free(r.n[i].v);
    }
    check(same, "the same bits in any thread");
    prior_run(r.prior, from, START);
    for (int64_t i = 0; i < D; i++)
        for (int64_t t = 0; t < FRAMES; t++) {
            float was = before.v[i * FRAMES + t], is = from.v[i * FRAMES + t];

            kept &= t >= START || (is <= was && is >= was);
            new |= t >= START && (is < was || is > was);
        }
    check(kept && new, "latents that are gone on from stay, noise after them does not");
    free(alone.v);
    free(from.v);
    free(before.v);
    pool_free(pool);
    prior_free(r.prior);
    params_free(p);
}

/* Whether whole is what comes of n in parts of so many frames each, the first start more. */
static bool cut_alike(const struct prior *p, struct prior_noise n, int64_t start, int64_t each, const float *whole)
{
    struct prior_walk *w = NULL;
    bool same = true;

    for (int64_t from = 0, to = start + each; from < n.frames; from = to, to += each) {
        int64_t count = (to < n.frames ? to : n.frames) - from;
        float *v = mem_alloc((size_t)(count * D) * sizeof *v);

        for (int64_t i = 0; i < D; i++)
            memcpy(v + i * count, n.v + i * n.frames + from, (size_t)count * sizeof *v);
        if (!w)
            w = prior_begin(p, (struct prior_noise){v, count, n.temperature, n.guide}, start, INT64_MAX);
        prior_next(w, v, count);
        for (int64_t i = 0; i < D; i++)
            same &= !memcmp(v + i * count, whole + i * n.frames + from, (size_t)count * sizeof *v);
        free(v);
    }
    prior_end(w);
    return same;
}

/* A clip without end is the same in parts of any length, and the begin of a whole one. */
static void test_parts(void)
{
    enum { FRAMES = 83, START = 12 };
    const int64_t lengths[] = {200, 150};
    const struct prior_shape shape = {.latent = D, .positions = 4, .block = 4, .bank = 350, .clips = 2};
    struct params *params = fitted(&shape, lengths, 2);

    for (int kind = PRIOR_NORMAL; kind <= PRIOR_GUIDED; kind++)
        for (int64_t start = 0; start <= START; start += START) {
            struct prior *p = prior_new(&shape, params, (struct prior_how){(enum prior_kind)kind, guided_defaults()},
                                        kind == PRIOR_GUIDED ? hearing() : (struct listening){0});
            struct prior_noise n = draws(FRAMES, 1), whole = draws(FRAMES, 1);
            bool same = true;

            prior_run(p, whole, start);
            for (int64_t each = 1; each <= 7; each += 3)
                same &= cut_alike(p, n, start, each, whole.v);
            check(same, "kind %d from frame %lld on in parts", kind, (long long)start);
            free(n.v);
            free(whole.v);
            prior_free(p);
        }
    params_free(params);
}

int main(void)
{
    test_sections();
    test_bars();
    test_carried(1);
    test_carried(0.5);
    test_threads_and_start();
    test_parts();
    return check_done();
}
