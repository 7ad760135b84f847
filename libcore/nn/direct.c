/* Convolutions of stride 1: one small product in registers, ROWS x COLUMNS, for
 * all three products of a layer. A value is always summed in the same order,
 * however the work is cut. */
#include <string.h>

#include "base/kernel.h"
#include "nn/conv_product.h"
#include "nn/panel.h"

enum { ROWS = SUM_ROWS, COLUMNS = PANEL, CHUNK = 128, WEIGHT_ROWS = 32 };

/* ---- down and up: out[row][t] = sum over channels and taps of w in[channel][t + shift] ---- */

struct pass {
    const struct node *n;
    const float *in, *w, *bias;
    float *out;
    bool add;
    int rows, time;              /* of out */
    int channels, length;        /* of in */
    int taps, step, shift;       /* tap k is at shift + k step */
    size_t row, channel;         /* from one weight to that of the next row, of the next channel */
};

static int lowest(const struct pass *p)
{
    int last = p->shift + (p->taps - 1) * p->step;

    return p->shift < last ? p->shift : last;
}

static int span(int taps, int step)
{
    return (taps - 1) * (step < 0 ? -step : step);
}

static int chunks(int time)
{
    return (time + CHUNK - 1) / CHUNK;
}

static size_t padded(int taps, int dilation)
{
    return (size_t)((CHUNK + span(taps, dilation) + 15) / 16 * 16 + 16);
}

/* What a chunk of out needs of in, zeros beyond its ends: rows of the given pitch. */
static void pad(const struct pass *p, const float *in, int from, int count, float *to, size_t pitch)
{
    int left = from < 0 ? -from : 0, right = from + count > p->length ? from + count - p->length : 0, inside;

    if (left > count)
        left = count;
    if (right > count - left)
        right = count - left;
    inside = count - left - right;
    for (int c = 0; c < p->channels; c++, to += pitch) {
        for (int i = 0; i < left; i++)
            to[i] = 0;
        memcpy(to + left, in + (ptrdiff_t)c * p->length + from + left, (size_t)inside * sizeof *to);
        for (int i = left + inside; i < count; i++)
            to[i] = 0;
    }
}

KERNEL(store, (float *restrict to, const float *restrict c, int count, bool add, float bias),
       (to, c, count, add, bias))
{
    if (add)
        for (int j = 0; j < count; j++)
            to[j] += c[j] + bias;
    else
        for (int j = 0; j < count; j++)
            to[j] = c[j] + bias;
}

static void pass_chunk(void *arg, int task, int worker)
{
    const struct pass *p = arg;
    int clip = task / chunks(p->time), first = task % chunks(p->time) * CHUNK;
    int reach = span(p->taps, p->step);
    int count = p->time - first < CHUNK ? p->time - first : CHUNK;
    int tiles = (count + COLUMNS - 1) / COLUMNS;
    const float *in = p->in + (size_t)clip * (size_t)p->channels * (size_t)p->length;
    float *out = p->out + (size_t)clip * (size_t)p->rows * (size_t)p->time + first;
    struct sum s = {.row = p->row, .outer = p->channels, .outer_a = p->channel,
                    .inner = p->taps, .inner_a = 1, .inner_b = p->step, .pitch = COLUMNS};
    float c[ROWS * COLUMNS] __attribute__((aligned(64)));

    if (p->taps == 1 && p->shift == 0 && count == tiles * COLUMNS && p->length == p->time) {
        in += first;
        s.outer_b = (size_t)p->length;
    } else {
        float *scratch = node_scratch(p->n, worker);

        s.outer_b = padded(p->taps, p->step < 0 ? -p->step : p->step);
        pad(p, in, first + lowest(p), tiles * COLUMNS + reach, scratch, s.outer_b);
        in = scratch + p->shift - lowest(p);
    }
    if (p->taps == 1) {
        s.inner = p->channels;
        s.inner_a = (ptrdiff_t)p->channel;
        s.inner_b = (ptrdiff_t)s.outer_b;
        s.outer = 1;
    }
    for (int j = 0; j < tiles; j++)
        for (int r = 0; r < p->rows; r += ROWS) {
            int begin = r + ROWS <= p->rows ? r : p->rows - ROWS;   /* the last tile may do some rows again */
            int width = count - j * COLUMNS < COLUMNS ? count - j * COLUMNS : COLUMNS;

            s.a = p->w + (size_t)begin * p->row;
            s.b = in + j * COLUMNS;
            sum_tile(&s, ROWS, c);
            for (int i = r - begin; i < ROWS; i++)
                store(out + (size_t)(begin + i) * (size_t)p->time + j * COLUMNS, c + i * COLUMNS, width,
                      p->add, p->bias ? p->bias[begin + i] : 0);
        }
}

static void direct_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct pass p = {.n = n, .in = l, .w = n->in[1]->y, .bias = bias, .out = s, .add = add, .rows = g->cs,
                     .time = g->ts, .channels = g->cl, .length = g->tl, .taps = g->taps, .step = g->dilation,
                     .shift = -g->pad, .row = (size_t)(g->cl * g->taps), .channel = (size_t)g->taps};

    pool_run(net_pool(n->net), node_batch(n) * chunks(p.time), pass_chunk, &p);
}

static void direct_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct pass p = {.n = n, .in = s, .w = n->in[1]->y, .bias = bias, .out = l, .add = add, .rows = g->cl,
                     .time = g->tl, .channels = g->cs, .length = g->ts, .taps = g->taps, .step = -g->dilation,
                     .shift = g->pad, .row = (size_t)g->taps, .channel = (size_t)(g->cl * g->taps)};

    pool_run(net_pool(n->net), node_batch(n) * chunks(p.time), pass_chunk, &p);
}

/* ---- weight: dw[row][channel][k] = sum over clips and t of s[row][t] l[channel][t + shift] ---- */

struct gradient {
    struct node *n;
    const struct geometry *g;
    const float *s, *l;
    float *dw;
    bool add;
};

/* Times of l that taps meet, those beyond its ends among them. */
static size_t times(const struct geometry *g)
{
    return (size_t)(g->ts + span(g->taps, g->dilation));
}

/* One panel of one clip: l with time and channels exchanged, [times, COLUMNS]. */
static void turn_panel(void *arg, int task, int worker)
{
    const struct gradient *d = arg;
    const struct geometry *g = d->g;
    int clip = task / panel_count(g->cl), panel = task % panel_count(g->cl), first = panel * COLUMNS;
    int channels = g->cl - first < COLUMNS ? g->cl - first : COLUMNS;
    const float *l = d->l + ((size_t)clip * (size_t)g->cl + (size_t)first) * (size_t)g->tl;

    (void)worker;
    panel_turn_part(l, g->tl, channels, -g->pad, (int)times(g), node_shared(d->n) + (size_t)task * times(g) * COLUMNS);
}

static void put(float *restrict to, size_t taps, const float *restrict c, int count, bool add)
{
    if (add)
        for (size_t j = 0; j < (size_t)count; j++)
            to[j * taps] += c[j];
    else
        for (size_t j = 0; j < (size_t)count; j++)
            to[j * taps] = c[j];
}

static void gradient_rows(void *arg, int task, int worker)
{
    const struct gradient *d = arg;
    const struct geometry *g = d->g;
    int from = task * WEIGHT_ROWS, to = from + WEIGHT_ROWS < g->cs ? from + WEIGHT_ROWS : g->cs;
    size_t panel = times(g) * COLUMNS, taps = (size_t)g->taps, channels = (size_t)g->cl;
    struct sum s = {.row = (size_t)g->ts, .outer = node_batch(d->n), .inner = g->ts, .inner_a = 1,
                    .outer_a = (size_t)g->cs * (size_t)g->ts,
                    .outer_b = panel * (size_t)panel_count(g->cl), .inner_b = COLUMNS, .pitch = COLUMNS};
    float c[ROWS * COLUMNS] __attribute__((aligned(64)));

    (void)worker;
    for (int q = 0; q < panel_count(g->cl); q++)
        for (int k = 0; k < g->taps; k++)
            for (int r = from; r < to; r += ROWS) {
                int begin = r + ROWS <= g->cs ? r : g->cs - ROWS;
                int columns = g->cl - q * COLUMNS < COLUMNS ? g->cl - q * COLUMNS : COLUMNS;

                s.a = d->s + (size_t)begin * (size_t)g->ts;
                s.b = node_shared(d->n) + (size_t)q * panel + (size_t)(k * g->dilation) * COLUMNS;
                sum_tile(&s, ROWS, c);
                for (int i = r - begin; i < ROWS; i++) {
                    float *dw = d->dw + ((size_t)(begin + i) * channels + (size_t)(q * COLUMNS)) * taps + (size_t)k;

                    if (taps == 1)
                        store(dw, c + i * COLUMNS, columns, d->add, 0);
                    else
                        put(dw, taps, c + i * COLUMNS, columns, d->add);
                }
            }
}

static void direct_weight(struct node *n, const float *s, const float *l, float *dw, bool add, bool prepared)
{
    const struct geometry *g = n->conf;
    struct gradient d = {n, g, s, l, dw, add};

    (void)prepared;
    pool_run(net_pool(n->net), node_batch(n) * panel_count(g->cl), turn_panel, &d);
    pool_run(net_pool(n->net), (g->cs + WEIGHT_ROWS - 1) / WEIGHT_ROWS, gradient_rows, &d);
}

static bool direct_fits(const struct node *n, const struct geometry *g)
{
    (void)n;
    return panel_possible() && g->stride == 1 && g->cs >= ROWS && g->cl >= ROWS && g->ts >= COLUMNS / 2 &&
           g->tl >= COLUMNS / 2;
}

static void direct_plan(struct node *n, struct geometry *g)
{
    int most = g->cs > g->cl ? g->cs : g->cl;

    n->shared_floats = (size_t)n->shape[0] * (size_t)panel_count(g->cl) * times(g) * COLUMNS;
    n->worker_floats = (size_t)most * padded(g->taps, g->dilation) + COLUMNS;
}

const struct product_kind product_direct = {direct_fits, direct_plan, direct_down, direct_up, direct_weight};
