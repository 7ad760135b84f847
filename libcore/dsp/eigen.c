/* Eigenvalues and eigenvectors of symmetric matrices. */
#include "dsp/eigen.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static double dot(const double *x, const double *y, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* y += a x */
static void axpy(double a, const double *x, double *y, int n)
{
    for (int i = 0; i < n; i++)
        y[i] += a * x[i];
}

/* Turns x [n] into v with (I - v v') x = (-+|x|, 0, 0 ...), |v|^2 = 2 or v = 0;
 * returns the first component of what x is reflected to. */
static double reflector(double *x, int n)
{
    double norm = sqrt(dot(x, x, n)), length;

    if (norm < DBL_MIN) {
        memset(x, 0, (size_t)n * sizeof *x);
        return 0;
    }
    if (x[0] > 0)
        norm = -norm;
    x[0] -= norm;
    length = sqrt(dot(x, x, n) / 2);
    for (int i = 0; i < n; i++)
        x[i] /= length;
    return norm;
}

/* Reduces a to the tridiagonal matrix with diagonal d [n] and e [n - 1] beside
 * it. Row k of a keeps, right of the diagonal, the reflector of step k. */
static void reduce(int n, double *a, double *d, double *e, double *p)
{
    for (int k = 0; k < n; k++) {
        double *v = a + (size_t)k * (size_t)n + k + 1, half;
        int m = n - k - 1;

        d[k] = v[-1];
        if (m == 0)
            break;
        e[k] = reflector(v, m);
        /* B <- (I - v v') B (I - v v') = B - v w' - w v', w = p - (v'p / 2) v, p = B v */
        for (int i = 0; i < m; i++)
            p[i] = dot(a + (size_t)(k + 1 + i) * (size_t)n + k + 1, v, m);
        half = dot(v, p, m) / 2;
        axpy(-half, v, p, m);
        for (int i = 0; i < m; i++) {
            double *row = a + (size_t)(k + 1 + i) * (size_t)n + k + 1;

            for (int j = 0; j < m; j++)
                row[j] -= v[i] * p[j] + p[i] * v[j];
        }
    }
}

/* Rows of q [n, n]: the transpose of the product of all reflectors. */
static void reflectors_multiply(int n, const double *a, double *q, double *sum)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            q[(size_t)i * (size_t)n + (size_t)j] = i == j;
    for (int k = 0; k < n - 1; k++) {
        const double *v = a + (size_t)k * (size_t)n + k + 1;
        double *below = q + (size_t)(k + 1) * (size_t)n;

        memset(sum, 0, (size_t)n * sizeof *sum);
        for (int i = 0; i < n - k - 1; i++)
            axpy(v[i], below + (size_t)i * (size_t)n, sum, n);
        for (int i = 0; i < n - k - 1; i++)
            axpy(-v[i], sum, below + (size_t)i * (size_t)n, n);
    }
}

/* (x, y) <- (c x - s y, s x + c y) */
static void rotate(double *x, double *y, int n, double c, double s)
{
    for (int i = 0; i < n; i++) {
        double t = y[i];

        y[i] = s * x[i] + c * t;
        x[i] = c * x[i] - s * t;
    }
}

/* One sweep from m up to l that brings e[l] nearer to 0; q may be NULL. */
static void sweep(int n, double *d, double *e, int l, int m, double *q)
{
    double g = (d[l + 1] - d[l]) / (2 * e[l]), s = 1, c = 1, p = 0;

    g = d[m] - d[l] + e[l] / (g + copysign(hypot(g, 1), g));
    for (int i = m - 1; i >= l; i--) {
        double f = s * e[i], b = c * e[i], r = hypot(f, g);

        e[i + 1] = r;
        if (r < DBL_MIN) {   /* it fell apart before: the parts are done one by one */
            d[i + 1] -= p;
            e[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (q)
            rotate(q + (size_t)i * (size_t)n, q + (size_t)(i + 1) * (size_t)n, n, c, s);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
}

/* What lies beside the diagonal counts as 0 once it is one rounding of the
 * largest entry: small eigenvalues are as exact as that, not each for itself. */
static void diagonalize(int n, double *d, double *e, double *q)
{
    double least = DBL_MIN;

    e[n - 1] = 0;
    for (int i = 0; i < n; i++)
        least = fmax(least, DBL_EPSILON * (fabs(d[i]) + fabs(e[i])));
    for (int l = 0; l < n; l++)
        for (int tries = 0; ; tries++) {
            int m = l;

            while (m < n - 1 && fabs(e[m]) > least)
                m++;
            if (m == l)
                break;
            assert(tries < 100);   /* as a rule it takes two */
            sweep(n, d, e, l, m, q);
        }
}

struct place {
    double value;
    int row;
};

static int larger_first(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return x->value < y->value ? 1 : x->value > y->value ? -1 : x->row - y->row;
}

/* Row as it was, with the sign that makes its largest component positive. */
static void row_copy(int n, const double *from, double *to)
{
    int largest = 0;

    for (int i = 1; i < n; i++)
        if (fabs(from[i]) > fabs(from[largest]))
            largest = i;
    for (int i = 0; i < n; i++)
        to[i] = from[largest] < 0 ? -from[i] : from[i];
}

void eigen_symmetric(int n, double *a, double *values, bool vectors)
{
    size_t size = (size_t)n;
    double *d = mem_zero(size, sizeof *d), *e = mem_zero(size, sizeof *e), *p = mem_zero(size, sizeof *p);
    double *q = vectors ? mem_zero(size * size, sizeof *q) : NULL;
    struct place *order = mem_zero(size, sizeof *order);

    assert(n >= 1);
    reduce(n, a, d, e, p);
    if (q)
        reflectors_multiply(n, a, q, p);
    diagonalize(n, d, e, q);
    for (int i = 0; i < n; i++)
        order[i] = (struct place){ d[i], i };
    qsort(order, size, sizeof *order, larger_first);
    for (int i = 0; i < n; i++) {
        values[i] = order[i].value;
        if (q)
            row_copy(n, q + (size_t)order[i].row * size, a + (size_t)i * size);
    }
    free(d);
    free(e);
    free(p);
    free(q);
    free(order);
}
