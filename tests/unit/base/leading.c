/* Leading eigenvectors, against matrices whose own are known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "base/leading.h"

/* a = (1 - 2 u u') diag(values) (1 - 2 u u'): its eigenvectors are the columns of 1 - 2 u u'. */
static void make(int n, const double *values, double *u, double *a)
{
    struct rng r = rng_new(7, (uint64_t)n);
    double sum = 0;

    for (int i = 0; i < n; i++) {
        u[i] = rng_uniform(&r) - 0.5;
        sum += u[i] * u[i];
    }
    for (int i = 0; i < n; i++)
        u[i] /= sqrt(sum);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double v = 0;

            for (int k = 0; k < n; k++)
                v += ((i == k) - 2 * u[i] * u[k]) * values[k] * ((j == k) - 2 * u[j] * u[k]);
            a[i * n + j] = v;
        }
}

/* Of rank values that fall by a factor each; bound: how far vectors may be off. */
static void known(int n, int count, int rank, double factor, double bound)
{
    size_t size = (size_t)n;
    double *values = mem_zero(size, sizeof *values), *u = mem_alloc(size * sizeof *u),
           *a = mem_alloc(size * size * sizeof *a);
    double *found = mem_alloc((size_t)count * sizeof *found), *v = mem_alloc((size_t)count * size * sizeof *v);
    double *again = mem_alloc((size_t)count * size * sizeof *again), far = 0, off = 0, skew = 0;
    struct pool *pool = pool_new(3);

    for (int i = 0; i < rank; i++)
        values[i] = 100 * pow(factor, i);
    make(n, values, u, a);
    check(!leading(n, count, a, found, v, NULL), "%d of %d, rank %d", count, n, rank);
    for (int d = 0; d < count; d++) {
        far = fmax(far, fabs(found[d] - values[d]));
        for (int e = 0; e <= d; e++) {
            double dot = 0;

            for (int i = 0; i < n; i++)
                dot += v[d * n + i] * v[e * n + i];
            skew = fmax(skew, fabs(dot - (d == e)));
        }
        if (d < rank) {
            double dot = 0;

            for (int i = 0; i < n; i++)
                dot += v[d * n + i] * ((i == d) - 2 * u[i] * u[d]);
            off = fmax(off, 1 - fabs(dot));
        }
    }
    check(far < 0.01, "values are off by %g", far);
    check(skew < 1e-5, "vectors are orthonormal to %g", skew);
    check(off < bound, "and point where they should, to %g", off);
    leading(n, count, a, found, again, pool);
    check(!memcmp(v, again, (size_t)count * size * sizeof *v), "the same with three threads");
    pool_free(pool);
    free(values);
    free(u);
    free(a);
    free(found);
    free(v);
    free(again);
}

int main(void)
{
    known(600, 20, 600, 0.9, 1e-6);
    known(600, 20, 600, 0.99, 1e-3);
    known(300, 30, 300, 0.97, 1e-5);
    known(300, 30, 11, 0.7, 1e-6); /* less than is asked for */
    known(40, 40, 40, 0.95, 1e-6); /* all there are */
    known(2, 1, 1, 1, 1e-6);
    return check_done();
}
