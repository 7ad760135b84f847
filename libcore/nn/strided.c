/* Convolutions whose taps do not overlap, as those that make several samples
 * one, or one several, are. Turned into panels, [panel][time of all clips][PANEL],
 * the taps of an output lie side by side on the long side: nothing is unfolded.
 *     down    s[t] = sum over taps and panels of l[t stride + k] w_k
 *     up      l[t stride + k] = s[t] w_k'
 *     weight  dw_k = sum over t of s[t]' l[t stride + k]
 * Times of the long side begin at -pad, and a clip has ts stride of them. */
#include <string.h>

#include "nn/conv_product.h"
#include "nn/panel.h"

enum { LEAST_CHANNELS = 16, LEAST_TIME = 4 };

struct job {
    const struct node *n;
    const struct geometry *g;
    int long_panels, short_panels;
    int rows;                    /* of a clip, of the long side */
    float *l, *s;                /* [panel][clip row][PANEL] */
    size_t l_panel, s_panel;     /* from one panel to the next */
    float *down, *up;            /* weights, one at a time: [panel of cs][panel of cl][tap][PANEL of cl][PANEL],
                                    [tap][panel of cl][cs][PANEL] */
    float *product;              /* [tap][cs][cl], cl rounded up to panels */
    size_t end;
    const float *in;
    float *out;
    const float *bias;
    bool add;
};

/* The next count floats of what is shared; NULL where only the size is asked for. */
static float *take(struct job *j, float *shared, size_t count)
{
    float *at = shared ? shared + j->end : NULL;

    j->end += count;
    return at;
}

static struct job job_of(const struct node *n, const struct geometry *g, float *shared)
{
    struct job j = {.n = n, .g = g, .long_panels = panel_count(g->cl), .short_panels = panel_count(g->cs),
                    .rows = g->ts * g->stride};
    size_t weights = (size_t)j.long_panels * (size_t)j.short_panels * PANEL * PANEL * (size_t)g->taps;

    j.l_panel = (size_t)n->shape[0] * (size_t)j.rows * PANEL;
    j.s_panel = (size_t)n->shape[0] * (size_t)g->ts * PANEL;
    j.l = take(&j, shared, (size_t)j.long_panels * j.l_panel);
    j.s = take(&j, shared, (size_t)j.short_panels * j.s_panel);
    j.down = j.up = take(&j, shared, weights);
    j.product = take(&j, shared, weights);
    return j;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* ---- into panels ---- */

static void long_task(void *arg, int task, int worker)
{
    const struct job *j = arg;
    const struct geometry *g = j->g;
    int clip = task / j->long_panels, panel = task % j->long_panels, first = panel * PANEL;

    (void)worker;
    panel_turn_part(j->in + (size_t)(clip * g->cl + first) * (size_t)g->tl, g->tl, least(g->cl - first, PANEL), -g->pad,
                    j->rows, j->l + (size_t)panel * j->l_panel + (size_t)(clip * j->rows) * PANEL);
}

static void short_task(void *arg, int task, int worker)
{
    const struct job *j = arg;
    const struct geometry *g = j->g;
    int clip = task / j->short_panels, panel = task % j->short_panels, first = panel * PANEL;

    (void)worker;
    panel_turn(j->in + (size_t)(clip * g->cs + first) * (size_t)g->ts, (size_t)g->ts, least(g->cs - first, PANEL),
               g->ts, j->s + (size_t)panel * j->s_panel + (size_t)(clip * g->ts) * PANEL);
}

static void long_panels(struct job *j, const float *l)
{
    j->in = l;
    pool_run(net_pool(j->n->net), node_batch(j->n) * j->long_panels, long_task, j);
}

static void short_panels(struct job *j, const float *s)
{
    j->in = s;
    pool_run(net_pool(j->n->net), node_batch(j->n) * j->short_panels, short_task, j);
}

/* ---- weights ---- */

/* One panel of each side, turned: a row for each channel of l and tap, of PANEL channels of s. */
static void weights_turned(const struct job *j, int s, int l, float *to)
{
    const struct geometry *g = j->g;
    int columns = least(g->cl - l, PANEL) * g->taps, row = g->cl * g->taps;

    panel_turn(j->n->in[1]->y + (size_t)s * (size_t)row + (size_t)(l * g->taps), (size_t)row, least(g->cs - s, PANEL),
               columns, to);
    memset(to + columns * PANEL, 0, (size_t)((PANEL * g->taps - columns) * PANEL) * sizeof *to);
}

static void down_weights(void *arg, int task, int worker)
{
    const struct job *j = arg;
    int taps = j->g->taps, s = task / j->long_panels, l = task % j->long_panels;
    float *turned = node_scratch(j->n, worker), *to = j->down + (size_t)(task * taps) * PANEL * PANEL;

    weights_turned(j, s * PANEL, l * PANEL, turned);
    for (int k = 0; k < taps; k++)
        for (int c = 0; c < PANEL; c++)
            memcpy(to + (k * PANEL + c) * PANEL, turned + (c * taps + k) * PANEL, PANEL * sizeof *to);
}

static void up_weights(void *arg, int task, int worker)
{
    const struct job *j = arg;
    int taps = j->g->taps, s = task / j->long_panels, l = task % j->long_panels;
    float *turned = node_scratch(j->n, worker);

    weights_turned(j, s * PANEL, l * PANEL, turned);
    for (int k = 0; k < taps; k++)
        panel_turn(turned + k * PANEL, (size_t)taps * PANEL, PANEL, PANEL,
                   j->up + (size_t)((k * j->long_panels + l) * j->short_panels + s) * PANEL * PANEL);
}

/* ---- the products ---- */

static void down_task(void *arg, int task, int worker)
{
    const struct job *j = arg;
    const struct geometry *g = j->g;
    int clip = task % node_batch(j->n), panel = task / node_batch(j->n), first = panel * PANEL;
    size_t depth = (size_t)g->taps * PANEL;
    float *c = node_scratch(j->n, worker);
    struct sum s = {.a = j->l + (size_t)(clip * j->rows) * PANEL, .row = (size_t)g->stride * PANEL,
                    .b = j->down + (size_t)(panel * j->long_panels) * depth * PANEL,
                    .outer = j->long_panels, .outer_a = j->l_panel, .outer_b = depth * PANEL,
                    .inner = (int)depth, .inner_a = 1, .inner_b = PANEL, .pitch = PANEL};

    sum_tiles(s, g->ts, c);
    panel_return(c, least(g->cs - first, PANEL), g->ts, j->add, j->bias ? j->bias + first : NULL,
                 j->out + (size_t)(clip * g->cs + first) * (size_t)g->ts, (size_t)g->ts);
}

/* Times of the long side that no tap reaches get the bias alone. */
static void up_task(void *arg, int task, int worker)
{
    const struct job *j = arg;
    const struct geometry *g = j->g;
    int clip = task % node_batch(j->n), panel = task / node_batch(j->n), first = panel * PANEL;
    int after = g->pad + g->tl - j->rows;
    size_t weights = (size_t)j->short_panels * PANEL * PANEL;
    float *c = node_scratch(j->n, worker);
    struct sum s = {.a = j->s + (size_t)(clip * g->ts) * PANEL, .row = PANEL,
                    .outer = j->short_panels, .outer_a = j->s_panel, .outer_b = PANEL * PANEL,
                    .inner = PANEL, .inner_a = 1, .inner_b = PANEL, .pitch = (size_t)g->stride * PANEL};

    if (g->taps < g->stride)
        memset(c, 0, (size_t)(j->rows * PANEL) * sizeof *c);
    if (after > 0)
        memset(c + (size_t)j->rows * PANEL, 0, (size_t)after * PANEL * sizeof *c);
    for (int k = 0; k < g->taps; k++) {
        s.b = j->up + (size_t)(k * j->long_panels + panel) * weights;
        sum_tiles(s, g->ts, c + k * PANEL);
    }
    panel_return(c + (size_t)g->pad * PANEL, least(g->cl - first, PANEL), g->tl, j->add,
                 j->bias ? j->bias + first : NULL, j->out + (size_t)(clip * g->cl + first) * (size_t)g->tl,
                 (size_t)g->tl);
}

/* A tap and a panel of the short side. */
static void gradient_tap(void *arg, int task, int worker)
{
    const struct job *j = arg;
    const struct geometry *g = j->g;
    int k = task / j->short_panels, panel = task % j->short_panels, left = g->cs - panel * PANEL;
    size_t row = (size_t)j->long_panels * PANEL;
    float *to = j->product + (size_t)(k * g->cs + panel * PANEL) * row;
    struct sum s = {.row = 1, .outer = 1, .inner = node_batch(j->n) * g->ts, .inner_a = PANEL,
                    .inner_b = g->stride * PANEL, .pitch = row};

    (void)worker;
    for (int l = 0; l < j->long_panels; l++)
        for (int r = 0; r < least(left, PANEL); r += SUM_ROWS) {
            s.a = j->s + (size_t)panel * j->s_panel + r;
            s.b = j->l + (size_t)l * j->l_panel + k * PANEL;
            sum_tile(&s, least(left - r, SUM_ROWS), to + (size_t)r * row + l * PANEL);
        }
}

static void gradient_rows(void *arg, size_t first, size_t last)
{
    const struct job *j = arg;
    const struct geometry *g = j->g;
    size_t row = (size_t)j->long_panels * PANEL;

    for (size_t r = first; r < last; r++)
        panel_interleave(j->product + r * row, (size_t)g->cs * row, g->taps, g->cl, j->add,
                         j->out + r * (size_t)(g->cl * g->taps));
}

static void strided_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    struct job j = job_of(n, n->conf, node_shared(n));

    pool_run(net_pool(n->net), j.short_panels * j.long_panels, down_weights, &j);
    long_panels(&j, l);
    j.out = s;
    j.add = add;
    j.bias = bias;
    pool_run(net_pool(n->net), j.short_panels * node_batch(n), down_task, &j);
}

static void strided_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    struct job j = job_of(n, n->conf, node_shared(n));

    pool_run(net_pool(n->net), j.short_panels * j.long_panels, up_weights, &j);
    short_panels(&j, s);
    j.out = l;
    j.add = add;
    j.bias = bias;
    pool_run(net_pool(n->net), j.long_panels * node_batch(n), up_task, &j);
}

static void strided_weight(struct node *n, const float *s, const float *l, float *dw, bool add, bool prepared)
{
    struct job j = job_of(n, n->conf, node_shared(n));

    if (!prepared || !j.g->transposed)
        long_panels(&j, l);
    if (!prepared || j.g->transposed)
        short_panels(&j, s);
    j.out = dw;
    j.add = add;
    pool_run(net_pool(n->net), j.g->taps * j.short_panels, gradient_tap, &j);
    net_parallel(n->net, (size_t)j.g->cs, 16, gradient_rows, &j);
}

static bool strided_fits(const struct node *n, const struct geometry *g)
{
    (void)n;
    return panel_possible() && g->taps <= g->stride && g->taps <= MOST_TAPS && (g->taps == 1 || g->dilation == 1) &&
           g->cs >= LEAST_CHANNELS && g->cl >= LEAST_CHANNELS && g->ts >= LEAST_TIME;
}

static void strided_plan(struct node *n, struct geometry *g)
{
    struct job j = job_of(n, g, NULL);
    int turned = g->taps * PANEL, rows = g->pad + g->tl > j.rows ? g->pad + g->tl : j.rows;

    n->shared_floats = j.end;
    n->worker_floats = (size_t)(turned > rows ? turned : rows) * PANEL;
}

const struct product_kind product_strided = {strided_fits, strided_plan, strided_down, strided_up, strided_weight};
