/* Layers that move values about: sum, channel range. */
#include <assert.h>
#include <string.h>

#include "base/kernel.h"
#include "nn/layers.h"

/* ---- sum, the second term broadcast over channels when it has one ---- */

enum { ROWS = 64 }; /* in a task */

static bool is_broadcast(const struct node *n)
{
    return n->in[1]->shape[1] != n->shape[1];
}

KERNEL(sum_values, (const float *restrict a, const float *restrict b, size_t n, float *restrict y), (a, b, n, y))
{
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] + b[i];
}

KERNEL(add_values, (const float *restrict a, size_t n, float *restrict y), (a, n, y))
{
    for (size_t i = 0; i < n; i++)
        y[i] += a[i];
}

static void add_rows(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    size_t time = (size_t)n->shape[2], channels = (size_t)n->shape[1];

    if (!is_broadcast(n)) {
        sum_values(n->in[0]->y + first * time, n->in[1]->y + first * time, (last - first) * time, n->y + first * time);
        return;
    }
    for (size_t row = first; row < last; row++)
        sum_values(n->in[0]->y + row * time, n->in[1]->y + row / channels * time, time, n->y + row * time);
}

static void add_forward(struct node *n)
{
    net_parallel(n->net, (size_t)node_batch(n) * (size_t)n->shape[1], ROWS, add_rows, n);
}

/* The gradient as it is, to the inputs of the sum's own shape. */
static void add_rows_back(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    size_t time = (size_t)n->shape[2], at = first * time, count = (last - first) * time;

    for (int i = 0; i < (is_broadcast(n) ? 1 : 2); i++) {
        float *d = node_grad(n, i);

        if (d == n->dy)
            continue;
        if (d && n->add[i])
            add_values(n->dy + at, count, d + at);
        else if (d)
            memcpy(d + at, n->dy + at, count * sizeof *d);
    }
}

static void add_backward(struct node *n)
{
    size_t time = (size_t)n->shape[2], channels = (size_t)n->shape[1];
    size_t rows = (size_t)node_batch(n) * channels;
    float *db = node_grad(n, 1);

    net_parallel(n->net, rows, ROWS, add_rows_back, n);
    if (!db || !is_broadcast(n))
        return;
    if (!n->add[1])
        memset(db, 0, sizeof *db * rows / channels * time);
    for (size_t row = 0; row < rows; row++)
        add_values(n->dy + row * time, time, db + row / channels * time);
}

struct node *net_add(struct net *net, struct node *a, struct node *b)
{
    static const struct op op = {"add", add_forward, add_backward};
    struct node *n = net_add_node(net, &op, 2, (struct node *[]){a, b}, a->shape[1], a->shape[2], 0);

    assert(a->shape[2] == b->shape[2] && (b->shape[1] == 1 || a->shape[1] == b->shape[1]));
    n->pass[0] = true;
    n->pass[1] = !is_broadcast(n);
    return n;
}

/* ---- a range of channels ---- */

struct channels {
    int first;
};

static void channels_forward(struct node *n)
{
    const struct channels *c = n->conf;
    size_t time = (size_t)n->shape[2], size = (size_t)n->shape[1] * time;
    size_t from = (size_t)n->in[0]->shape[1] * time;

    for (int b = 0; b < node_batch(n); b++)
        memcpy(n->y + (size_t)b * size, n->in[0]->y + (size_t)b * from + (size_t)c->first * time, size * sizeof(float));
}

static void channels_backward(struct node *n)
{
    const struct channels *c = n->conf;
    size_t time = (size_t)n->shape[2], size = (size_t)n->shape[1] * time;
    size_t from = (size_t)n->in[0]->shape[1] * time;
    float *dx = node_grad(n, 0);

    if (!n->add[0])
        memset(dx, 0, (size_t)node_batch(n) * from * sizeof *dx);
    for (int b = 0; b < node_batch(n); b++)
        for (size_t i = 0; i < size; i++)
            dx[(size_t)b * from + (size_t)c->first * time + i] += n->dy[(size_t)b * size + i];
}

struct node *net_channels(struct net *net, struct node *x, int first, int count)
{
    static const struct op op = {"channels", channels_forward, channels_backward};
    struct node *n = net_add_node(net, &op, 1, &x, count, x->shape[2], sizeof(struct channels));

    assert(first >= 0 && first + count <= x->shape[1]);
    ((struct channels *)n->conf)->first = first;
    return n;
}
