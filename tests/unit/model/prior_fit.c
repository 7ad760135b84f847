/* What the prior fits, by least squares written out, and what it makes of noise and of its bank, frame by frame. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/team.h"
#include "check.h"
#include "model/prior.h"

enum { D = 2, M = PRIOR_ORDER * D + 1, FRAMES = 500, SHORT = 37, CLIPS = 2 };

static const double ridge = 100, ridge_position = 300, jitter = 1e-4; /* what is promised of these is not told */

/* That all have the same clips and bank. */
static int ranks = 1;

void team_sum(double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] *= ranks;
}

void team_sum_floats(float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] *= (float)ranks;
}

struct data {
    int64_t frames[CLIPS];
    float *z[CLIPS];
    double mean[D], sd[D];
};

static struct data data_new(void)
{
    struct data a = {.frames = {FRAMES, SHORT}};
    double n = FRAMES + SHORT;

    for (int c = 0; c < CLIPS; c++) {
        struct rng r = rng_new(31, (uint64_t)c);

        a.z[c] = mem_floats((size_t)a.frames[c] * D);
        rng_normal(&r, a.z[c], (size_t)a.frames[c] * D);
        for (int64_t t = 0; t < a.frames[c]; t++) {
            float *z = a.z[c] + t * D;

            z[0] = 3 + 2 * (z[0] + (t > 1 ? 0.3f * (z[-3] + 2) : 0));
            z[1] = -2 + 0.5f * (z[1] + (t % 2 ? 0.6f : -0.4f) * (z[0] - 3));
        }
    }
    for (int i = 0; i < D; i++) {
        double square = 0;

        for (int c = 0; c < CLIPS; c++)
            for (int64_t t = 0; t < a.frames[c]; t++)
                a.mean[i] += (double)a.z[c][t * D + i] / n;
        for (int c = 0; c < CLIPS; c++)
            for (int64_t t = 0; t < a.frames[c]; t++)
                square += pow((double)a.z[c][t * D + i] - a.mean[i], 2) / n;
        a.sd[i] = sqrt(square);
    }
    return a;
}

static void data_free(struct data *a)
{
    for (int c = 0; c < CLIPS; c++)
        free(a->z[c]);
}

/* The standardised value. */
static double at(const struct data *a, int clip, int64_t t, int i)
{
    return ((double)a->z[clip][t * D + i] - a->mean[i]) / a->sd[i];
}

/* The frames before, the last one first, and 1. */
static void context(const struct data *a, int clip, int64_t t, double out[M])
{
    for (int k = 0; k < PRIOR_ORDER; k++)
        for (int i = 0; i < D; i++)
            out[k * D + i] = at(a, clip, t - k - 1, i);
    out[M - 1] = 1;
}

/* x [M, D] = (A'A + r)^-1 A'(Y - A w0) over the frames at a position of so many; by elimination. */
static void least_squares(const struct data *a, int position, int positions, double r, double w0[M][D], double x[M][D])
{
    double s[M][M + D] = {{0}};

    for (int i = 0; i < M; i++)
        s[i][i] = r;
    for (int c = 0; c < CLIPS; c++)
        for (int64_t t = PRIOR_ORDER; t < a->frames[c]; t++) {
            double v[M];

            if (t % positions != position)
                continue;
            context(a, c, t, v);
            for (int i = 0; i < M; i++) {
                for (int j = 0; j < M; j++)
                    s[i][j] += ranks * v[i] * v[j];
                for (int j = 0; j < D; j++) {
                    double y = at(a, c, t, j);

                    for (int l = 0; l < M; l++)
                        y -= v[l] * w0[l][j];
                    s[i][M + j] += ranks * v[i] * y;
                }
            }
        }
    for (int p = 0; p < M; p++)
        for (int i = 0; i < M; i++) {
            double by = i == p ? 0 : s[i][p] / s[p][p];

            for (int j = 0; j < M + D; j++)
                s[i][j] -= by * s[p][j];
        }
    for (int i = 0; i < M; i++)
        for (int j = 0; j < D; j++)
            x[i][j] = s[i][M + j] / s[i][i];
}

/* Covariance of what a fit leaves at a position. */
static void left_over(const struct data *a, int position, int positions, double w[M][D], double c[D][D])
{
    double n = 0;

    memset(c, 0, D * D * sizeof(double));
    for (int clip = 0; clip < CLIPS; clip++)
        for (int64_t t = PRIOR_ORDER; t < a->frames[clip]; t++) {
            double v[M], e[D];

            if (t % positions != position)
                continue;
            n++;
            context(a, clip, t, v);
            for (int i = 0; i < D; i++) {
                e[i] = at(a, clip, t, i);
                for (int l = 0; l < M; l++)
                    e[i] -= v[l] * w[l][i];
            }
            for (int i = 0; i < D; i++)
                for (int j = 0; j < D; j++)
                    c[i][j] += e[i] * e[j];
        }
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++)
            c[i][j] = c[i][j] / n + (i == j ? jitter : 0);
}

/* The bank's value: the clips one after the other, of as many ranks as there are. */
static double bank_at(const struct data *a, int64_t t, int i)
{
    return (ranks * (double)(t < FRAMES ? a->z[0][t * D + i] : a->z[1][(t - FRAMES) * D + i]) - a->mean[i]) / a->sd[i];
}

static struct params *declared(const struct prior_shape *shape)
{
    struct params *p = params_new();
    struct net *net = net_new(p, 1, NULL);

    prior_declare(net, shape);
    params_seal(p, 1, false);
    net_free(net);
    return p;
}

static struct params *fitted(const struct data *a, const struct prior_shape *shape)
{
    struct params *p = declared(shape);
    struct prior_fit *f = prior_fit_new(shape);

    for (int c = 0; c < CLIPS; c++) {
        prior_fit_add(f, a->z[c], a->frames[c]);
        if (shape->bank > 0)
            prior_fit_keep(f, p, a->z[c], a->frames[c]);
        if (shape->periods > 0)
            prior_fit_period(f, p, 0.4 + 0.1 * c);
    }
    check(prior_fit_end(f, p) == 0 && prior_check(shape, p) == 0, "a prior of %d positions", shape->positions);
    return p;
}

static void fits(int positions)
{
    const struct prior_shape shape = {
        .latent = D, .positions = positions, .block = 5, .bank = FRAMES + SHORT, .clips = CLIPS, .periods = CLIPS};
    struct data a = data_new();
    struct params *p = fitted(&a, &shape);
    const float *bank = params_values(p, "prior/bank"), *factor = params_values(p, "prior/factor");
    double none[M][D] = {{0}}, all[M][D], own[M][D], worst[4] = {0};

    least_squares(&a, 0, 1, ridge, none, all);
    for (int q = 0; q < positions; q++, factor += D * D) {
        double c[D][D];

        memcpy(own, none, sizeof own);
        if (positions > 1)
            least_squares(&a, q, positions, ridge_position, all, own);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < D; j++) {
                own[i][j] += all[i][j];
                worst[0] =
                    fmax(worst[0], fabs((double)params_values(p, "prior/matrix")[(q * M + i) * D + j] - own[i][j]));
            }
        left_over(&a, q, positions, own, c);
        worst[1] = fmax(worst[1], fabs((double)factor[0] - sqrt(c[0][0])));
        worst[1] = fmax(worst[1], fabs((double)factor[2] - c[1][0] / sqrt(c[0][0])));
        worst[1] = fmax(worst[1], fabs((double)factor[3] - sqrt(c[1][1] - c[1][0] * c[1][0] / c[0][0])));
    }
    check(worst[0] < 1e-4, "%d positions: the least squares, %g off", positions, worst[0]);
    check(worst[1] < 1e-4, "and the factor of what they leave, %g off", worst[1]);
    for (int i = 0; i < D; i++) {
        worst[2] = fmax(worst[2], fabs((double)params_values(p, "prior/mean")[i] - a.mean[i]));
        worst[2] = fmax(worst[2], fabs((double)params_values(p, "prior/sd")[i] - a.sd[i]));
        for (int64_t t = 0; t < FRAMES + SHORT; t++)
            worst[3] = fmax(worst[3], fabs((double)bank[t * D + i] - bank_at(&a, t, i)));
    }
    check(worst[2] < 1e-5 && worst[3] < 1e-5, "mean, deviation and the bank by them: %g, %g off", worst[2], worst[3]);
    check(params_values(p, "prior/lengths")[0] == FRAMES && params_values(p, "prior/lengths")[1] == SHORT &&
              params_values(p, "prior/periods")[1] == 0.5f,
          "lengths and periods in order");
    params_free(p);
    data_free(&a);
}

/* Of nothing, and of what does not change. */
static void degenerate(void)
{
    const struct prior_shape shape = {.latent = D, .positions = 2, .block = 5};
    struct params *p = declared(&shape);
    struct prior_fit *f = prior_fit_new(&shape);
    float still[20 * D];

    check(prior_fit_end(f, p) == 0, "a prior of no clip");
    check(params_values(p, "prior/mean")[1] == 0 && params_values(p, "prior/sd")[1] == 1 &&
              params_values(p, "prior/factor")[3] == 1 && params_values(p, "prior/factor")[1] == 0 &&
              params_values(p, "prior/factor")[7] == 1,
          "is the standard normal one");
    f = prior_fit_new(&shape);
    for (int i = 0; i < 20 * D; i++)
        still[i] = 4;
    prior_fit_add(f, still, 20);
    check(prior_fit_end(f, p) == 0 && fabsf(params_values(p, "prior/sd")[0] - 1e-4f) < 1e-7f,
          "a clip that stands still");
    params_free(p);
}

static void declares(void)
{
    const struct prior_shape shape = {.latent = 2, .positions = 3, .block = 5, .bank = 70, .clips = 4, .periods = 2};
    static const struct {
        const char *name;
        int64_t shape[3];
    } want[] = {{"mean", {2}},     {"sd", {2}},      {"matrix", {3, 9, 2}}, {"factor", {3, 2, 2}},
                {"bank", {70, 2}}, {"lengths", {4}}, {"periods", {2}}};
    struct params *p = declared(&shape),
                  *few = declared(&(struct prior_shape){.latent = 2, .positions = 1, .block = 5});

    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        char *name = mem_format("prior/%s", want[i].name);
        const struct param *q = params_find(p, name);
        bool good = q && !q->trainable;

        for (int k = 0; good && k < 3; k++)
            good = k < q->rank ? q->shape[k] == want[i].shape[k] : want[i].shape[k] == 0;
        check(good, "the shape of %s", name);
        free(name);
    }
    check(params_values(p, "prior/sd")[0] == 1 && params_values(p, "prior/mean")[0] == 0,
          "before a fit: standard normal");
    check(!params_find(few, "prior/bank") && !params_find(few, "prior/lengths") && !params_find(few, "prior/periods"),
          "no bank, no lengths, no periods");
    params_free(p);
    params_free(few);
}

/* ---- running ---- */

static void prior_run(const struct prior *p, struct prior_noise n, int64_t start)
{
    struct prior_walk *w = prior_begin(p, n, start, n.frames);

    prior_next(w, n.v, n.frames);
    prior_end(w);
}

/* A run by the autoregression is its recursion, one of normal latents the noise; what goes on from latents begins with
 * them. */
static void runs(enum prior_kind kind, int64_t start)
{
    enum { N = 40, POSITIONS = 2 };
    const struct prior_shape shape = {.latent = D, .positions = POSITIONS, .block = 5};
    struct data a = data_new();
    struct params *p = fitted(&a, &shape);
    struct prior *prior = prior_new(&shape, p, (struct prior_how){.kind = kind}, (struct listening){0});
    struct prior_noise n = {mem_floats(N * D), N, 1, NULL};
    struct rng r = rng_new(5, 0);
    double x[PRIOR_ORDER + N][D] = {{0}}, worst = 0;

    rng_normal(&r, n.v, N * D);
    n.v[30] = 40; /* goes out of bounds */
    n.v[N + 33] = -60;
    for (int64_t t = 0; t < N; t++)
        for (int i = 0; i < D; i++) {
            const float *m = params_values(p, "prior/matrix") + t % POSITIONS * M * D;
            const float *l = params_values(p, "prior/factor") + t % POSITIONS * D * D;
            double v = (double)m[(M - 1) * D + i];

            for (int k = 0; k < PRIOR_ORDER; k++)
                for (int j = 0; j < D; j++)
                    v += (double)m[(k * D + j) * D + i] * x[PRIOR_ORDER + t - 1 - k][j];
            for (int j = 0; j <= i; j++)
                v += (double)l[i * D + j] * (double)n.v[j * N + t];
            v = kind == PRIOR_NORMAL ? (double)n.v[i * N + t] : fmax(-6, fmin(6, v));
            x[PRIOR_ORDER + t][i] = t < start ? ((double)n.v[i * N + t] - a.mean[i]) / a.sd[i] : v;
        }
    prior_run(prior, n, start);
    for (int64_t t = 0; t < N; t++)
        for (int i = 0; i < D; i++)
            worst = fmax(worst, fabs((double)n.v[i * N + t] - (a.mean[i] + a.sd[i] * x[PRIOR_ORDER + t][i])));
    check(worst < 1e-4, "a run of kind %d from %lld: %g off", kind, (long long)start, worst);
    prior_free(prior);
    free(n.v);
    params_free(p);
    data_free(&a);
}

static struct listening hearing(void)
{
    struct listening by = {.chroma = chroma_new(3000, 512, 0), .weight = mem_floats(D)};

    by.weight[0] = 1;
    by.weight[1] = 0.5f;
    by.level = mem_zero((size_t)chroma_bins(by.chroma) * D, sizeof(float));
    by.rest = mem_zero((size_t)chroma_bins(by.chroma), sizeof(float));
    return by;
}

/* What goes on from the middle of the only clip of a bank, and from its begin, is that clip for the first two blocks. */
static void goes_on(void)
{
    enum { UNIT = 10, N = 20 + UNIT, FROM = 100 };
    const struct prior_shape shape = {.latent = D, .positions = 1, .block = 5, .bank = FRAMES + SHORT, .clips = CLIPS};
    const struct prior_shape one = {.latent = D, .positions = 1, .block = 5, .bank = FRAMES, .clips = 1};
    struct data a = data_new();
    struct params *p = fitted(&a, &shape);
    struct guided_how how = guided_defaults();
    struct prior *prior;

    how.nearest = 1;
    prior = prior_new(&one, p, (struct prior_how){PRIOR_GUIDED, how}, hearing());
    for (int64_t start = 0; start <= 20; start += 10) {
        int64_t from = start > 0 ? FROM : 10, frames = start + UNIT; /* of nothing: the blocks after the first two */
        float v[N * D];
        double worst = 0;

        for (int64_t t = 0; t < frames; t++)
            for (int i = 0; i < D; i++)
                v[i * frames + t] = t < start ? a.z[0][(from + t) * D + i] : 0;
        prior_run(prior, (struct prior_noise){v, frames, 1, NULL}, start);
        for (int64_t t = 0; t < frames; t++)
            for (int i = 0; i < D; i++)
                worst = fmax(worst, fabs((double)v[i * frames + t] - (double)a.z[0][(from + t) * D + i]));
        check(worst < 1e-4, "from %lld frames on it is the clip: %g off", (long long)start, worst);
    }
    prior_free(prior);
    params_free(p);
    data_free(&a);
}

/* ---- choices and refusals ---- */

static void periods(void)
{
    const struct prior_shape shape = {.latent = 1, .positions = 1, .block = 5, .clips = 1, .periods = 4};
    struct params *p = declared(&shape);
    struct prior *prior = prior_new(&shape, p, (struct prior_how){.kind = PRIOR_NORMAL}, (struct listening){0});
    static const float draw[] = {-9, -0.675f, -0.674f, -0.01f, 0.01f, 0.674f, 0.675f, 9}; /* quarters of the normal */

    for (int i = 0; i < 4; i++)
        params_values(p, "prior/periods")[i] = (float)(i + 1);
    for (int i = 0; i < 8; i++)
        for (int hot = 0; hot < 3; hot++) {
            float v = hot ? draw[i] * (float)hot : draw[i]; /* at 0 it is taken as it is */
            double got = prior_period(prior, (struct prior_noise){&v, 1, hot, NULL});

            check(fabs(got - i / 2 - 1) < 1e-9, "a draw of %g at %d: period %g", (double)draw[i], hot, got);
        }
    prior_free(prior);
    params_free(p);
}

static void refused(const struct prior_shape *shape, const char *name, int at_, float value, const char *word)
{
    struct params *p = declared(shape);
    int status;

    params_values(p, "prior/lengths")[0] = 25;
    params_values(p, "prior/lengths")[1] = 45;
    params_values(p, "prior/periods")[0] = 0.05f;
    params_values(p, "prior/periods")[1] = 4;
    params_values(p, name)[at_] = value;
    status = prior_check(shape, p);
    check(word ? status < 0 && strstr(error_text(), word) : status == 0, "%s %g: %s", name, (double)value,
          status ? error_text() : "taken");
    params_free(p);
}

static void refusals(void)
{
    const struct prior_shape shape = {.latent = 2, .positions = 1, .block = 5, .bank = 70, .clips = 2, .periods = 2};

    refused(&shape, "prior/mean", 0, 0, NULL);
    refused(&shape, "prior/sd", 1, 0, "dimension 1");
    refused(&shape, "prior/sd", 0, NAN, "dimension 0");
    refused(&shape, "prior/lengths", 0, 24, "clip 0");
    refused(&shape, "prior/lengths", 1, 45.5f, "clip 1");
    refused(&shape, "prior/lengths", 1, 46, "71 frames");
    refused(&shape, "prior/lengths", 1, 44, "69 frames");
    refused(&shape, "prior/periods", 0, 0.049f, "beat");
    refused(&shape, "prior/periods", 1, 4.01f, "beat");
    refused(&shape, "prior/periods", 1, NAN, "beat");
}

int main(void)
{
    for (ranks = 2; ranks > 0; ranks--) {
        fits(1);
        fits(2);
        fits(3);
    }
    ranks = 1;
    degenerate();
    declares();
    for (int kind = PRIOR_NORMAL; kind <= PRIOR_AUTOREGRESSION; kind++) {
        runs((enum prior_kind)kind, 0);
        runs((enum prior_kind)kind, 3);
        runs((enum prior_kind)kind, 25);
    }
    goes_on();
    periods();
    refusals();
    return check_done();
}
