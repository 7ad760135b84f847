/* Block Krylov (Golub and Underwood 1977; Musco and Musco 2015): the matrix is
 * restricted to what it makes of a few vectors in a few steps, X, A X, A^2 X ...,
 * made orthonormal; there all eigenvectors are found. */
#include "base/leading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/linalg.h"

/* The basis has TIMES the count and MORE vectors, that come in so many steps; columns of a product at once. */
enum { TIMES = 3, MORE = 256, STEPS = 10, TILE = 256 };
/* What is left, at most, of a vector that lay in the basis already. */
static const double nothing = 1e-10;

struct basis {
    int n, size, have;
    const double *a;        /* [n, n] */
    double *q;              /* [size, n], of which have are there: orthonormal rows */
    double *product, *dots; /* [block, n]; [block, size] */
    const double *x;        /* rows that are multiplied */
    int rows;
    struct rng rng;
};

static double *row(const struct basis *b, double *rows, int r)
{
    return rows + (size_t)r * (size_t)b->n;
}

/* A tile of columns of x a. */
static void product_task(void *arg, int task, int worker)
{
    struct basis *b = arg;
    int from = task * TILE, width = b->n - from < TILE ? b->n - from : TILE;

    (void)worker;
    gemm_double(false, false, b->rows, width, b->n, 1, b->x, b->n, b->a + from, b->n, 0, b->product + from, b->n);
}

static void multiply(struct basis *b, const double *x, int rows, struct pool *pool)
{
    b->x = x;
    b->rows = rows;
    pool_run(pool, (b->n + TILE - 1) / TILE, product_task, b);
}

static void draw(struct basis *b, double *x)
{
    float *normal = mem_alloc((size_t)b->n * sizeof *normal);

    rng_normal(&b->rng, normal, (size_t)b->n);
    for (int i = 0; i < b->n; i++)
        x[i] = (double)normal[i];
    free(normal);
}

/* Takes the part of x [rows, n] that lies in the basis from that vector on out of it, twice for rounding. */
static void take_out(struct basis *b, double *x, int rows, int from)
{
    for (int pass = 0; pass < 2 && from < b->have; pass++) {
        gemm_double(false, true, rows, b->have - from, b->n, 1, x, b->n, row(b, b->q, from), b->n, 0, b->dots, b->size);
        gemm_double(false, false, rows, b->n, b->have - from, -1, b->dots, b->size, row(b, b->q, from), b->n, 1, x,
                    b->n);
    }
}

static double norm(const struct basis *b, const double *x)
{
    double sum = 0;

    for (int i = 0; i < b->n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* Adds x, of which nothing lay in the basis before that vector; anything else in place of what lies there now. */
static void add(struct basis *b, double *x, int since, double before)
{
    double left;

    take_out(b, x, 1, since);
    while (left = norm(b, x), !(left > nothing * before)) {
        draw(b, x);
        before = norm(b, x);
        take_out(b, x, 1, 0);
    }
    for (int i = 0; i < b->n; i++)
        row(b, b->q, b->have)[i] = x[i] / left;
    b->have++;
}

static void grow(struct basis *b, int block, struct pool *pool)
{
    double *before = mem_alloc((size_t)block * sizeof *before);

    for (int r = 0; r < block; r++)
        draw(b, row(b, b->product, r));
    while (b->have < b->size) {
        int since = b->have, rows = b->size - since < block ? b->size - since : block;

        for (int r = 0; r < rows; r++)
            before[r] = norm(b, row(b, b->product, r));
        take_out(b, b->product, rows, 0);
        for (int r = 0; r < rows; r++)
            add(b, row(b, b->product, r), since, before[r]);
        multiply(b, row(b, b->q, since), rows, pool);
    }
    free(before);
}

/* h = q a q' */
static void restrict_to(struct basis *b, int block, double *h, struct pool *pool)
{
    for (int at = 0; at < b->size; at += block) {
        int rows = b->size - at < block ? b->size - at : block;

        multiply(b, row(b, b->q, at), rows, pool);
        gemm_double(false, true, rows, b->size, b->n, 1, b->product, b->n, b->q, b->n, 0,
                    h + (size_t)at * (size_t)b->size, b->size);
    }
}

/* The eigenvectors of h are rows. */
static void bring_back(const struct basis *b, int count, const double *h, const double *found, double *values,
                       double *vectors)
{
    for (int d = 0; d < count; d++) {
        const double *mix = h + (size_t)d * (size_t)b->size;

        values[d] = found[d];
        gemm_double(false, false, 1, b->n, b->size, 1, mix, b->size, b->q, b->n, 0, row(b, vectors, d), b->n);
    }
}

int leading(int n, int count, const double *a, double *values, double *vectors, struct pool *pool)
{
    int wanted = TIMES * count + MORE;
    struct basis b = {.n = n, .size = wanted < n ? wanted : n, .a = a, .rng = rng_new(0, 0)};
    int block = (b.size + STEPS - 1) / STEPS, status;
    size_t size = (size_t)b.size;
    double *h = mem_alloc(size * size * sizeof *h), *found = mem_alloc(size * sizeof *found);

    b.q = mem_zero(size * (size_t)n, sizeof *b.q);
    b.product = mem_alloc((size_t)block * (size_t)n * sizeof *b.product);
    b.dots = mem_alloc((size_t)block * size * sizeof *b.dots);
    if (b.size < n) {
        grow(&b, block, pool);
        restrict_to(&b, block, h, pool);
    } else { /* small: it is its own restriction */
        memcpy(h, a, size * size * sizeof *h);
        for (int i = 0; i < n; i++)
            row(&b, b.q, i)[i] = 1;
    }
    status = eigen_symmetric(b.size, b.size, h, found);
    if (!status)
        bring_back(&b, count, h, found, values, vectors);
    free(b.q);
    free(b.product);
    free(b.dots);
    free(h);
    free(found);
    return status;
}
