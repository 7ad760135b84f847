/* Fitting the prior: least squares from sums of products, so that clips are
 * seen once and not kept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/linalg.h"
#include "base/team.h"
#include "model/prior.h"

/* Of the pooled fit, and of the corrections for each position to it; in standardised units. */
static const double ridge = 100, ridge_position = 300;

/* Sums over the frames at one position of (a, y)(a, y)', where a is the
 * context [z_{t-1} .. z_{t-4}, 1] and y is z_t. */
struct prior_fit {
    struct prior_shape shape;
    int n;                 /* order latent + 1 + latent */
    double *sums;          /* [positions, n, n] */
    double *sum, *squares; /* [latent], over all frames */
    double frames;
    int64_t kept, clips, periods;
};

void prior_declare(struct net *net, const struct prior_shape *s)
{
    int64_t d = s->latent, k = s->positions;

    net_statistic(net, "prior/mean", 1, (int64_t[]){d}, INIT_ZERO);
    net_statistic(net, "prior/sd", 1, (int64_t[]){d}, INIT_ONE);
    net_statistic(net, "prior/matrix", 3, (int64_t[]){k, PRIOR_ORDER * d + 1, d}, INIT_ZERO);
    net_statistic(net, "prior/factor", 3, (int64_t[]){k, d, d}, INIT_ZERO);
    if (s->bank > 0) {
        net_statistic(net, "prior/bank", 2, (int64_t[]){s->bank, d}, INIT_ZERO);
        net_statistic(net, "prior/lengths", 1, (int64_t[]){s->clips}, INIT_ZERO);
    }
    if (s->periods > 0)
        net_statistic(net, "prior/periods", 1, (int64_t[]){s->periods}, INIT_ZERO);
}

struct prior_fit *prior_fit_new(const struct prior_shape *shape)
{
    struct prior_fit *f = mem_zero(1, sizeof *f);
    size_t d = (size_t)shape->latent;

    f->shape = *shape;
    f->n = (PRIOR_ORDER + 1) * shape->latent + 1;
    f->sums = mem_zero((size_t)shape->positions * (size_t)f->n * (size_t)f->n, sizeof *f->sums);
    f->sum = mem_zero(d, sizeof *f->sum);
    f->squares = mem_zero(d, sizeof *f->squares);
    return f;
}

/* The rows (a, y) of every positions-th frame from at on; returns how many. */
static int rows_from(const struct prior_fit *f, const float *z, int64_t frames, int64_t at, float *rows)
{
    size_t d = (size_t)f->shape.latent;
    int count = 0;

    for (int64_t t = at; t < frames; t += f->shape.positions, count++) {
        for (int64_t k = 1; k <= PRIOR_ORDER; k++, rows += d)
            memcpy(rows, z + (t - k) * (int64_t)d, d * sizeof *rows);
        *rows++ = 1;
        memcpy(rows, z + t * (int64_t)d, d * sizeof *rows);
        rows += d;
    }
    return count;
}

void prior_fit_add(struct prior_fit *f, const float *z, int64_t frames)
{
    int k = f->shape.positions, n = f->n;
    size_t d = (size_t)f->shape.latent, square = (size_t)n * (size_t)n;
    float *rows = mem_alloc(((size_t)frames / (size_t)k + 1) * (size_t)n * sizeof *rows);
    float *part = mem_alloc(square * sizeof *part);

    for (int64_t t = 0; t < frames; t++)
        for (size_t i = 0; i < d; i++) {
            double v = (double)z[(size_t)t * d + i];

            f->sum[i] += v;
            f->squares[i] += v * v;
        }
    f->frames += (double)frames;
    for (int q = 0; q < k; q++) {
        int64_t first = PRIOR_ORDER + (q - PRIOR_ORDER % k + k) % k;
        int count = rows_from(f, z, frames, first, rows);

        if (count == 0)
            continue;
        gemm(true, false, n, n, count, rows, n, rows, n, 0, part, n);
        for (size_t i = 0; i < square; i++)
            f->sums[(size_t)q * square + i] += (double)part[i];
    }
    free(part);
    free(rows);
}

void prior_fit_keep(struct prior_fit *f, struct params *params, const float *z, int64_t frames)
{
    size_t size = (size_t)f->shape.latent * (size_t)frames;
    float *to = params_values(params, "prior/bank") + f->kept * f->shape.latent;

    if (z)
        memcpy(to, z, size * sizeof *z);
    else
        memset(to, 0, size * sizeof *z);
    params_values(params, "prior/lengths")[f->clips++] = (float)frames;
    f->kept += frames;
}

void prior_fit_period(struct prior_fit *f, struct params *params, double seconds)
{
    params_values(params, "prior/periods")[f->periods++] = (float)seconds;
}

/* sums of (a, y)(a, y)' for z brought to mean 0 and deviation 1: S <- T S T', T row i: (row i - mean_i row of 1) / sd_i */
static void standardise_sums(const struct prior_fit *f, const double *mean, const double *sd, double *s)
{
    int n = f->n, d = f->shape.latent, one = PRIOR_ORDER * d;

    for (int pass = 0; pass < 2; pass++) {
        size_t along = pass ? (size_t)n : 1, across = pass ? 1 : (size_t)n; /* rows, then columns */

        for (int i = 0; i < n; i++) {
            int dim = (i < one ? i : i - one - 1) % d;

            if (i == one)
                continue;
            for (int j = 0; j < n; j++) {
                double *v = &s[(size_t)i * across + (size_t)j * along];

                *v = (*v - mean[dim] * s[(size_t)one * across + (size_t)j * along]) / sd[dim];
            }
        }
    }
}

/* w [m, d] = (A'A + r I)^-1 B, for A'A [m, m] and B [m, d] inside sums of n x n; if w0, of the residual B - A'A w0. */
static int solve(const struct prior_fit *f, const double *s, double r, const double *w0, double *w)
{
    size_t n = (size_t)f->n, d = (size_t)f->shape.latent, m = n - d;
    double *left = mem_alloc(m * m * sizeof *left);
    int status;

    for (size_t i = 0; i < m; i++) {
        memcpy(left + i * m, s + i * n, m * sizeof *left);
        for (size_t j = 0; j < d; j++) {
            double b = s[i * n + m + j];

            for (size_t l = 0; w0 && l < m; l++)
                b -= s[i * n + l] * w0[l * d + j];
            w[i * d + j] = b;
        }
    }
    for (size_t i = 0; i < m; i++)
        left[i * m + i] += r;
    status = solve_positive((int)m, (int)d, left, w);
    free(left);
    return status;
}

/* Covariance of y - w'a as a lower triangular factor. */
static int innovations(const struct prior_fit *f, const double *s, const double *w, float *factor)
{
    size_t n = (size_t)f->n, d = (size_t)f->shape.latent, m = n - d;
    int status;
    double count = s[(m - 1) * n + m - 1], *half = mem_zero(m * d, sizeof *half), *c = mem_zero(d * d, sizeof *c);

    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < m; l++)
            for (size_t j = 0; j < d; j++)
                half[i * d + j] += s[i * n + l] * w[l * d + j];
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            double v = s[(m + i) * n + m + j];

            for (size_t l = 0; l < m; l++)
                v += w[l * d + i] * (half[l * d + j] - s[l * n + m + j]) - s[l * n + m + i] * w[l * d + j];
            c[i * d + j] = count > 0 ? v / count + (i == j ? 1e-4 : 0) : i == j;
        }
    status = cholesky((int)d, c);
    for (size_t i = 0; i < d * d; i++)
        factor[i] = (float)c[i];
    free(c);
    free(half);
    return status;
}

static int fit_positions(struct prior_fit *f, struct params *params, const double *mean, const double *sd)
{
    size_t n = (size_t)f->n, d = (size_t)f->shape.latent, m = n - d, k = (size_t)f->shape.positions;
    int status;
    double *all = mem_zero(n * n, sizeof *all), *w0 = mem_alloc(m * d * sizeof *w0), *w = mem_alloc(m * d * sizeof *w);

    for (size_t q = 0; q < k; q++) {
        standardise_sums(f, mean, sd, f->sums + q * n * n);
        for (size_t i = 0; i < n * n; i++)
            all[i] += f->sums[q * n * n + i];
    }
    status = solve(f, all, ridge, NULL, w0);
    for (size_t q = 0; q < k && !status; q++) {
        const double *s = f->sums + q * n * n;
        float *matrix = params_values(params, "prior/matrix") + q * m * d;

        memset(w, 0, m * d * sizeof *w);
        if (k > 1)
            status = solve(f, s, ridge_position, w0, w);
        for (size_t i = 0; i < m * d; i++) {
            w[i] += w0[i];
            matrix[i] = (float)w[i];
        }
        if (!status)
            status = innovations(f, s, w, params_values(params, "prior/factor") + q * d * d);
    }
    free(w);
    free(w0);
    free(all);
    return status;
}

/* The sums of all ranks, and their parts of the bank. */
static void gather(struct prior_fit *f, float *bank)
{
    size_t d = (size_t)f->shape.latent, n = (size_t)f->n;

    team_sum(f->sums, (size_t)f->shape.positions * n * n);
    team_sum(f->sum, d);
    team_sum(f->squares, d);
    team_sum(&f->frames, 1);
    team_sum_floats(bank, (size_t)f->kept * d);
}

int prior_fit_end(struct prior_fit *f, struct params *params)
{
    size_t d = (size_t)f->shape.latent;
    double *mean = mem_alloc(d * sizeof *mean), *sd = mem_alloc(d * sizeof *sd), n;
    int status;
    float *bank = f->kept > 0 ? params_values(params, "prior/bank") : NULL;

    gather(f, bank);
    n = f->frames > 0 ? f->frames : 1;
    for (size_t i = 0; i < d; i++) {
        double v;

        mean[i] = f->sum[i] / n;
        v = f->squares[i] / n - mean[i] * mean[i];
        sd[i] = f->frames > 0 ? sqrt(v > 1e-8 ? v : 1e-8) : 1;
        params_values(params, "prior/mean")[i] = (float)mean[i];
        params_values(params, "prior/sd")[i] = (float)sd[i];
    }
    status = fit_positions(f, params, mean, sd);
    for (int64_t t = 0; t < f->kept; t++, bank += d)
        for (size_t i = 0; i < d; i++)
            bank[i] = (float)(((double)bank[i] - mean[i]) / sd[i]);
    free(sd);
    free(mean);
    free(f->squares);
    free(f->sum);
    free(f->sums);
    free(f);
    return status;
}
