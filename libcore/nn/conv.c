/* Convolution, transposed convolution and dense layers.
 *
 * All three relate a short side s [cs, ts] and a long side l [cl, tl] through
 * w [cs, cl, tap]: sample t of s meets sample t stride + k dilation - pad of l
 * at tap k. Three products serve everything:
 *     down    s  = sum over k of w_k l_k       conv forward,    transposed backward
 *     up      l += sum over k of w_k' s        transposed forward, conv backward
 *     weight  dw_k = s l_k'                    both
 * where l_k is l shifted by tap k: a matrix product per tap, no im2col. */
#include <string.h>

#include "nn/gemm.h"
#include "nn/kernel.h"
#include "nn/layers.h"
#include "nn/skinny.h"

enum { FLAT_CHUNK = 2048, WEIGHT_ROWS = 32 };

struct geometry {
    int cs, ts, cl, tl, taps, stride, dilation, pad;
    bool transposed;             /* x is the short side */
    bool flat;                   /* ts = tl = 1: whole batches are matrices */
    size_t packed, packed_grad, partial; /* places in node->work */
};

/* The outputs t0..t1-1 of the short side that tap k reaches inside the long side. */
static bool tap_range(const struct geometry *g, int k, int *t0, int *t1)
{
    int shift = k * g->dilation - g->pad;   /* l index = t stride + shift */
    int last = g->tl - 1 - shift;

    *t0 = shift >= 0 ? 0 : (-shift + g->stride - 1) / g->stride;
    *t1 = last < 0 ? 0 : last / g->stride + 1;
    if (*t1 > g->ts)
        *t1 = g->ts;
    return *t0 < *t1;
}

static size_t tap_size(const struct geometry *g)
{
    return (size_t)g->cs * (size_t)g->cl;
}

/* w_k as a contiguous cs x cl matrix. */
static const float *tap_weights(const struct node *n, const struct geometry *g, int k)
{
    return g->taps == 1 ? n->in[1]->y : n->work + g->packed + (size_t)k * tap_size(g);
}

static void pack_weights(struct node *n, const struct geometry *g)
{
    const float *w = n->in[1]->y;
    int t0, t1;

    if (g->taps == 1)
        return;
    for (int k = 0; k < g->taps; k++) {
        float *to = n->work + g->packed + (size_t)k * tap_size(g);

        if (tap_range(g, k, &t0, &t1))
            for (size_t i = 0; i < tap_size(g); i++)
                to[i] = w[i * (size_t)g->taps + (size_t)k];
    }
}

/* ---- flat products: sides are [batch, channels] ---- */

static int flat_tap(const struct geometry *g)
{
    int t0, t1;

    for (int k = 0; k < g->taps; k++)
        if (tap_range(g, k, &t0, &t1))
            return k;
    return -1;
}

struct product {
    const struct node *n;
    const struct geometry *g;
    const float *s, *l, *w;
    float *out;
    bool add;
    const float *bias;           /* of the side written, NULL for none */
};

static void flat_down_part(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    int batch = node_batch(p->n), first = task * FLAT_CHUNK;
    int length = g->cl - first < FLAT_CHUNK ? g->cl - first : FLAT_CHUNK;
    float *part = p->n->work + g->partial + (size_t)task * (size_t)(p->n->shape[0] * g->cs);

    (void)worker;
    if (batch <= SKINNY_ROWS)
        skinny_down(batch, g->cs, length, p->l + first, g->cl, p->w + first, g->cl, part, g->cs);
    else
        gemm(false, true, batch, g->cs, length, p->l + first, g->cl, p->w + first, g->cl, 0, part, g->cs);
}

static int flat_parts(const struct geometry *g)
{
    return (g->cl + FLAT_CHUNK - 1) / FLAT_CHUNK;
}

/* The long side is cut into chunks whose products are summed in order. */
static void flat_down(struct product *p)
{
    const struct geometry *g = p->g;
    int batch = node_batch(p->n), parts = p->w ? flat_parts(g) : 0;
    size_t stride = (size_t)(p->n->shape[0] * g->cs);

    pool_run(net_pool(p->n->net), parts, flat_down_part, p);
    for (int b = 0; b < batch; b++)
        for (int c = 0; c < g->cs; c++) {
            size_t at = (size_t)b * (size_t)g->cs + (size_t)c;
            float sum = (p->add ? p->out[at] : 0) + (p->bias ? p->bias[c] : 0);

            for (int i = 0; i < parts; i++)
                sum += p->n->work[g->partial + (size_t)i * stride + at];
            p->out[at] = sum;
        }
}

static void flat_up_part(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    int batch = node_batch(p->n), first = task * FLAT_CHUNK;
    int length = g->cl - first < FLAT_CHUNK ? g->cl - first : FLAT_CHUNK;

    (void)worker;
    for (int b = 0; b < batch; b++) {
        float *row = p->out + (size_t)b * (size_t)g->cl + first;

        for (int i = 0; i < length; i++)
            row[i] = (p->add ? row[i] : 0) + (p->bias ? p->bias[first + i] : 0);
    }
    if (p->w && batch <= SKINNY_ROWS)
        skinny_up(batch, length, g->cs, p->s, g->cs, p->w + first, g->cl, p->out + first, g->cl);
    else if (p->w)
        gemm(false, false, batch, length, g->cs, p->s, g->cs, p->w + first, g->cl, 1, p->out + first, g->cl);
}

/* ---- general products: a task per clip ---- */

/* l_k of one clip as a matrix of cl rows: in place where the stride is 1,
 * gathered into scratch otherwise. */
static const float *long_tap(const struct product *p, const float *l, int k, int t0, int t1, float *scratch, int *ld)
{
    const struct geometry *g = p->g;
    int shift = k * g->dilation - g->pad, count = t1 - t0;

    if (g->stride == 1) {
        *ld = g->tl;
        return l + t0 + shift;
    }
    for (int c = 0; c < g->cl; c++) {
        const float *from = l + (size_t)c * (size_t)g->tl + (size_t)(t0 * g->stride + shift);

        for (int t = 0; t < count; t++)
            scratch[(size_t)c * (size_t)count + (size_t)t] = from[(size_t)t * (size_t)g->stride];
    }
    *ld = count;
    return scratch;
}

static void down_clip(void *arg, int b, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    const float *l = p->l + (size_t)b * (size_t)g->cl * (size_t)g->tl;
    float *s = p->out + (size_t)b * (size_t)g->cs * (size_t)g->ts;
    int t0, t1, ld;

    for (int c = 0; c < g->cs; c++)
        for (int t = 0; t < g->ts; t++) {
            float *to = &s[(size_t)c * (size_t)g->ts + (size_t)t];

            *to = (p->add ? *to : 0) + (p->bias ? p->bias[c] : 0);
        }
    for (int k = 0; k < g->taps; k++)
        if (tap_range(g, k, &t0, &t1)) {
            const float *from = long_tap(p, l, k, t0, t1, node_scratch(p->n, worker), &ld);

            gemm(false, false, g->cs, t1 - t0, g->cl, tap_weights(p->n, g, k), g->cl, from, ld, 1, s + t0, g->ts);
        }
}

static void up_clip(void *arg, int b, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    const float *s = p->s + (size_t)b * (size_t)g->cs * (size_t)g->ts;
    float *l = p->out + (size_t)b * (size_t)g->cl * (size_t)g->tl;
    float *scratch = node_scratch(p->n, worker);
    int t0, t1;

    for (int c = 0; c < g->cl; c++)
        for (int t = 0; t < g->tl; t++) {
            float *to = &l[(size_t)c * (size_t)g->tl + (size_t)t];

            *to = (p->add ? *to : 0) + (p->bias ? p->bias[c] : 0);
        }
    for (int k = 0; k < g->taps; k++) {
        const float *w = tap_weights(p->n, g, k);
        int shift = k * g->dilation - g->pad, count;

        if (!tap_range(g, k, &t0, &t1))
            continue;
        count = t1 - t0;
        if (g->stride == 1) {
            gemm(true, false, g->cl, count, g->cs, w, g->cl, s + t0, g->ts, 1, l + t0 + shift, g->tl);
            continue;
        }
        gemm(true, false, g->cl, count, g->cs, w, g->cl, s + t0, g->ts, 0, scratch, count);
        for (int c = 0; c < g->cl; c++) {
            float *to = l + (size_t)c * (size_t)g->tl + (size_t)(t0 * g->stride + shift);

            for (int t = 0; t < count; t++)
                to[(size_t)t * (size_t)g->stride] += scratch[(size_t)c * (size_t)count + (size_t)t];
        }
    }
}

static int weight_blocks(const struct geometry *g)
{
    return (g->cs + WEIGHT_ROWS - 1) / WEIGHT_ROWS;
}

/* Some rows of one tap's gradient, clips summed in order. */
static void weight_rows(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    int k = task / weight_blocks(g), first = task % weight_blocks(g) * WEIGHT_ROWS, t0, t1, ld;
    int rows = g->cs - first < WEIGHT_ROWS ? g->cs - first : WEIGHT_ROWS;
    float *dw = p->out + (size_t)k * tap_size(g) + (size_t)first * (size_t)g->cl;
    bool reached = tap_range(g, k, &t0, &t1);

    if (!p->add)
        memset(dw, 0, (size_t)rows * (size_t)g->cl * sizeof *dw);
    if (!reached)
        return;
    for (int b = 0; b < node_batch(p->n); b++) {
        const float *l = p->l + (size_t)b * (size_t)g->cl * (size_t)g->tl;
        const float *s = p->s + ((size_t)b * (size_t)g->cs + (size_t)first) * (size_t)g->ts;
        const float *from = long_tap(p, l, k, t0, t1, node_scratch(p->n, worker), &ld);

        gemm(false, true, rows, g->cl, t1 - t0, s + t0, g->ts, from, ld, 1, dw, g->cl);
    }
}

/* ---- the three products on any geometry ---- */

static void down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct product p = {.n = n, .g = g, .l = l, .out = s, .add = add, .bias = bias};

    if (g->flat) {
        p.w = flat_tap(g) < 0 ? NULL : tap_weights(n, g, flat_tap(g));
        flat_down(&p);
    } else {
        pool_run(net_pool(n->net), node_batch(n), down_clip, &p);
    }
}

static void up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct product p = {.n = n, .g = g, .s = s, .out = l, .add = add, .bias = bias};

    if (g->flat) {
        p.w = flat_tap(g) < 0 ? NULL : tap_weights(n, g, flat_tap(g));
        pool_run(net_pool(n->net), flat_parts(g), flat_up_part, &p);
    } else {
        pool_run(net_pool(n->net), node_batch(n), up_clip, &p);
    }
}

static void weight(struct node *n, const float *s, const float *l)
{
    const struct geometry *g = n->conf;
    float *dw = node_grad(n, 1);
    struct product p = {.n = n, .g = g, .s = s, .l = l};
    struct param *q = n->in[1]->param;
    int batch = node_batch(n);

    if (!dw)
        return;
    if (g->flat && g->taps == 1 && flat_tap(g) == 0 && q && n->in[1]->users == 1 && 2 * batch <= g->cs &&
        2 * batch <= g->cl) {
        q->factored = true;
        q->outer = (struct outer){batch, g->cs, g->cl, g->cs, g->cl, s, l};
        return;
    }
    if (q)
        q->factored = false;
    if (g->taps == 1) {
        p.out = dw;
        p.add = n->add[1];
    } else {
        p.out = n->work + g->packed_grad;
    }
    pool_run(net_pool(n->net), g->taps * weight_blocks(g), weight_rows, &p);
    if (g->taps == 1)
        return;
    for (size_t i = 0; i < tap_size(g); i++)
        for (size_t k = 0; k < (size_t)g->taps; k++) {
            float *to = &dw[i * (size_t)g->taps + k];

            *to = (n->add[1] ? *to : 0) + p.out[k * tap_size(g) + i];
        }
}

struct bias_sum {
    const struct node *n;
    float *db;
};

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

        if (time == 1) {
            for (size_t c = first; c < last; c++)
                s->db[c] += dy[c];
            continue;
        }
        for (size_t c = first; c < last; c++) {
            float sum = 0;

            for (size_t t = 0; t < time; t++)
                sum += dy[c * time + t];
            s->db[c] += sum;
        }
    }
}

static void conv_forward(struct node *n)
{
    const struct geometry *g = n->conf;
    const float *bias = n->inputs > 2 ? n->in[2]->y : NULL;

    pack_weights(n, g);
    if (g->transposed)
        up(n, n->in[0]->y, n->y, false, bias);
    else
        down(n, n->in[0]->y, n->y, false, bias);
}

static void conv_backward(struct node *n)
{
    const struct geometry *g = n->conf;
    float *dx = node_grad(n, 0);

    if (dx && g->transposed)
        down(n, n->dy, dx, n->add[0], NULL);
    else if (dx)
        up(n, n->dy, dx, n->add[0], NULL);
    if (g->transposed)
        weight(n, n->in[0]->y, n->dy);
    else
        weight(n, n->dy, n->in[0]->y);
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
    size_t taps = (size_t)g.taps;

    if (b && b->shape[0] != channels)
        return net_refuse(net, "%s: a bias of %d values for %d channels", op->name, b->shape[0], channels);
    n = net_add_node(net, op, b ? 3 : 2, (struct node *[]){x, w, b}, channels, time, sizeof g);
    if (!n)
        return NULL;
    g.flat = g.ts == 1 && g.tl == 1;
    if (g.taps > 1) {
        g.packed = 0;
        g.packed_grad = taps * tap_size(&g);
        n->work_floats = 2 * taps * tap_size(&g);
    }
    g.partial = n->work_floats;
    if (g.flat)
        n->work_floats += (size_t)flat_parts(&g) * (size_t)n->shape[0] * (size_t)g.cs;
    if (g.stride > 1)
        n->worker_floats = (size_t)g.cl * (size_t)g.ts;
    memcpy(n->conf, &g, sizeof g);
    return n;
}

static bool conv_refused(struct net *net, const char *name, const struct node *x, int weight_channels, struct conv c)
{
    if (c.stride < 1 || c.dilation < 1 || c.pad_left < 0 || c.pad_right < 0) {
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
    int total = taps > stride ? taps - stride : 0;

    return (struct conv){stride, 1, total / 2, total - total / 2};
}
