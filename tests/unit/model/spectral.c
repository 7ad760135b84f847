/* What is around the network 'spectral', by hand: levels of clips, principal
 * components, the terms of loss and bound, fill, lift and limit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "measure/levels.h"
#include "train/pca.h"
#include "model/terms.h"

static float *values(const struct params *p, const char *name)
{
    return p->theta + params_find(p, name)->offset;
}

static void set_all(struct params *p, const char *name, float value)
{
    const struct param *q = params_find(p, name);

    for (size_t i = 0; i < q->count; i++)
        p->theta[q->offset + i] = value;
}

/* A network of that shape with its statistics, all parameters zero but scale and loudest. */
static struct params *network(const struct spectral *shape)
{
    struct params *p = params_new();
    struct spectral_graph g = spectral_build(shape, SPECTRAL_ALL, p, 1, 2, NULL);

    chunks_declare(g.net, shape, &(struct prior_shape){.latent = shape->latent, .positions = 1, .block = 1}, true);
    net_plan(g.net, 1, true);
    memset(p->theta, 0, p->total * sizeof *p->theta);
    set_all(p, "front/scale", 1);
    set_all(p, "front/loudest", 1e9f);
    net_free(g.net);
    return p;
}

/* ---- levels ---- */

static void test_sounding(void)
{
    enum { RATE = 1000, N = 20000 };
    float *x = mem_zero(2 * N, sizeof *x);

    check(!(level_sounding(x, 1, N, RATE) > 0), "silence has no level");
    for (int i = 0; i < N; i++)
        x[i] = i % 2 ? 0.1f : -0.1f;
    check(fabs(level_sounding(x, 1, N, RATE) - 0.1) < 1e-6, "a square wave has its own");
    check(fabs(level_sounding(x, 2, N, RATE) - 0.1 / sqrt(2)) < 1e-6,
          "beside a silent channel it has the mean power of both");
    memset(x + N / 20, 0, (N - N / 20) * sizeof *x);
    check(fabs(level_sounding(x, 1, N, RATE) - 0.1) < 1e-6, "silence after it does not count");
    for (int i = N / 20; i < N; i++)
        x[i] = i % 2 ? 0.001f : -0.001f;
    check(fabs(level_sounding(x, 1, N, RATE) - 0.1) < 1e-6, "nor what is 40 dB down");
    check(level_sounding(x, 1, 50, RATE) > 0.09, "a clip shorter than a block has a level");
    free(x);
}

/* ---- components ---- */

static void test_components(void)
{
    enum { FEATURES = 5, STRIDE = 2, LATENT = 2, ROWS = 400, N = FEATURES * STRIDE };
    struct spectral shape = {FEATURES, 3, LATENT, STRIDE};
    struct params *p = network(&shape);
    float *y = mem_alloc(ROWS * N * sizeof *y), back[N], scratch[N], first[N], second[N];
    struct spectral_clip clip = {.level = 1, .real = ROWS * STRIDE, .frames = ROWS * STRIDE, .y = y};
    struct rng r = rng_new(5, 0);
    struct spool *spool = spool_new(SIZE_MAX);
    double worst = 0, mean = 0, power = 0;

    rng_normal(&r, first, N);
    rng_normal(&r, second, N);
    for (int t = 0; t < ROWS; t++) {
        float z[2];

        rng_normal(&r, z, 2);
        for (int i = 0; i < N; i++)
            y[t * N + i] = 3 + 2 * z[0] * first[i] + z[1] * second[i];
    }
    check(pca_begin(&shape, p, &clip, 1, spool, NULL) == 0, "components of levels of two dimensions");
    for (int t = 0; t < ROWS; t++) {
        memcpy(back, y + t * N, sizeof back);
        chunks_project(&shape, p, back, scratch);
        for (int i = 0; i < N; i++)
            worst = fmax(worst, fabs((double)(back[i] - y[t * N + i])));
    }
    check(worst < 1e-3, "go there and back (%.1e)", worst);
    for (int t = 0; t < ROWS; t++) {
        double z = (double)values(p, "enc/linear/bias")[0];

        for (int i = 0; i < N; i++)
            z += (double)(values(p, "enc/linear/kernel")[i] * y[t * N + i]);
        mean += z / ROWS;
        power += z * z / ROWS;
    }
    check(fabs(mean) < 1e-3 && fabs(power - 1) < 1e-3, "have mean 0 and variance 1 (%.4f, %.4f)", mean, power);
    check(values(p, "pca/variance")[0] > values(p, "pca/variance")[1], "and the largest comes first");
    spool_free(spool);
    free(y);
    params_free(p);
}

/* ---- loss and bound ---- */

static const float floor_level = -2;

/* One clip of 4 frames, decoded as the biases say, whatever z is. */
static struct terms run(struct params *p, const struct spectral *shape, const float *y)
{
    struct spectral_input input = {.rate = 3000, .channels = 1, .fft = 16, .hop = 4};
    struct terms t = terms_new(shape);
    struct chunks pieces;
    float noise[4] = {0};

    chunks_over(&pieces, shape, &input, p, 1);
    terms_clip(&t, &pieces, 0, y, 4, 3, 750, noise);
    chunks_end(&pieces);
    return t;
}

static double laplace(double x, double b)
{
    return log(2 * b) + fabs(x) / b;
}

static void test_terms(void)
{
    struct spectral shape = {2, 1, 1, 1};
    struct params *p = network(&shape);
    /* the fourth frame is a repetition: it does not count */
    const float y[8] = {0, 1, -2, 0.5f, 0, -2, 9, 9};
    struct terms t;
    struct figures_of_terms f;
    double want;

    set_all(p, "front/floor", floor_level);
    set_all(p, "front/most", 5);
    values(p, "front/spread")[0] = 0.5f;
    values(p, "front/spread")[1] = 2;
    values(p, "dec/out/bias")[0] = -2.5f; /* under the floor */
    values(p, "dec/out/bias")[1] = 1;
    values(p, "enc/linear/bias")[0] = 1; /* the mean, where the prior foretells 0 */
    t = run(p, &shape, y);
    check(fabs(t.log - (2.5 + 0 + 0 + 0.5 + 2.5 + 3)) < 1e-5, "distances, but not of two values under the floor (%g)",
          t.log);
    check(fabs(t.values - 6) < 1e-9 && fabs(t.frames - 3) < 1e-9, "real frames alone count");
    check(fabs(t.residual[0] - 5) < 1e-5 && fabs(t.counted[0] - 2) < 1e-9, "residuals of values above the floor");
    want = laplace(2.5, 0.5) - log(1 - 0.5 * exp(-0.5 / 0.5)) + laplace(2.5, 0.5) + laplace(0, 2) + laplace(0.5, 2) +
           log(2) + 3.0 / 2; /* P(Y <= floor), the floor 3 under what is decoded */
    check(fabs(t.nats - want) < 1e-5, "Laplace, censored at the floor: %.6f (%.6f)", t.nats, want);
    f = terms_figures(&t, &shape);
    /* log variance 0, scale 0: 1/2 (1 + 1) - 1/2 */
    check(fabs(f.kl - 0.5) < 1e-6, "KL of a latent frame (%g)", f.kl);
    check(fabs(f.elbo + (want + 4 * 0.5) / 0.75) < 1e-4, "the bound in nats a second (%g)", f.elbo);
    terms_spread(&t, &(struct input_values){.spread = values(p, "front/spread"), .features = 2});
    check(fabsf(values(p, "front/spread")[0] - 2.5f) < 1e-5f, "the likeliest spread is the mean residual");
    terms_free(&t);
    params_free(p);
}

/* As many features as go through more than one loop, two frames to a latent row, two latents, all statistics in use. */
enum { MANY = 37, STRIDE = 2, LATENT = 2, FRAMES = 10, REAL = 7, ROWS = FRAMES / STRIDE };

static struct params *network_of_many(const struct spectral *shape, struct rng *r)
{
    struct params *p = network(shape);

    rng_normal(r, values(p, "dec/out/bias"), STRIDE * MANY);
    rng_normal(r, values(p, "front/mean"), MANY);
    values(p, "front/mean")[5] = -100; /* this one is never above the floor */
    set_all(p, "front/scale", 1.5f);
    set_all(p, "front/floor", -1);
    set_all(p, "front/most", 0.3f); /* so no value counts for more than at 1 */
    for (int c = 0; c < MANY; c++)
        values(p, "front/spread")[c] = c == 3 ? 0.001f : 0.1f + 0.02f * (float)c;
    for (int d = 0; d < LATENT; d++) {
        values(p, "enc/linear/bias")[d] = 0.4f + (float)d;
        values(p, "enc/logvar")[d] = -1 - (float)d;
        values(p, "prior/ar/bias")[d] = 1.5f;
        values(p, "prior/scale")[d] = 0.3f - (float)d;
    }
    return p;
}

/* The sums by their formulas, of latents by frame. */
struct sums {
    double log, linear, target, nats, residual[MANY], counted[MANY], kl;
};

static struct sums sums_of(const struct params *p, const float *y)
{
    struct sums s = {0};

    for (int i = 0; i < REAL * MANY; i++) {
        int c = i % MANY;
        double out = (double)values(p, "dec/out/bias")[i % (STRIDE * MANY)], mean = (double)values(p, "front/mean")[c];
        double level = 1.5 * out + mean, aim = 1.5 * (double)y[i] + mean;
        double spread = fmax(0.01, (double)values(p, "front/spread")[c]);
        bool low = aim <= -1;

        s.log += low && level <= -1 ? 0 : fabs(out - (double)y[i]);
        s.linear += fabs(exp(fmin(1, level)) - exp(aim));
        s.target += exp(aim);
        if (!low)
            s.nats += log(2 * spread) + fabs(level - aim) / spread;
        else
            s.nats += level > -1 ? log(2) + (level + 1) / spread : -log(1 - 0.5 * exp((level + 1) / spread));
        s.residual[c] += low ? 0 : fabs(level - aim);
        s.counted[c] += !low;
    }
    for (int d = 0; d < LATENT; d++) {
        double mean = 0.4 + d, scale = 0.3 - d, sd = exp(0.5 * (-1 - d));

        s.kl += log(exp(scale) / sd) + (sd * sd + pow(mean - 1.5, 2)) / (2 * exp(2 * scale)) - 0.5;
    }
    return s;
}

/* What is reported does not change when all comes twice. */
static void check_figures(const struct terms *t, const struct spectral *shape, const struct sums *want)
{
    struct figures_of_terms f = terms_figures(t, shape);

    check(fabs(f.log - want->log / REAL / MANY) < 1e-5 && fabs(f.linear - want->linear / want->target) < 1e-5 &&
              fabs(f.distance - f.log - f.linear) < 1e-9,
          "distance: %g and %g", f.log, f.linear);
    check(fabs(f.kl - want->kl) < 1e-5 && fabs(f.rate - ROWS * want->kl / 1.4) < 1e-4 &&
              fabs(f.likelihood / (-want->nats / 1.4) - 1) < 1e-4 && fabs(f.elbo - f.likelihood + f.rate) < 1e-9,
          "bound: %g less %g", f.likelihood, f.rate);
}

static void test_terms_of_many(void)
{
    struct spectral shape = {MANY, 1, LATENT, STRIDE};
    struct rng r = rng_new(6, 0);
    struct params *p = network_of_many(&shape, &r);
    struct spectral_input input = {.rate = 3000, .channels = 1, .fft = 72, .hop = 18};
    struct terms t = terms_new(&shape), twice = terms_new(&shape);
    struct chunks pieces;
    float y[FRAMES * MANY], noise[ROWS * LATENT] = {0};
    struct sums want;
    double worst = 0;

    rng_normal(&r, y, FRAMES * MANY);
    want = sums_of(p, y);
    chunks_over(&pieces, &shape, &input, p, 1);
    terms_clip(&t, &pieces, 0, y, FRAMES, REAL, 600, noise);
    check(fabs(t.log - want.log) < 1e-3 && fabs(t.linear - want.linear) < 1e-3 && fabs(t.target - want.target) < 1e-3,
          "distances: %g, %g over %g", t.log, t.linear, t.target);
    check(fabs(t.nats / want.nats - 1) < 1e-4, "likelihood: %g, %g", t.nats, want.nats);
    for (int c = 0; c < MANY; c++)
        worst = fmax(worst, fabs(t.residual[c] - want.residual[c]) + fabs(t.counted[c] - want.counted[c]));
    check(worst < 1e-3, "residuals: %g off", worst);
    check_figures(&t, &shape, &want);
    for (int i = 0; i < 2; i++)
        terms_add(&twice, &t, &shape);
    check_figures(&twice, &shape, &want);
    for (int d = 0; d < LATENT; d++) {
        double mean = (0.4 + d) / exp(0.3 - d);

        check(fabs(t.dims[d].mean - ROWS * mean) < 1e-4 && fabs(t.dims[d].square - ROWS * mean * mean) < 1e-4 &&
                  fabs(twice.dims[d].mean - 2 * ROWS * mean) < 1e-4 &&
                  fabs(twice.dims[d].square - 2 * ROWS * mean * mean) < 1e-4,
              "sums of means: %g, %g", t.dims[d].mean, t.dims[d].square);
    }
    check(fabs(twice.frames - 2 * REAL) < 1e-9 && fabs(twice.latents - 2 * ROWS) < 1e-9, "frames of both");
    terms_spread(&twice, &(struct input_values){.spread = values(p, "front/spread"), .features = MANY});
    for (int c = 0; c < MANY; c++)
        worst = fmax(worst, fabs((double)values(p, "front/spread")[c] -
                                 (want.counted[c] > 0 ? want.residual[c] / want.counted[c] : 1)));
    check(worst < 1e-3, "mean residuals, 1 of none: %g off", worst);
    chunks_end(&pieces);
    terms_free(&t);
    terms_free(&twice);
    params_free(p);
}

/* Probability of all that a feature can be: what is above the floor, and what is censored. */
static void test_likelihood_adds_up(void)
{
    struct spectral shape = {1, 1, 1, 1};
    struct params *p = network(&shape);
    const double step = 0.005;
    double sum = 0;
    float y[4];

    set_all(p, "front/floor", floor_level);
    set_all(p, "front/most", 50);
    set_all(p, "front/spread", 0.7f);
    set_all(p, "dec/out/bias", -1.5f);
    for (double at = (double)floor_level; at < 12; at += step) {
        struct terms t;

        for (int i = 0; i < 4; i++)
            y[i] = (float)(at + (at > (double)floor_level ? step / 2 : 0));
        t = run(p, &shape, y);
        sum += exp(-t.nats / 3) * (at > (double)floor_level ? step : 1);
        terms_free(&t);
    }
    check(fabs(sum - 1) < 0.01, "the likelihood of one value adds up to 1 (%.4f)", sum);
    params_free(p);
}

/* ---- back to magnitudes ---- */

static void test_magnitudes(void)
{
    struct spectral_input input;
    struct params *p;
    struct input_values v;
    struct spectral shape;
    float *y, *scratch, *out;
    double rms;
    int n;

    input_set(&input, 3000, 1, 64, 16, 0, false);
    n = input_features(&input);
    shape = (struct spectral){n, 1, 1, 1};
    p = network(&shape);
    v = input_values(p);
    y = mem_zero((size_t)n, sizeof *y);
    scratch = mem_alloc(2 * (size_t)n * sizeof *scratch);
    out = scratch + n;
    set_all(p, "front/floor", floor_level);
    set_all(p, "front/fill", -6);
    set_all(p, "front/most", 1);
    set_all(p, "front/lift", 0.5f);
    y[1] = -3; /* under the floor */
    y[2] = 4;  /* over the most */
    input_magnitudes(&input, &v, y, 0, false, 2, scratch, out);
    check(fabsf(out[3] - 2) < 1e-5f && fabsf(out[1] - 2 * expf(-6)) < 1e-6f && fabsf(out[2] - 2 * expf(1)) < 1e-4f,
          "levels, the fill under the floor, the most, times the gain");
    check(!(out[0] > 0), "no offset");
    input_magnitudes(&input, &v, y, 0.5, false, 1, scratch, out);
    check(fabsf(out[3] - expf(0.25f)) < 1e-5f && fabsf(out[1] - expf(-6)) < 1e-6f,
          "half of the lift, not under the floor");
    for (int c = 0; c < n; c++)
        scratch[c] = c == 1 ? -6 : c == 2 ? 1 : 0;
    rms = input_rms(&input, scratch);
    *v.loudest = (float)(rms / 4);
    input_magnitudes(&input, &v, y, 0, true, 1, scratch, out);
    check(fabsf(out[3] - 0.25f) < 1e-5f, "a frame four times too loud is limited (%g)", (double)out[3]);
    *v.loudest = (float)(rms * 1.01);
    input_magnitudes(&input, &v, y, 0, true, 1, scratch, out);
    check(fabsf(out[3] - 1) < 1e-5f, "one that is not stays");
    free(scratch);
    free(y);
    input_end(&input);
    params_free(p);
}

int main(void)
{
    test_sounding();
    test_components();
    test_terms();
    test_terms_of_many();
    test_likelihood_adds_up();
    test_magnitudes();
    return check_done();
}
