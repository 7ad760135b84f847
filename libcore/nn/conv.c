/* Convolution, transposed convolution and dense layers: three uses of the same
 * products. */
#include <string.h>

#include "base/kernel.h"
#include "nn/conv_product.h"
#include "nn/layers.h"

struct bias_sum {
    const struct node *n;
    float *db;
};

KERNEL(row_sum, (const float *restrict x, size_t n, float *restrict sum), (x, n, sum))
{
    enum { LANES = 16 };
    float lane[LANES] = {0}, rest = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += x[i + j];
    for (; i < n; i++)
        rest += x[i];
    for (size_t j = 0; j < LANES; j++)
        rest += lane[j];
    *sum += rest;
}

/* db[c] = sum over clips and time of dy, in order */
static void bias_rows(void *arg, size_t first, size_t last)
{
    const struct bias_sum *s = arg;
    const struct node *n = s->n;
    size_t channels = (size_t)n->shape[1], time = (size_t)n->shape[2];

    if (!n->add[2])
        memset(s->db + first, 0, (last - first) * sizeof *s->db);
    for (size_t b = 0; b < (size_t)node_batch(n); b++) {
        const float *dy = n->dy + b * channels * time;

        for (size_t c = first; c < last; c++)
            if (time == 1)
                s->db[c] += dy[c];
            else
                row_sum(dy + c * time, time, &s->db[c]);
    }
}

static void conv_forward(struct node *n)
{
    const struct geometry *g = n->conf;
    const float *bias = n->inputs > 2 ? n->in[2]->y : NULL;

    if (g->transposed)
        product_up(n, n->in[0]->y, n->y, false, bias);
    else
        product_down(n, n->in[0]->y, n->y, false, bias);
}

static void conv_backward(struct node *n)
{
    const struct geometry *g = n->conf;
    float *dx = node_grad(n, 0);

    if (g->transposed) {
        if (dx)
            product_down(n, n->dy, dx, n->add[0], NULL);
        product_weight(n, n->in[0]->y, n->dy, dx != NULL);
    } else {
        if (dx)
            product_up(n, n->dy, dx, n->add[0], NULL);
        product_weight(n, n->dy, n->in[0]->y, dx != NULL);
    }
    if (n->inputs > 2 && node_grad(n, 2)) {
        struct bias_sum s = {n, node_grad(n, 2)};

        net_parallel(n->net, (size_t)n->shape[1], n->shape[2] == 1 ? 8192 : 16, bias_rows, &s);
    }
}

/* ---- builders ---- */

static const struct op conv1d_op = {"conv1d", conv_forward, conv_backward, NULL};
static const struct op transpose_op = {"conv1d_transpose", conv_forward, conv_backward, NULL};
static const struct op dense_op = {"dense", conv_forward, conv_backward, NULL};

static struct node *conv_node(struct net *net, const struct op *op, struct node *x, struct node *w, struct node *b,
                              struct geometry g)
{
    int channels = g.transposed ? g.cl : g.cs, time = g.transposed ? g.tl : g.ts;
    struct node *n;

    if (b && b->shape[0] != channels)
        return net_refuse(net, "%s: a bias of %d values for %d channels", op->name, b->shape[0], channels);
    n = net_add_node(net, op, b ? 3 : 2, (struct node *[]){x, w, b}, channels, time, sizeof g);
    if (!n)
        return NULL;
    memcpy(n->conf, &g, sizeof g);
    n->plan = product_plan;
    return n;
}

static bool conv_refused(struct net *net, const char *name, const struct node *x, int weight_channels, struct conv c)
{
    if (c.stride < 1 || c.dilation < 1 || c.pad_left < 0) {
        net_refuse(net, "%s: stride %d, dilation %d, padding %d and %d", name, c.stride, c.dilation, c.pad_left,
                   c.pad_right);
        return true;
    }
    if (x->shape[1] != weight_channels) {
        net_refuse(net, "%s: weights for %d channels, input has %d", name, weight_channels, x->shape[1]);
        return true;
    }
    return false;
}

struct node *net_conv1d(struct net *net, struct node *x, struct node *w, struct node *b, struct conv c)
{
    int span, long_time;

    if (!x || !w || conv_refused(net, "conv1d", x, w->shape[1], c))
        return NULL;
    span = (w->shape[2] - 1) * c.dilation + 1;
    long_time = x->shape[2] + c.pad_left + c.pad_right;
    if (long_time < span)
        return net_refuse(net, "conv1d: %d samples are fewer than the kernel spans (%d)", long_time, span);
    return conv_node(net, &conv1d_op, x, w, b,
                     (struct geometry){.cs = w->shape[0], .ts = (long_time - span) / c.stride + 1, .cl = x->shape[1],
                                       .tl = x->shape[2], .taps = w->shape[2], .stride = c.stride,
                                       .dilation = c.dilation, .pad = c.pad_left});
}

struct node *net_conv1d_transpose(struct net *net, struct node *x, struct node *w, struct node *b, struct conv c)
{
    int time;

    if (!x || !w || conv_refused(net, "conv1d_transpose", x, w->shape[0], c))
        return NULL;
    time = (x->shape[2] - 1) * c.stride + (w->shape[2] - 1) * c.dilation + 1 - c.pad_left - c.pad_right;
    if (time < 1)
        return net_refuse(net, "conv1d_transpose: %d samples would be left", time);
    return conv_node(net, &transpose_op, x, w, b,
                     (struct geometry){.cs = x->shape[1], .ts = x->shape[2], .cl = w->shape[1], .tl = time,
                                       .taps = w->shape[2], .stride = c.stride, .dilation = c.dilation,
                                       .pad = c.pad_left, .transposed = true});
}

struct node *net_dense(struct net *net, struct node *x, struct node *w, struct node *b)
{
    if (!x || !w)
        return NULL;
    if (x->shape[1] * x->shape[2] != w->shape[0])
        return net_refuse(net, "dense: weights for %d values, input has %d", w->shape[0], x->shape[1] * x->shape[2]);
    return conv_node(net, &dense_op, x, w, b,
                     (struct geometry){.cs = w->shape[0], .ts = 1, .cl = w->shape[1], .tl = 1, .taps = 1, .stride = 1,
                                       .dilation = 1, .transposed = true});
}

struct conv conv_same(int time, int taps, int stride, int dilation)
{
    int out = (time + stride - 1) / stride;
    int total = (out - 1) * stride + (taps - 1) * dilation + 1 - time;

    if (total < 0)
        total = 0;
    return (struct conv){stride, dilation, total / 2, total - total / 2};
}

struct conv conv_valid(int stride, int dilation)
{
    return (struct conv){stride, dilation, 0, 0};
}

struct conv conv_causal(int taps, int stride, int dilation)
{
    int pad = (taps - 1) * dilation + 1 - stride;

    return (struct conv){stride, dilation, pad > 0 ? pad : 0, 0};
}

struct conv conv_transpose_same(int taps, int stride)
{
    int total = taps - stride, left = total > 0 ? total / 2 : 0;   /* short kernels leave silence at the end */

    return (struct conv){stride, 1, left, total - left};
}
