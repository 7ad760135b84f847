/* Adam: values and moments are read and written once; a gradient that is an
 * outer product never exists in memory beyond a block. */
#include "nn/adam.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"

enum { DENSE_TILE = 16384, OUTER_COLS = 1024 };

struct rates {
    float alpha, beta1, beta2, epsilon, scale;
};

KERNEL_INLINE void move(float *restrict theta, float *restrict m, float *restrict v, const float *restrict g, size_t n,
                        struct rates r)
{
    for (size_t i = 0; i < n; i++) {
        float gi = r.scale * g[i];
        float mi = r.beta1 * m[i] + (1 - r.beta1) * gi;
        float vi = r.beta2 * v[i] + (1 - r.beta2) * gi * gi;

        m[i] = mi;
        v[i] = vi;
        theta[i] -= r.alpha * mi / (sqrtf(vi) + r.epsilon);
    }
}

KERNEL(move_dense, (float *theta, float *m, float *v, const float *g, size_t n, struct rates r), (theta, m, v, g, n, r))
{
    move(theta, m, v, g, n, r);
}

/* g[i] = the factored gradient at row, col + i, n of them. */
KERNEL(outer_block, (float *restrict g, const struct outer *o, size_t row, size_t col, size_t n), (g, o, row, col, n))
{
    memset(g, 0, n * sizeof *g);
    for (size_t k = 0; k < (size_t)o->rank; k++) {
        const float *restrict v = o->v + k * (size_t)o->ldv + col;
        float u = o->u[k * (size_t)o->ldu + row];

        for (size_t i = 0; i < n; i++)
            g[i] += u * v[i];
    }
}

struct pass {
    struct params *p;
    struct rates r;
};

static int param_tasks(const struct param *q)
{
    if (!q->trainable)
        return 0;
    if (q->factored)
        return (q->outer.cols + OUTER_COLS - 1) / OUTER_COLS;
    return (int)((q->count + DENSE_TILE - 1) / DENSE_TILE);
}

static void pass_task(void *arg, int task, int worker)
{
    const struct pass *s = arg;
    size_t i = 0;
    const struct param *q;
    struct rates r = s->r;
    float *theta, *m, *v;

    (void)worker;
    while (s->p->first_task[i + 1] <= task)
        i++;
    q = s->p->list[i];
    task -= s->p->first_task[i];
    r.alpha *= q->pace;
    theta = s->p->theta + q->offset;
    m = s->p->adam_m + q->offset;
    v = s->p->adam_v + q->offset;
    if (q->factored) {
        size_t cols = (size_t)q->outer.cols, first = (size_t)task * OUTER_COLS;
        size_t n = cols - first < OUTER_COLS ? cols - first : OUTER_COLS;

        for (size_t row = 0, at = first; row < (size_t)q->outer.rows; row++, at += cols) {
            float g[OUTER_COLS];

            outer_block(g, &q->outer, row, first, n);
            move_dense(theta + at, m + at, v + at, g, n, r);
        }
    } else {
        size_t first = (size_t)task * DENSE_TILE;
        size_t n = q->count - first < DENSE_TILE ? q->count - first : DENSE_TILE;

        move_dense(theta + first, m + first, v + first, s->p->grad + q->offset + first, n, r);
    }
}

void adam_step(struct adam *a, struct params *p, struct pool *pool, double scale)
{
    struct pass s = {.p = p};
    double t = (double)++a->step;
    double root = sqrt(1 - pow(a->beta2, t));

    s.r.alpha = (float)(a->rate * root / (1 - pow(a->beta1, t)));
    s.r.scale = (float)scale;
    s.r.beta1 = (float)a->beta1;
    s.r.beta2 = (float)a->beta2;
    s.r.epsilon = (float)(a->keras ? a->epsilon : a->epsilon * root);
    for (size_t i = 0; i < p->count; i++)
        p->first_task[i + 1] = p->first_task[i] + param_tasks(p->list[i]);
    pool_run(pool, p->first_task[p->count], pass_task, &s);
}

KERNEL(squares, (const float *x, size_t n, double *sum), (x, n, sum))
{
    double all = 0;

    KERNEL_SUM(all, float, 16, i, 0, n, x[i] * x[i]);
    *sum = all;
}

struct norm {
    const struct params *p;
    double *sums; /* [parameters] */
};

static void norm_task(void *arg, int task, int worker)
{
    const struct norm *s = arg;
    const struct param *q = s->p->list[task];
    double sum = 0, part;

    (void)worker;
    assert(!q->factored);
    for (size_t first = 0; q->trainable && first < q->count; first += DENSE_TILE) {
        squares(s->p->grad + q->offset + first, q->count - first < DENSE_TILE ? q->count - first : DENSE_TILE, &part);
        sum += part;
    }
    s->sums[task] = sum;
}

double adam_gradient_norm(struct params *p, struct pool *pool)
{
    struct norm s = {p, mem_alloc((p->count + 1) * sizeof(double))};
    double sum = 0;

    pool_run(pool, (int)p->count, norm_task, &s);
    for (size_t i = 0; i < p->count; i++)
        sum += s.sums[i];
    free(s.sums);
    return sqrt(sum);
}
