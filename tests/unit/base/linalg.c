/* Eigenvalues and the Frechet distance: known answers, and what holds of any. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/linalg.h"
#include "measure/moments.h"

/* n x n of rank at most rank, without a negative eigenvalue; drawn from a seed. */
static double *drawn(int n, int rank, uint64_t seed)
{
    struct rng r = rng_new(seed, 0);
    float *x = mem_zero((size_t)(n * rank), sizeof *x);
    double *a = mem_zero((size_t)(n * n), sizeof *a);

    rng_normal(&r, x, (size_t)(n * rank));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            for (int k = 0; k < rank; k++)
                a[i * n + j] += (double)x[i * rank + k] * x[j * rank + k];
    free(x);
    return a;
}

static void any(const char *what, int n, double *a)
{
    double *v = mem_zero((size_t)(n * n), sizeof *v), *values = mem_zero((size_t)n, sizeof *values);
    double *alone = mem_zero((size_t)n, sizeof *alone), scale = 1e-300, worst = 0, skew = 0, apart = 0;
    bool sorted = true;

    memcpy(v, a, (size_t)(n * n) * sizeof *v);
    check(!eigen_symmetric(n, n, v, values), "%s: converges", what);
    for (int k = 0; k < n; k++)
        scale = fmax(scale, fabs(values[k]));
    for (int k = 0; k < n; k++) {
        sorted = sorted && (k == 0 || values[k] <= values[k - 1]);
        for (int i = 0; i < n; i++) {
            double av = 0, product = 0;

            for (int j = 0; j < n; j++) {
                av += a[i * n + j] * v[k * n + j];
                product += v[i * n + j] * v[k * n + j];
            }
            worst = fmax(worst, fabs(av - values[k] * v[k * n + i]) / scale);
            skew = fmax(skew, fabs(product - (i == k)));
        }
    }
    memcpy(v, a, (size_t)(n * n) * sizeof *v);
    eigen_symmetric(n, n / 3 + 1, v, alone);
    for (int k = 0; k < n / 3 + 1; k++)
        apart = fmax(apart, fabs(alone[k] - values[k]) / scale);
    check(worst < 1e-12, "%s: A v = w v within %.1e", what, worst);
    check(skew < 1e-12, "%s: vectors are orthonormal within %.1e", what, skew);
    check(sorted && apart < 1e-13, "%s: values sorted, and the largest alone are the same", what);
    free(v);
    free(values);
    free(alone);
    free(a);
}

static void known(void)
{
    double a[] = {2, 1, 1, 2}, one[] = {-7}, w[2];

    eigen_symmetric(2, 2, a, w);
    check(fabs(w[0] - 3) < 1e-14 && fabs(w[1] - 1) < 1e-14, "2 1 1 2 has 3 and 1");
    check(fabs(a[0] - sqrt(0.5)) < 1e-14 && fabs(a[1] - sqrt(0.5)) < 1e-14, "the first vector of 2 1 1 2");
    eigen_symmetric(1, 1, one, w);
    check(w[0] == -7 && one[0] == 1, "a single number");
}

/* The second difference matrix has the eigenvalues 2 - 2 cos(pi k / (n + 1)). */
static void differences(void)
{
    enum { N = 64 };
    double *a = mem_zero(N * N, sizeof *a), w[N], worst = 0;

    for (int i = 0; i < N; i++) {
        a[i * N + i] = 2;
        if (i > 0)
            a[i * N + i - 1] = a[(i - 1) * N + i] = -1;
    }
    eigen_symmetric(N, N, a, w);
    for (int k = 0; k < N; k++)
        worst = fmax(worst, fabs(w[k] - (2 - 2 * cos(M_PI * (N - k) / (N + 1)))));
    check(worst < 1e-13, "second differences within %.1e", worst);
    free(a);
}

static void frechet(void)
{
    /* independent dimensions: the sum over them of (mu - nu)^2 + (sigma - tau)^2 */
    float a[8][2] = {{1, 0}, {3, 0}, {1, 4}, {3, 4}}, b[4][2] = {{0, 0}, {6, 0}, {0, 2}, {6, 2}};
    struct moments *p = moments_new(2), *q = moments_new(2), *both = moments_new(2);
    double want, got, mean[2], s[4], unit = sqrt(4 / 3.0); /* deviation of -1 -1 1 1 */

    moments_add(p, &a[0][0], 4, 2);
    moments_add(q, &b[0][0], 2, 2);
    moments_add(both, &b[2][0], 2, 2);
    moments_merge(q, both);
    want = pow(2 - 3, 2) + pow(unit - 3 * unit, 2) + pow(2 - 1, 2) + pow(2 * unit - unit, 2);
    got = moments_frechet(p, q);
    check(fabs(got - want) < 1e-12, "Frechet distance %g, expected %g", got, want);
    check(fabs(moments_frechet(q, p) - got) < 1e-12, "the same the other way");
    check(moments_frechet(p, p) < 1e-12, "none from itself");
    moments_mean(p, mean);
    moments_covariance(p, s);
    check(mean[0] == 2 && mean[1] == 2 && fabs(s[0] - 4 / 3.0) < 1e-14 && fabs(s[3] - 16 / 3.0) < 1e-14 &&
              fabs(s[1]) < 1e-14 && s[1] == s[2],
          "mean and covariance");
    moments_clear(p);
    check(p->count == 0 && p->sum[0] == 0 && p->outer[0] == 0, "cleared");
    moments_free(p);
    moments_free(q);
    moments_free(both);
}

enum { TASKS = 1000, THREADS = 8, SIDE = 128 };

struct together {
    const float *a, *b, *right;
    char same[TASKS];
};

static void multiply(void *arg, int task, int worker)
{
    struct together *t = arg;
    float c[SIDE * SIDE];

    (void)worker;
    gemm(task % 2, false, SIDE, SIDE, SIDE, t->a, SIDE, t->b, SIDE, 0, c, SIDE);
    t->same[task] = !memcmp(c, t->right + (task % 2) * SIDE * SIDE, sizeof c);
}

/* Some builds of OpenBLAS give two callers one buffer. */
static void together(void)
{
    struct rng r = rng_new(5, 0);
    float *x = mem_floats(4 * SIDE * SIDE);
    struct together *t = mem_zero(1, sizeof *t);
    struct pool *p = pool_new(THREADS);
    int same = 0;

    rng_normal(&r, x, 2 * SIDE * SIDE);
    *t = (struct together){.a = x, .b = x + SIDE * SIDE, .right = x + 2 * SIDE * SIDE};
    for (int turned = 0; turned < 2; turned++)
        gemm(turned, false, SIDE, SIDE, SIDE, t->a, SIDE, t->b, SIDE, 0, x + (2 + turned) * SIDE * SIDE, SIDE);
    pool_run(p, TASKS, multiply, t);
    for (int i = 0; i < TASKS; i++)
        same += t->same[i];
    check(same == TASKS, "%d of %d products on %d threads are those of one", same, TASKS, THREADS);
    pool_free(p);
    free(t);
    free(x);
}

int main(void)
{
    double *identity = mem_zero(100, sizeof *identity);

    known();
    differences();
    any("zero", 5, mem_zero(25, sizeof(double)));
    for (int i = 0; i < 10; i++)
        identity[11 * i] = 1;
    any("identity", 10, identity);
    any("drawn, 7", 7, drawn(7, 9, 1));
    any("rank 3 of 20", 20, drawn(20, 3, 2));
    any("rank 98 of 320", 320, drawn(320, 98, 4));
    any("drawn, 160", 160, drawn(160, 200, 3));
    frechet();
    together();
    return check_done();
}
