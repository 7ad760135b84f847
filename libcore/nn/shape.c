/* Layers that move values about: sum, channel range. */
#include <assert.h>
#include <string.h>

#include "base/kernel.h"
#include "nn/layers.h"

/* ---- sum, the second term broadcast over channels when it has one ---- */

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

static void add_forward(struct node *n)
{
    size_t time = (size_t)n->shape[2], channels = (size_t)n->shape[1], rows = (size_t)node_batch(n) * channels;

    for (size_t row = 0; row < rows; row++)
        sum_values(n->in[0]->y + row * time, n->in[1]->y + (is_broadcast(n) ? row / channels : row) * time, time,
                   n->y + row * time);
}

/* The gradient as it is, or summed over the channels of a clip. */
static void add_backward(struct node *n)
{
    size_t time = (size_t)n->shape[2], channels = (size_t)n->shape[1], rows = (size_t)node_batch(n) * channels;

    for (int i = 0; i < 2; i++) {
        bool summed = i == 1 && is_broadcast(n);
        float *d = node_grad(n, i);

        if (d && summed && !n->add[i])
            memset(d, 0, node_count(n->in[i]) * sizeof *d);
        for (size_t row = 0; d && row < rows; row++)
            if (summed || n->add[i])
                add_values(n->dy + row * time, time, d + (summed ? row / channels : row) * time);
            else
                memcpy(d + row * time, n->dy + row * time, time * sizeof *d);
    }
}

struct node *net_add(struct net *net, struct node *a, struct node *b)
{
    static const struct op op = {"add", add_forward, add_backward};

    assert(a->shape[2] == b->shape[2] && (b->shape[1] == 1 || a->shape[1] == b->shape[1]));
    return net_add_node(net, &op, 2, (struct node *[]){a, b}, a->shape[1], a->shape[2], 0);
}

/* ---- a range of channels ---- */

static void channels_forward(struct node *n)
{
    size_t size = (size_t)(n->shape[1] * n->shape[2]), from = (size_t)(n->in[0]->shape[1] * n->shape[2]);
    const int *first = n->conf;

    for (int b = 0; b < node_batch(n); b++)
        memcpy(n->y + (size_t)b * size, n->in[0]->y + (size_t)b * from + *first * n->shape[2], size * sizeof(float));
}

static void channels_backward(struct node *n)
{
    size_t size = (size_t)(n->shape[1] * n->shape[2]), from = (size_t)(n->in[0]->shape[1] * n->shape[2]);
    const int *first = n->conf;
    float *dx = node_grad(n, 0);

    if (!n->add[0])
        memset(dx, 0, (size_t)node_batch(n) * from * sizeof *dx);
    for (int b = 0; b < node_batch(n); b++)
        for (size_t i = 0; i < size; i++)
            dx[(size_t)b * from + (size_t)(*first * n->shape[2]) + i] += n->dy[(size_t)b * size + i];
}

struct node *net_channels(struct net *net, struct node *x, int first, int count)
{
    static const struct op op = {"channels", channels_forward, channels_backward};
    struct node *n = net_add_node(net, &op, 1, &x, count, x->shape[2], sizeof first);

    assert(first >= 0 && first + count <= x->shape[1]);
    *(int *)n->conf = first;
    return n;
}
