/* Fitting and running the autoregression. */
#include "vae/prior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/gemm.h"
#include "nn/lapack.h"
#include "nn/layers.h"

static const double ridge = 30, bound = 6;

void prior_declare(struct net *net, int latent)
{
    int64_t d = latent;

    net_statistic(net, "prior/mean", 1, (int64_t[]){d}, INIT_ZERO);
    net_statistic(net, "prior/sd", 1, (int64_t[]){d}, INIT_ONE);
    net_statistic(net, "prior/matrix", 2, (int64_t[]){PRIOR_ORDER * d, d}, INIT_ZERO);
    net_statistic(net, "prior/factor", 2, (int64_t[]){d, d}, INIT_ZERO);
}

static float *values(const struct params *p, const char *name)
{
    return p->theta + params_find(p, name)->offset;
}

/* Posterior draws of all clips: z [clips][latent frames][latent]. */
static float *draw_latents(const struct spectral *s, struct params *params, float *const *y, size_t count, int frames,
                           struct rng *r, struct pool *pool)
{
    struct spectral_graph g = spectral_build(s, SPECTRAL_ENCODER, params, 1, frames, pool);
    size_t steps = (size_t)(frames / s->stride), latent = (size_t)s->latent;
    float *z = mem_alloc(count * steps * latent * sizeof *z), *draw = mem_alloc(steps * latent * sizeof *draw);

    if (net_plan(g.net, 0, false))
        diag_die("%s", error_text());
    for (size_t i = 0; i < count; i++) {
        memcpy(g.y->y, y[i], node_count(g.y) * sizeof(float));
        net_forward(g.net);
        rng_normal(r, draw, steps * latent);
        posterior_draw(draw, g.mean->y, g.logvar->y, steps * latent);
        for (size_t t = 0; t < steps; t++)
            for (size_t d = 0; d < latent; d++)
                z[(i * steps + t) * latent + d] = draw[d * steps + t];
    }
    free(draw);
    net_free(g.net);
    return z;
}

static void standardise(const struct params *params, float *z, size_t rows, size_t latent)
{
    float *mean = values(params, "prior/mean"), *sd = values(params, "prior/sd");

    for (size_t d = 0; d < latent; d++) {
        double sum = 0, squares = 0, m, v;

        for (size_t i = 0; i < rows; i++) {
            sum += (double)z[i * latent + d];
            squares += (double)z[i * latent + d] * (double)z[i * latent + d];
        }
        m = sum / (double)rows;
        v = squares / (double)rows - m * m;
        mean[d] = (float)m;
        sd[d] = (float)(v > 1e-8 ? sqrt(v) : 1e-4);
        for (size_t i = 0; i < rows; i++)
            z[i * latent + d] = (z[i * latent + d] - mean[d]) / sd[d];
    }
}

/* The rows of one clip that have a whole past: context [rows, order latent], the latest first. */
static void contexts(const float *z, size_t steps, size_t latent, float *context)
{
    for (size_t t = PRIOR_ORDER; t < steps; t++)
        for (size_t k = 0; k < PRIOR_ORDER; k++, context += latent)
            memcpy(context, z + (t - 1 - k) * latent, latent * sizeof *context);
}

/* sum += a' b for a [rows, n], b [rows, m] */
static void add_products(size_t rows, size_t n, size_t m, const float *a, const float *b, float *part, double *sum)
{
    gemm(true, false, (int)n, (int)m, (int)rows, a, (int)n, b, (int)m, 0, part, (int)m);
    for (size_t i = 0; i < n * m; i++)
        sum[i] += (double)part[i];
}

void prior_fit(const struct spectral *shape, struct params *params, float *const *y, size_t count, int frames,
               uint64_t seed, uint64_t stream, struct pool *pool)
{
    struct rng r = rng_new(seed, stream);
    size_t latent = (size_t)shape->latent, steps = (size_t)(frames / shape->stride), n = PRIOR_ORDER * latent;
    size_t rows = steps > PRIOR_ORDER ? steps - PRIOR_ORDER : 0;
    float *z = draw_latents(shape, params, y, count, frames, &r, pool);
    float *context = mem_alloc((rows + 1) * n * sizeof *context), *rest = mem_alloc((rows + 1) * latent * sizeof *rest);
    float *part = mem_alloc(n * n * sizeof *part);
    double *left = mem_zero(n * n, sizeof *left), *right = mem_zero(n * latent, sizeof *right);
    double *noise = mem_zero(latent * latent, sizeof *noise);
    float *matrix = values(params, "prior/matrix"), *factor = values(params, "prior/factor");

    standardise(params, z, count * steps, latent);
    for (size_t i = 0; i < count && rows > 0; i++) {
        const float *clip = z + i * steps * latent;

        contexts(clip, steps, latent, context);
        add_products(rows, n, n, context, context, part, left);
        add_products(rows, n, latent, context, clip + PRIOR_ORDER * latent, part, right);
    }
    for (size_t a = 0; a < n; a++)
        left[a * n + a] += ridge;
    if (lapack_solve((int)n, (int)latent, left, right))
        memset(right, 0, n * latent * sizeof *right);
    for (size_t a = 0; a < n * latent; a++)
        matrix[a] = (float)right[a];
    for (size_t i = 0; i < count && rows > 0; i++) {
        const float *clip = z + i * steps * latent;

        contexts(clip, steps, latent, context);
        gemm(false, false, (int)rows, (int)latent, (int)n, context, (int)n, matrix, (int)latent, 0, rest, (int)latent);
        for (size_t j = 0; j < rows * latent; j++)
            rest[j] = clip[PRIOR_ORDER * latent + j] - rest[j];
        add_products(rows, latent, latent, rest, rest, part, noise);
    }
    for (size_t a = 0; a < latent; a++)
        for (size_t b = 0; b < latent; b++)
            noise[a * latent + b] = rows > 0 ? noise[a * latent + b] / (double)(rows * count) + (a == b ? 1e-6 : 0) : a == b;
    if (!lapack_cholesky((int)latent, noise))
        for (size_t a = 0; a < latent * latent; a++)
            factor[a] = (float)noise[a];
    free(noise);
    free(right);
    free(left);
    free(part);
    free(rest);
    free(context);
    free(z);
}

void prior_run(const struct params *params, int latent, struct prior_state *state, float *noise, int frames)
{
    size_t d = (size_t)latent, steps = (size_t)frames;
    const float *mean = values(params, "prior/mean"), *sd = values(params, "prior/sd");
    const float *matrix = values(params, "prior/matrix"), *factor = values(params, "prior/factor");
    float *x = mem_alloc(d * sizeof *x);
    bool fresh = !state->past;

    if (fresh)
        state->past = mem_zero(PRIOR_ORDER * d, sizeof *state->past);
    for (size_t t = 0; t < steps; t++) {
        for (size_t i = 0; i < d; i++) {
            float sum = 0;

            if (fresh && t < PRIOR_ORDER) {
                x[i] = noise[i * steps + t];
                continue;
            }
            for (size_t j = 0; j <= i; j++)
                sum += factor[i * d + j] * noise[j * steps + t];
            x[i] = sum;
        }
        if (!fresh || t >= PRIOR_ORDER)
            for (size_t a = 0; a < PRIOR_ORDER * d; a++)
                for (size_t i = 0; i < d; i++)
                    x[i] += state->past[a] * matrix[a * d + i];
        for (size_t i = 0; i < d; i++)
            x[i] = x[i] > (float)bound ? (float)bound : x[i] < -(float)bound ? -(float)bound : x[i];
        memmove(state->past + d, state->past, (PRIOR_ORDER - 1) * d * sizeof *x);
        memcpy(state->past, x, d * sizeof *x);
        for (size_t i = 0; i < d; i++)
            noise[i * steps + t] = x[i] * sd[i] + mean[i];
    }
    free(x);
}
