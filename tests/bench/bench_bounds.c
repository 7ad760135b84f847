/* The machine's bounds: what memory and vector units allow, whatever the program. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "base/linalg.h"
#include "base/kernel.h"

enum {
    PARAMETERS = 12120133,  /* of the notebook network */
    WEIGHTS = SAMPLES * 64, /* of its largest layer in encoder and decoder each */
    PART = 16384,           /* floats in a task */
    SIDE = 1024             /* of the square matrices multiplied */
};

struct arrays {
    struct pool *pool;
    float *theta, *m, *v;
    float sums[(WEIGHTS + PART - 1) / PART];
};

static size_t part_size(size_t count, int task)
{
    size_t left = count - (size_t)task * PART;

    return left < PART ? left : PART;
}

static int parts(size_t count)
{
    return (int)((count + PART - 1) / PART);
}

/* ---- memcpy of all parameters ---- */

static void copy_part(void *arg, int task, int worker)
{
    struct arrays *a = arg;
    size_t first = (size_t)task * PART;

    (void)worker;
    memcpy(a->m + first, a->theta + first, part_size(PARAMETERS, task) * sizeof(float));
}

static void copy_all(void *arg)
{
    struct arrays *a = arg;

    pool_run(a->pool, parts(PARAMETERS), copy_part, a);
}

/* ---- a pass that reads and writes three arrays, as the least an optimizer with two moments must ---- */

KERNEL(pass, (float *restrict theta, float *restrict m, float *restrict v, size_t n), (theta, m, v, n))
{
    for (size_t i = 0; i < n; i++) {
        m[i] = 0.9f * m[i] + 0.001f;
        v[i] = 0.999f * v[i] + 0.00001f;
        theta[i] -= 3e-4f * m[i] / (sqrtf(v[i]) + 1e-8f);
    }
}

static void pass_part(void *arg, int task, int worker)
{
    struct arrays *a = arg;
    size_t first = (size_t)task * PART;

    (void)worker;
    pass(a->theta + first, a->m + first, a->v + first, part_size(PARAMETERS, task));
}

static void pass_all(void *arg)
{
    struct arrays *a = arg;

    pool_run(a->pool, parts(PARAMETERS), pass_part, a);
}

/* ---- reading the weights of one large layer ---- */

KERNEL(add_up, (const float *x, size_t n, float *sums), (x, n, sums))
{
    float sum[64] = {0};
    size_t i = 0;

    for (; i + 64 <= n; i += 64)
        for (size_t k = 0; k < 64; k++)
            sum[k] += x[i + k];
    for (; i < n; i++)
        sum[0] += x[i];
    for (size_t k = 1; k < 64; k++)
        sum[0] += sum[k];
    *sums = sum[0];
}

static void read_part(void *arg, int task, int worker)
{
    struct arrays *a = arg;

    (void)worker;
    add_up(a->theta + (size_t)task * PART, part_size(WEIGHTS, task), a->sums + task);
}

static void read_all(void *arg)
{
    struct arrays *a = arg;

    pool_run(a->pool, parts(WEIGHTS), read_part, a);
}

/* ---- matrix products, one for each thread ---- */

struct matrices {
    struct pool *pool;
    float *data;
};

static void multiply_part(void *arg, int task, int worker)
{
    struct matrices *s = arg;
    float *a = s->data + (size_t)task * 3 * SIDE * SIDE, *b = a + SIDE * SIDE, *c = b + SIDE * SIDE;

    (void)worker;
    gemm(false, false, SIDE, SIDE, SIDE, a, SIDE, b, SIDE, 0, c, SIDE);
}

static void multiply_all(void *arg)
{
    struct matrices *s = arg;

    pool_run(s->pool, pool_threads(s->pool), multiply_part, s);
}

void bench_bounds(int threads, int steps)
{
    struct pool *pool = pool_new(threads);
    struct arrays *a = mem_zero(1, sizeof *a);
    struct matrices s = {pool, random_clips((size_t)pool_threads(pool) * 3 * SIDE * SIDE)};

    a->pool = pool;
    a->theta = mem_floats(PARAMETERS);
    a->m = mem_floats(PARAMETERS);
    a->v = mem_floats(PARAMETERS);
    pass_all(a);
    measure("copy", threads, steps, copy_all, a);
    measure("pass", threads, steps, pass_all, a);
    measure("read", threads, steps, read_all, a);
    measure("gemm", threads, steps, multiply_all, &s);
    free(s.data);
    free(a->theta);
    free(a->m);
    free(a->v);
    free(a);
    pool_free(pool);
}
