/* Mean and covariance of rows, and the Frechet distance. */
#include "measure/moments.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/linalg.h"

/* Rows in one product, whose sums are in single precision; of its own rows, of which each is right of the diagonal. */
enum { TOGETHER = 256, BLOCK = 160 };

struct moments *moments_new(int dims)
{
    struct moments *m = mem_zero(1, sizeof *m);

    assert(dims >= 1);
    m->dims = dims;
    m->sum = mem_zero((size_t)dims, sizeof *m->sum);
    m->outer = mem_zero((size_t)dims * (size_t)dims, sizeof *m->outer);
    return m;
}

void moments_free(struct moments *m)
{
    if (!m)
        return;
    free(m->sum);
    free(m->outer);
    free(m);
}

void moments_clear(struct moments *m)
{
    size_t n = (size_t)m->dims;

    m->count = 0;
    memset(m->sum, 0, n * sizeof *m->sum);
    memset(m->outer, 0, n * n * sizeof *m->outer);
}

struct products {
    struct moments *m;
    const float *rows; /* [count, stride] */
    int count, stride;
};

/* A block of columns: their sums, and their products with these and those right of them. */
static void block_add(void *arg, int task, int worker)
{
    const struct products *p = arg;
    struct moments *m = p->m;
    size_t n = (size_t)m->dims, from = (size_t)task * BLOCK, to = n - from < BLOCK ? n : from + BLOCK, wide = n - from;
    float *part = mem_alloc((to - from) * wide * sizeof *part);

    (void)worker;
    for (int r = 0; r < p->count; r++)
        for (size_t j = from; j < to; j++)
            m->sum[j] += p->rows[(size_t)r * (size_t)p->stride + j];
    gemm(true, false, (int)(to - from), (int)wide, p->count, p->rows + from, p->stride, p->rows + from, p->stride, 0,
         part, (int)wide);
    for (size_t i = from; i < to; i++)
        for (size_t j = i; j < n; j++)
            m->outer[i * n + j] += part[(i - from) * wide + j - from];
    free(part);
}

void moments_add(struct moments *m, const float *rows, int64_t count, size_t stride)
{
    assert(stride >= (size_t)m->dims);
    for (int64_t r = 0; r < count; r += TOGETHER) {
        struct products p = {m, rows + (size_t)r * stride, count - r < TOGETHER ? (int)(count - r) : TOGETHER,
                             (int)stride};

        pool_run(m->pool, (m->dims + BLOCK - 1) / BLOCK, block_add, &p);
    }
    m->count += (double)count;
}

void moments_merge(struct moments *m, const struct moments *from)
{
    size_t n = (size_t)m->dims;

    assert(m->dims == from->dims);
    m->count += from->count;
    for (size_t i = 0; i < n; i++)
        m->sum[i] += from->sum[i];
    for (size_t i = 0; i < n * n; i++)
        m->outer[i] += from->outer[i];
}

void moments_mean(const struct moments *m, double *mean)
{
    assert(m->count >= 1);
    for (int i = 0; i < m->dims; i++)
        mean[i] = m->sum[i] / m->count;
}

void moments_covariance(const struct moments *m, double *covariance)
{
    size_t n = (size_t)m->dims;

    assert(m->count >= 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) {
            double c = (m->outer[i * n + j] - m->sum[i] * m->sum[j] / m->count) / fmax(1, m->count - 1);

            covariance[i * n + j] = covariance[j * n + i] = c;
        }
}

double *moments_components(const struct moments *m, int count, double *mean, double *variances)
{
    double *axes = mem_alloc((size_t)m->dims * (size_t)m->dims * sizeof *axes);

    moments_mean(m, mean);
    moments_covariance(m, axes);
    if (eigen_symmetric(m->dims, count, axes, variances) == 0)
        return axes;
    free(axes);
    return NULL;
}

/* tr((S^1/2 T S^1/2)^1/2). With S = V' w V (rows of V the eigenvectors) the
 * matrix has the eigenvalues of R T R', R = w^1/2 V. s is destroyed. */
static double root_trace(size_t n, double *s, const double *t)
{
    double *values = mem_zero(n, sizeof *values), *half = mem_zero(n * n, sizeof *half);
    double *product = mem_zero(n * n, sizeof *product), trace = 0;

    if (eigen_symmetric((int)n, (int)n, s, values))
        values[0] = NAN;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            s[i * n + j] *= sqrt(fmax(0, values[i]));
    gemm_double(false, false, (int)n, (int)n, (int)n, 1, s, (int)n, t, (int)n, 0, half, (int)n);
    gemm_double(false, true, (int)n, (int)n, (int)n, 1, half, (int)n, s, (int)n, 0, product, (int)n);
    if (eigen_symmetric((int)n, (int)n, product, values))
        values[0] = NAN;
    for (size_t i = 0; i < n; i++)
        trace += sqrt(fmax(0, values[i]));
    free(values);
    free(half);
    free(product);
    return trace;
}

double moments_frechet(const struct moments *a, const struct moments *b)
{
    size_t n = (size_t)a->dims;
    double *mu = mem_zero(n, sizeof *mu), *nu = mem_zero(n, sizeof *nu), distance = 0;
    double *s = mem_zero(n * n, sizeof *s), *t = mem_zero(n * n, sizeof *t);

    assert(a->dims == b->dims);
    moments_mean(a, mu);
    moments_mean(b, nu);
    moments_covariance(a, s);
    moments_covariance(b, t);
    for (size_t i = 0; i < n; i++)
        distance += (mu[i] - nu[i]) * (mu[i] - nu[i]) + s[i * n + i] + t[i * n + i];
    distance -= 2 * root_trace(n, s, t);
    free(mu);
    free(nu);
    free(s);
    free(t);
    return fmax(0, distance);
}
