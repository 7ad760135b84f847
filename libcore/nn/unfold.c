/* Products of any geometry by unfolding. The long side is unfolded into columns,
 * col[cl tap][clip t] = l_tap, and the short side gathered into rows[cs][clip t],
 * so that w as it lies in memory, [cs, cl tap], makes one product of many clips:
 *     down    s = w col        up    col = w' rows, folded back into l
 *     weight  dw = rows col'
 * Columns and rows stay in the node's work. Down and up have a task for each
 * group of clips, as many as make the product wide; weight has one for each
 * block of the columns of dw. */
#include <string.h>

#include "nn/conv_product.h"
#include "nn/gemm.h"

enum {
    LEAST_COLUMNS = 128, MOST_COLUMNS = 256,    /* of the product of a group of clips */
    LEAST_WEIGHTS = 64, MOST_WEIGHTS = 192      /* columns of a gradient in a task */
};

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

            if (!geometry_reach(g, k, &t0, &t1))
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
        if (k * g->dilation == g->pad && geometry_reach(g, k, &t0, &t1) && t0 == 0 && t1 == g->ts)
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

                if (k == whole || !geometry_reach(g, k, &t0, &t1))
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

static struct product product_of(struct node *n, float *out, bool add, const float *bias)
{
    return (struct product){.n = n, .g = n->conf, .w = n->in[1]->y, .out = out, .add = add, .bias = bias};
}

static void unfold_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    struct product p = product_of(n, s, add, bias);

    p.l = l;
    pool_run(net_pool(n->net), groups(&p), down_group, &p);
}

static void unfold_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    struct product p = product_of(n, l, add, bias);

    p.s = s;
    pool_run(net_pool(n->net), groups(&p), up_group, &p);
}

/* The other side's matrix is there since forward. */
static void unfold_weight(struct node *n, const float *s, const float *l, float *dw, bool add, bool prepared)
{
    struct product p = product_of(n, dw, add, NULL);

    p.s = s;
    p.l = l;
    if (!prepared)
        pool_run(net_pool(n->net), groups(&p), p.g->transposed ? unfold_group : gather_group, &p);
    pool_run(net_pool(n->net), weight_blocks(p.g), weight_block, &p);
}

static bool unfold_fits(const struct node *n, const struct geometry *g)
{
    (void)n;
    (void)g;
    return true;
}

static void unfold_plan(struct node *n, struct geometry *g)
{
    size_t clips = (size_t)(group_clips(n, g) < n->shape[0] ? group_clips(n, g) : n->shape[0]);
    size_t depth = (size_t)g->cl * (size_t)g->taps;

    /* a line more, lest all rows fall on the same places of a cache */
    g->pitch = (n->shape[0] * g->ts + 15) / 16 * 16 + 16;
    n->work_floats = (depth + (size_t)g->cs) * (size_t)g->pitch;
    n->worker_floats = clips * (size_t)g->ts * (depth > (size_t)g->cs ? depth : (size_t)g->cs);
}

const struct product_kind product_unfolded = {unfold_fits, unfold_plan, unfold_down, unfold_up, unfold_weight};
