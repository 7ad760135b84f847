/* Products of the two sides of a convolution: flat ones, where both sides are
 * one sample long and a batch is a matrix, and general ones by unfolding. */
#include "nn/conv_product.h"

#include <string.h>

#include "nn/direct.h"
#include "nn/gemm.h"
#include "nn/skinny.h"

enum {
    FLAT_CHUNK = 2048,
    LEAST_COLUMNS = 128, MOST_COLUMNS = 256,    /* of the product of a group of clips */
    LEAST_WEIGHTS = 64, MOST_WEIGHTS = 192      /* columns of a gradient in a task */
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

/* ---- flat products: sides are [batch, channels] ---- */

static int flat_tap(const struct geometry *g)
{
    int t0, t1;

    for (int k = 0; k < g->taps; k++)
        if (tap_range(g, k, &t0, &t1))
            return k;
    return -1;
}

/* The weights of that tap as a contiguous cs x cl matrix. */
static const float *flat_weights(struct node *n, const struct geometry *g)
{
    const float *w = n->in[1]->y + flat_tap(g);
    float *packed = n->work + g->packed;

    if (g->taps == 1)
        return w;
    for (size_t i = 0; i < tap_size(g); i++)
        packed[i] = w[i * (size_t)g->taps];
    return packed;
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

/* ---- general products ----
 *
 * The long side is unfolded into columns, col[cl tap][clip t] = l_tap, and the
 * short side gathered into rows[cs][clip t], so that w as it lies in memory,
 * [cs, cl tap], makes one product of many clips:
 *     down    s = w col        up    col = w' rows, folded back into l
 *     weight  dw = rows col'
 * Columns and rows stay in the node's work. Down and up have a task for each
 * group of clips, as many as make the product wide; weight has one for each
 * block of the columns of dw. */

static int limited(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

/* At least two groups where there are enough columns. */
static int group_clips(const struct node *n, const struct geometry *g)
{
    int columns = limited(n->shape[0] * g->ts / 2, LEAST_COLUMNS, MOST_COLUMNS);

    return (columns + g->ts - 1) / g->ts;
}

/* A block of clips: where its columns and rows begin. */
struct group {
    int first, clips, width;
    float *col, *rows;
};

static int groups(const struct product *p)
{
    int clips = group_clips(p->n, p->g);

    return (node_batch(p->n) + clips - 1) / clips;
}

static struct group group_at(const struct product *p, int i)
{
    const struct geometry *g = p->g;
    int most = group_clips(p->n, g), first = i * most, left = node_batch(p->n) - first;
    struct group b = {.first = first, .clips = left < most ? left : most};

    b.width = b.clips * g->ts;
    b.col = p->n->work + (size_t)first * (size_t)g->ts;
    b.rows = b.col + (size_t)(g->cl * g->taps) * (size_t)g->pitch;
    return b;
}

/* The long side of some clips as columns. */
static void unfold(const struct product *p, const struct group *q)
{
    const struct geometry *g = p->g;
    const float *l = p->l + (size_t)q->first * (size_t)g->cl * (size_t)g->tl;

    for (int c = 0; c < g->cl; c++)
        for (int k = 0; k < g->taps; k++) {
            float *row = q->col + (size_t)(c * g->taps + k) * (size_t)g->pitch;
            int shift = k * g->dilation - g->pad, t0, t1;

            if (!tap_range(g, k, &t0, &t1))
                t0 = t1 = g->ts;
            for (int b = 0; b < q->clips; b++, row += g->ts) {
                const float *from = l + ((size_t)b * (size_t)g->cl + (size_t)c) * (size_t)g->tl;

                for (int t = 0; t < t0; t++)
                    row[t] = 0;
                if (g->stride == 1)
                    memcpy(row + t0, from + t0 + shift, (size_t)(t1 - t0) * sizeof *row);
                else
                    for (int t = t0; t < t1; t++)
                        row[t] = from[t * g->stride + shift];
                for (int t = t1; t < g->ts; t++)
                    row[t] = 0;
            }
        }
}

/* The first tap to reach a sample sets it, where one reaches them all: the
 * rest add. Without such a tap what l holds is prepared first. */
static int covering_tap(const struct geometry *g)
{
    int t0, t1;

    for (int k = 0; g->stride == 1 && g->ts == g->tl && k < g->taps; k++)
        if (k * g->dilation == g->pad && tap_range(g, k, &t0, &t1) && t0 == 0 && t1 == g->ts)
            return k;
    return -1;
}

static void row_begin(float *restrict to, const float *restrict from, int count, bool add, float offset)
{
    if (add && from)
        for (int t = 0; t < count; t++)
            to[t] += from[t] + offset;
    else if (from)
        for (int t = 0; t < count; t++)
            to[t] = from[t] + offset;
    else
        for (int t = 0; t < count; t++)
            to[t] = (add ? to[t] : 0) + offset;
}

static void row_add(float *restrict to, const float *restrict from, int count)
{
    for (int t = 0; t < count; t++)
        to[t] += from[t];
}

/* Columns [cl tap, width] to the long side of some clips. */
static void fold(const struct product *p, const struct group *q, const float *col)
{
    const struct geometry *g = p->g;
    size_t width = (size_t)q->width;
    int whole = covering_tap(g);

    for (int c = 0; c < g->cl; c++)
        for (int b = 0; b < q->clips; b++) {
            float *to = p->out + ((size_t)(q->first + b) * (size_t)g->cl + (size_t)c) * (size_t)g->tl;
            const float *from = col + (size_t)c * (size_t)g->taps * width + (size_t)b * (size_t)g->ts;

            row_begin(to, whole < 0 ? NULL : from + (size_t)whole * width, g->tl, p->add,
                      p->bias ? p->bias[c] : 0);
            for (int k = 0; k < g->taps; k++) {
                const float *row = from + (size_t)k * width;
                int shift = k * g->dilation - g->pad, t0, t1;

                if (k == whole || !tap_range(g, k, &t0, &t1))
                    continue;
                if (g->stride == 1)
                    row_add(to + t0 + shift, row + t0, t1 - t0);
                else
                    for (int t = t0; t < t1; t++)
                        to[t * g->stride + shift] += row[t];
            }
        }
}

/* The short side of some clips as rows, and a matrix [cs, width] to the short side. */
static void gather(const struct product *p, const struct group *q)
{
    const struct geometry *g = p->g;
    size_t ts = (size_t)g->ts;

    for (int c = 0; c < g->cs; c++)
        for (int b = 0; b < q->clips; b++)
            memcpy(q->rows + (size_t)c * (size_t)g->pitch + (size_t)b * ts,
                   p->s + ((size_t)(q->first + b) * (size_t)g->cs + (size_t)c) * ts, ts * sizeof(float));
}

static void scatter(const struct product *p, const struct group *q, const float *matrix)
{
    const struct geometry *g = p->g;
    size_t ts = (size_t)g->ts;

    for (int c = 0; c < g->cs; c++)
        for (int b = 0; b < q->clips; b++, matrix += ts)
            row_begin(p->out + ((size_t)(q->first + b) * (size_t)g->cs + (size_t)c) * ts, matrix, g->ts,
                      p->add, p->bias ? p->bias[c] : 0);
}

static void down_group(void *arg, int task, int worker)
{
    const struct product *p = arg;
    struct group q = group_at(p, task);
    float *scratch = node_scratch(p->n, worker);
    int depth = p->g->cl * p->g->taps;

    unfold(p, &q);
    gemm(false, false, p->g->cs, q.width, depth, p->w, depth, q.col, p->g->pitch, 0, scratch, q.width);
    scatter(p, &q, scratch);
}

static void up_group(void *arg, int task, int worker)
{
    const struct product *p = arg;
    struct group q = group_at(p, task);
    float *scratch = node_scratch(p->n, worker);
    int depth = p->g->cl * p->g->taps;

    gather(p, &q);
    gemm(true, false, depth, q.width, p->g->cs, p->w, depth, q.rows, p->g->pitch, 0, scratch, q.width);
    fold(p, &q, scratch);
}

/* At least two blocks where there are enough columns. */
static int weight_columns(const struct geometry *g)
{
    int half = (g->cl * g->taps / 2 + 15) / 16 * 16;

    return limited(half, LEAST_WEIGHTS, MOST_WEIGHTS);
}

static int weight_blocks(const struct geometry *g)
{
    return (g->cl * g->taps + weight_columns(g) - 1) / weight_columns(g);
}

static void weight_block(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    struct group all = group_at(p, 0);
    int depth = g->cl * g->taps, most = weight_columns(g), first = task * most;
    int columns = depth - first < most ? depth - first : most;

    (void)worker;
    gemm(false, true, g->cs, columns, node_batch(p->n) * g->ts, all.rows, g->pitch,
         all.col + (size_t)first * (size_t)g->pitch, g->pitch, p->add ? 1 : 0, p->out + first, depth);
}

static void unfold_group(void *arg, int task, int worker)
{
    struct group q = group_at(arg, task);

    (void)worker;
    unfold(arg, &q);
}

static void gather_group(void *arg, int task, int worker)
{
    struct group q = group_at(arg, task);

    (void)worker;
    gather(arg, &q);
}

void product_unfold(struct node *n, const float *l)
{
    struct product p = {.n = n, .g = n->conf, .l = l};

    if (!p.g->flat && !p.g->direct)
        pool_run(net_pool(n->net), groups(&p), unfold_group, &p);
}

void product_gather(struct node *n, const float *s)
{
    struct product p = {.n = n, .g = n->conf, .s = s};

    if (!p.g->flat && !p.g->direct)
        pool_run(net_pool(n->net), groups(&p), gather_group, &p);
}

/* ---- the three products on any geometry ---- */

void product_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct product p = {.n = n, .g = g, .l = l, .out = s, .add = add, .bias = bias, .w = n->in[1]->y};

    if (g->flat) {
        p.w = flat_tap(g) < 0 ? NULL : flat_weights(n, g);
        flat_down(&p);
    } else if (g->direct) {
        direct_down(n, l, s, add, bias);
    } else {
        pool_run(net_pool(n->net), groups(&p), down_group, &p);
    }
}

void product_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct product p = {.n = n, .g = g, .s = s, .out = l, .add = add, .bias = bias, .w = n->in[1]->y};

    if (g->flat) {
        p.w = flat_tap(g) < 0 ? NULL : flat_weights(n, g);
        pool_run(net_pool(n->net), flat_parts(g), flat_up_part, &p);
    } else if (g->direct) {
        direct_up(n, s, l, add, bias);
    } else {
        pool_run(net_pool(n->net), groups(&p), up_group, &p);
    }
}

/* dw = s l' at the one tap that length one reaches; the others get none. */
static void flat_weight(struct node *n, const float *s, const float *l, float *dw)
{
    const struct geometry *g = n->conf;
    int tap = flat_tap(g), batch = node_batch(n);
    size_t taps = (size_t)g->taps;

    if (!n->add[1])
        memset(dw, 0, tap_size(g) * taps * sizeof *dw);
    if (tap < 0)
        return;
    for (int b = 0; b < batch; b++)
        for (size_t i = 0; i < (size_t)g->cs; i++)
            for (size_t j = 0; j < (size_t)g->cl; j++)
                dw[(i * (size_t)g->cl + j) * taps + (size_t)tap] +=
                    s[(size_t)b * (size_t)g->cs + i] * l[(size_t)b * (size_t)g->cl + j];
}

void product_weight(struct node *n, const float *s, const float *l)
{
    const struct geometry *g = n->conf;
    float *dw = node_grad(n, 1);
    struct product p = {.n = n, .g = g, .s = s, .l = l, .out = dw, .add = n->add[1]};
    struct param *q = n->in[1]->param;
    int batch = node_batch(n);

    if (!dw)
        return;
    if (q)
        q->factored = g->flat && g->taps == 1 && n->in[1]->users == 1 && 2 * batch <= g->cs &&
                      2 * batch <= g->cl;
    if (q && q->factored)
        q->outer = (struct outer){batch, g->cs, g->cl, g->cs, g->cl, s, l};
    else if (g->flat)
        flat_weight(n, s, l, dw);
    else if (g->direct)
        direct_weight(n, s, l, dw, n->add[1]);
    else
        pool_run(net_pool(n->net), weight_blocks(g), weight_block, &p);
}

/* ---- what they need ---- */

void product_plan(struct node *n, struct geometry *g)
{
    g->flat = g->ts == 1 && g->tl == 1;
    g->direct = !g->flat && direct_fits(g);
    if (g->flat) {
        g->partial = g->taps > 1 ? tap_size(g) : 0;
        n->work_floats = g->partial + (size_t)flat_parts(g) * (size_t)n->shape[0] * (size_t)g->cs;
    } else if (g->direct) {
        direct_plan(n, g);
    } else {
        size_t clips = (size_t)(group_clips(n, g) < n->shape[0] ? group_clips(n, g) : n->shape[0]);
        size_t depth = (size_t)g->cl * (size_t)g->taps;

        /* a line more, lest all rows fall on the same places of a cache */
        g->pitch = (n->shape[0] * g->ts + 15) / 16 * 16 + 16;
        n->work_floats = (depth + (size_t)g->cs) * (size_t)g->pitch;
        n->worker_floats = clips * (size_t)g->ts * (depth > (size_t)g->cs ? depth : (size_t)g->cs);
    }
}
