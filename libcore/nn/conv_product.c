/* Products of the two sides of a convolution: flat ones, where both sides are
 * one sample long and a batch is a matrix, and general ones by unfolding. */
#include "nn/conv_product.h"

#include <string.h>

#include "nn/gemm.h"
#include "nn/skinny.h"

enum { FLAT_CHUNK = 2048, GROUP_COLUMNS = 128, WEIGHT_ROWS = 32 };

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

/* ---- general products: a task per group of clips ----
 *
 * The long side is unfolded into columns, col[cl tap][clip t] = l_tap, so that
 * w as it lies in memory, [cs, cl tap], makes one product of each group:
 *     down    s = w col        up    col = w' s, folded back into l
 *     weight  dw = s col'
 * A group is as many clips as make the product wide. */

static int group_clips(const struct geometry *g)
{
    return (GROUP_COLUMNS + g->ts - 1) / g->ts;
}

static int groups(const struct product *p)
{
    return (node_batch(p->n) + group_clips(p->g) - 1) / group_clips(p->g);
}

/* Where group number i has its columns, and how many clips it holds. */
static float *group_columns(const struct product *p, int i, int *first, int *clips)
{
    *first = i * group_clips(p->g);
    *clips = node_batch(p->n) - *first < group_clips(p->g) ? node_batch(p->n) - *first : group_clips(p->g);
    return p->n->work + (size_t)*first * (size_t)p->g->ts * (size_t)(p->g->cl * p->g->taps);
}

/* The long side of some clips as columns. */
static void unfold(const struct geometry *g, const float *l, int clips, float *col)
{
    size_t width = (size_t)clips * (size_t)g->ts;

    for (int c = 0; c < g->cl; c++)
        for (int k = 0; k < g->taps; k++) {
            float *row = col + (size_t)(c * g->taps + k) * width;
            int shift = k * g->dilation - g->pad, t0, t1;
            bool any = tap_range(g, k, &t0, &t1);

            if (!any)
                t0 = t1 = g->ts;
            for (int b = 0; b < clips; b++, row += g->ts) {
                const float *from = l + ((size_t)b * (size_t)g->cl + (size_t)c) * (size_t)g->tl;

                memset(row, 0, (size_t)t0 * sizeof *row);
                if (g->stride == 1)
                    memcpy(row + t0, from + t0 + shift, (size_t)(t1 - t0) * sizeof *row);
                else
                    for (int t = t0; t < t1; t++)
                        row[t] = from[t * g->stride + shift];
                memset(row + t1, 0, (size_t)(g->ts - t1) * sizeof *row);
            }
        }
}

/* Adds columns to the long side of some clips. */
static void fold(const struct geometry *g, const float *col, int clips, float *l)
{
    size_t width = (size_t)clips * (size_t)g->ts;

    for (int c = 0; c < g->cl; c++)
        for (int k = 0; k < g->taps; k++) {
            const float *row = col + (size_t)(c * g->taps + k) * width;
            int shift = k * g->dilation - g->pad, t0, t1;

            if (!tap_range(g, k, &t0, &t1))
                continue;
            for (int b = 0; b < clips; b++, row += g->ts) {
                float *to = l + ((size_t)b * (size_t)g->cl + (size_t)c) * (size_t)g->tl;

                if (g->stride == 1)
                    for (int t = t0; t < t1; t++)
                        to[t + shift] += row[t];
                else
                    for (int t = t0; t < t1; t++)
                        to[t * g->stride + shift] += row[t];
            }
        }
}

/* The short side of some clips as one matrix [cs, clips ts], and back. */
static void gather(const struct geometry *g, const float *s, int clips, float *matrix)
{
    for (int c = 0; c < g->cs; c++)
        for (int b = 0; b < clips; b++, matrix += g->ts)
            memcpy(matrix, s + ((size_t)b * (size_t)g->cs + (size_t)c) * (size_t)g->ts, (size_t)g->ts * sizeof *s);
}

static void scatter(const struct product *p, const float *matrix, int clips, float *s)
{
    const struct geometry *g = p->g;

    for (int c = 0; c < g->cs; c++)
        for (int b = 0; b < clips; b++, matrix += g->ts) {
            float *to = s + ((size_t)b * (size_t)g->cs + (size_t)c) * (size_t)g->ts;
            float offset = p->bias ? p->bias[c] : 0;

            if (p->add)
                for (int t = 0; t < g->ts; t++)
                    to[t] += matrix[t] + offset;
            else
                for (int t = 0; t < g->ts; t++)
                    to[t] = matrix[t] + offset;
        }
}

static void down_group(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    float *scratch = node_scratch(p->n, worker);
    int first, clips;
    float *col = group_columns(p, task, &first, &clips);
    int width = clips * g->ts, depth = g->cl * g->taps;

    unfold(g, p->l + (size_t)first * (size_t)g->cl * (size_t)g->tl, clips, col);
    gemm(false, false, g->cs, width, depth, p->w, depth, col, width, 0, scratch, width);
    scatter(p, scratch, clips, p->out + (size_t)first * (size_t)g->cs * (size_t)g->ts);
}

static void up_group(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    int first, clips;
    size_t size = (size_t)g->cl * (size_t)g->tl;
    float *col, *l, *scratch = node_scratch(p->n, worker);
    int width, depth = g->cl * g->taps;

    group_columns(p, task, &first, &clips);
    width = clips * g->ts;
    col = scratch + (size_t)g->cs * (size_t)width;
    l = p->out + (size_t)first * size;
    gather(g, p->s + (size_t)first * (size_t)g->cs * (size_t)g->ts, clips, scratch);
    gemm(true, false, depth, width, g->cs, p->w, depth, scratch, width, 0, col, width);
    for (int b = 0; b < clips; b++)
        for (int c = 0; c < g->cl; c++) {
            float *row = l + (size_t)b * size + (size_t)c * (size_t)g->tl;
            float offset = p->bias ? p->bias[c] : 0;

            for (int t = 0; t < g->tl; t++)
                row[t] = (p->add ? row[t] : 0) + offset;
        }
    fold(g, col, clips, l);
}

static int weight_blocks(const struct geometry *g)
{
    return (g->cs + WEIGHT_ROWS - 1) / WEIGHT_ROWS;
}

/* Some rows of the gradient, groups summed in order; the columns are those
 * that the last product down left in the node's work. */
static void weight_rows(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    int first_row = task * WEIGHT_ROWS, depth = g->cl * g->taps;
    int rows = g->cs - first_row < WEIGHT_ROWS ? g->cs - first_row : WEIGHT_ROWS;
    float *dw = p->out + (size_t)first_row * (size_t)depth, *matrix = node_scratch(p->n, worker);

    for (int i = 0; i < groups(p); i++) {
        int first, clips;
        const float *col = group_columns(p, i, &first, &clips);
        const float *s = p->s + ((size_t)first * (size_t)g->cs + (size_t)first_row) * (size_t)g->ts;
        float *to = matrix;
        int width = clips * g->ts;

        for (int r = 0; r < rows; r++)
            for (int b = 0; b < clips; b++, to += g->ts)
                memcpy(to, s + ((size_t)b * (size_t)g->cs + (size_t)r) * (size_t)g->ts, (size_t)g->ts * sizeof *s);
        gemm(false, true, rows, depth, width, matrix, width, col, width, i > 0 || p->add ? 1 : 0, dw, depth);
    }
}

static void unfold_group(void *arg, int task, int worker)
{
    const struct product *p = arg;
    int first, clips;
    float *col = group_columns(p, task, &first, &clips);

    (void)worker;
    unfold(p->g, p->l + (size_t)first * (size_t)p->g->cl * (size_t)p->g->tl, clips, col);
}

void product_unfold(struct node *n, const float *l)
{
    struct product p = {.n = n, .g = n->conf, .l = l};

    if (((const struct geometry *)n->conf)->flat)
        return;
    pool_run(net_pool(n->net), groups(&p), unfold_group, &p);
}

/* ---- the three products on any geometry ---- */

void product_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct product p = {.n = n, .g = g, .l = l, .out = s, .add = add, .bias = bias, .w = n->in[1]->y};

    if (g->flat) {
        p.w = flat_tap(g) < 0 ? NULL : flat_weights(n, g);
        flat_down(&p);
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
        q->factored = g->flat && g->taps == 1 && n->in[1]->users == 1 && 2 * batch <= g->cs && 2 * batch <= g->cl;
    if (q && q->factored)
        q->outer = (struct outer){batch, g->cs, g->cl, g->cs, g->cl, s, l};
    else if (g->flat)
        flat_weight(n, s, l, dw);
    else
        pool_run(net_pool(n->net), weight_blocks(g), weight_rows, &p);
}

/* ---- what they need ---- */

void product_plan(struct node *n, struct geometry *g)
{
    g->flat = g->ts == 1 && g->tl == 1;
    if (g->flat) {
        g->partial = g->taps > 1 ? tap_size(g) : 0;
        n->work_floats = g->partial + (size_t)flat_parts(g) * (size_t)n->shape[0] * (size_t)g->cs;
    } else {
        size_t width = (size_t)(group_clips(g) < n->shape[0] ? group_clips(g) : n->shape[0]) * (size_t)g->ts;
        size_t depth = (size_t)g->cl * (size_t)g->taps;

        n->work_floats = (size_t)n->shape[0] * (size_t)g->ts * depth;
        n->worker_floats = width * (depth + (size_t)g->cs);
    }
}
