/* Adam: values and moments are read and written once; a gradient that is an
 * outer product never exists in memory beyond a block. */
#include "nn/adam.h"

#include <math.h>
#include <stddef.h>

#include "nn/kernel.h"

enum { DENSE_TILE = 16384, OUTER_COLS = 2048, BLOCK = 256 };

struct rates {
    float alpha, beta1, beta2, epsilon;
};

KERNEL_INLINE void move(float *restrict theta, float *restrict m, float *restrict v, const float *restrict g, size_t n,
                        struct rates r)
{
    for (size_t i = 0; i < n; i++) {
        float mi = r.beta1 * m[i] + (1 - r.beta1) * g[i];
        float vi = r.beta2 * v[i] + (1 - r.beta2) * g[i] * g[i];

        m[i] = mi;
        v[i] = vi;
        theta[i] -= r.alpha * mi / (sqrtf(vi) + r.epsilon);
    }
}

KERNEL(move_dense, (float *theta, float *m, float *v, const float *g, size_t n, struct rates r), (theta, m, v, g, n, r))
{
    move(theta, m, v, g, n, r);
}

/* A row segment of a factored gradient: g = sum over k of u[k ldu] v_k. */
KERNEL(move_outer, (float *theta, float *m, float *v, const struct outer *o, size_t row, size_t col, size_t n,
                    struct rates r), (theta, m, v, o, row, col, n, r))
{
    float g[BLOCK];

    for (size_t first = 0; first < n; first += BLOCK) {
        size_t count = n - first < BLOCK ? n - first : BLOCK;
        const float *u = o->u + row, *w = o->v + col + first;
        size_t ldu = (size_t)o->ldu, ldv = (size_t)o->ldv;
        int k = 0;

        for (size_t i = 0; i < count; i++)
            g[i] = 0;
        for (; k + 4 <= o->rank; k += 4, u += 4 * ldu, w += 4 * ldv)
            for (size_t i = 0; i < count; i++)
                g[i] += u[0] * w[i] + u[ldu] * w[ldv + i] + u[2 * ldu] * w[2 * ldv + i] + u[3 * ldu] * w[3 * ldv + i];
        for (; k < o->rank; k++, u += ldu, w += ldv)
            for (size_t i = 0; i < count; i++)
                g[i] += u[0] * w[i];
        move(theta + first, m + first, v + first, g, count, r);
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
    int low = 0, high = (int)s->p->count;
    const struct param *q;
    float *theta, *m, *v;

    (void)worker;
    while (high - low > 1) {
        int middle = (low + high) / 2;

        if (s->p->first_task[middle] <= task)
            low = middle;
        else
            high = middle;
    }
    q = s->p->list[low];
    task -= s->p->first_task[low];
    theta = s->p->theta + q->offset;
    m = s->p->adam_m + q->offset;
    v = s->p->adam_v + q->offset;
    if (q->factored) {
        size_t cols = (size_t)q->outer.cols, first = (size_t)task * OUTER_COLS;
        size_t n = cols - first < OUTER_COLS ? cols - first : OUTER_COLS;

        for (size_t row = 0; row < (size_t)q->outer.rows; row++) {
            size_t at = row * cols + first;

            move_outer(theta + at, m + at, v + at, &q->outer, row, first, n, s->r);
        }
    } else {
        size_t first = (size_t)task * DENSE_TILE;
        size_t n = q->count - first < DENSE_TILE ? q->count - first : DENSE_TILE;

        move_dense(theta + first, m + first, v + first, s->p->grad + q->offset + first, n, s->r);
    }
}

void adam_step(struct adam *a, struct params *p, struct pool *pool)
{
    struct pass s = {.p = p};
    double t = (double)++a->step;
    double root = sqrt(1 - pow(a->beta2, t));

    s.r.alpha = (float)(a->rate * root / (1 - pow(a->beta1, t)));
    s.r.beta1 = (float)a->beta1;
    s.r.beta2 = (float)a->beta2;
    s.r.epsilon = (float)(a->keras ? a->epsilon : a->epsilon * root);
    for (size_t i = 0; i < p->count; i++)
        p->first_task[i + 1] = p->first_task[i] + param_tasks(p->list[i]);
    pool_run(pool, p->first_task[p->count], pass_task, &s);
}
