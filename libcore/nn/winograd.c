/* Convolutions of three taps by fewer multiplications, four outputs from six
 * products instead of twelve. F(4, 3): with three matrices A, B and G (Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", 2016, at the points 0, 1, -1, 2, -2 and
 * infinity), four outputs s of six inputs l by three taps w are
 *     s = A' (u v), u = G w, v = B' l,
 * the product being value by value. So, summed over channels, a convolution is
 * six matrix products, one for each POINT, over tiles of four outputs. Read
 * backwards the same sums give both gradients:
 *     l = B (u d), w = G' (d v), d = A s.
 * Samples of a tile are as far apart as the dilation: a signal falls into that
 * many interleaved ones.
 *
 * v and d are kept in panels: [point][panel][tile of all clips][PANEL].
 *
 * A value's last bits depend on where in its four it falls, so this is for
 * training: where nothing is to be learnt a clip may come in pieces. */
#include <string.h>

#include "base/kernel.h"
#include "nn/conv_product.h"
#include "nn/panel.h"

enum { TAPS = 3, OUTPUTS = 4, INPUTS = 6, POINTS = 6, TILES = 32, LEAST_CHANNELS = 16, LEAST_TIME = 8 };

/* Vectors that the compiler cuts to whatever the target has; any alignment. */
typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));
#define AT(p, i) (*(lanes *)((p) + (i)))
#define OF(p, i) (*(const lanes *)((p) + (i)))
#define EACH_LANES(c) for (size_t c = 0; c < PANEL; c += sizeof(lanes) / sizeof(float))

/* ---- sizes ---- */

/* Tiles of one interleaved signal, of a clip. */
static int row_tiles(const struct geometry *g)
{
    return ((g->ts + g->dilation - 1) / g->dilation + OUTPUTS - 1) / OUTPUTS;
}

static int clip_tiles(const struct geometry *g)
{
    return row_tiles(g) * g->dilation;
}

/* Times that the tiles of a clip cover on the short side, and on the long side, where they begin at -pad. */
static int short_times(const struct geometry *g)
{
    return clip_tiles(g) * OUTPUTS;
}

static int long_times(const struct geometry *g)
{
    return short_times(g) + (TAPS - 1) * g->dilation;
}

/* What is written of the long side: up to its end, which tiles may not reach. */
static int long_rows(const struct geometry *g)
{
    return long_times(g) > g->tl + g->pad ? long_times(g) : g->tl + g->pad;
}

/* Clips that go through the products at once. */
static int group_clips(const struct node *n, const struct geometry *g)
{
    int clips = (TILES + clip_tiles(g) - 1) / clip_tiles(g);

    return clips < n->shape[0] ? clips : n->shape[0];
}

/* One side's values in panels: where they are and from one point, panel to the next. */
struct side {
    float *at;
    size_t point, panel;
    int panels;
};

/* What is shared by the tasks. */
struct plan {
    struct side v, d;            /* of the long side, of the short side: [point][panel][tile][PANEL] */
    float *product;              /* [point][cs][cl], both rounded up to panels */
    size_t end;
};

static struct side side_at(float *shared, size_t *place, int panels, size_t rows)
{
    struct side s = {.at = shared ? shared + *place : NULL, .panel = rows * PANEL, .panels = panels};

    s.point = s.panel * (size_t)panels;
    *place += POINTS * s.point;
    return s;
}

/* shared NULL: only where it ends. */
static struct plan plan_of(const struct node *n, const struct geometry *g, float *shared)
{
    size_t tiles = (size_t)n->shape[0] * (size_t)clip_tiles(g), end = 0;
    int s = panel_count(g->cs), l = panel_count(g->cl);
    struct plan p;

    p.v = side_at(shared, &end, l, tiles);
    p.d = side_at(shared, &end, s, tiles);
    p.product = shared ? shared + end : NULL;
    p.end = end + POINTS * (size_t)(s * PANEL) * (size_t)(l * PANEL);
    return p;
}

struct job {
    struct node *n;
    const struct geometry *g;
    struct plan p;
    const float *in;
    float *out;
    const float *bias;
    bool add;
};

static struct job job_of(struct node *n)
{
    const struct geometry *g = n->conf;

    return (struct job){.n = n, .g = g, .p = plan_of(n, g, node_shared(n))};
}

/* ---- weights: u = G w ---- */

/* Rows of PANEL weights: row apart, a row's taps tap apart. */
KERNEL(weights_points, (const float *restrict w, size_t row, size_t tap, float *restrict to, size_t point),
       (w, row, tap, to, point))
{
    for (int r = 0; r < PANEL; r++, w += row, to += PANEL)
        EACH_LANES(c) {
            lanes w0 = OF(w, c), w1 = OF(w, tap + c), w2 = OF(w, 2 * tap + c);
            lanes even = (w0 + w2) * (-1.0f / 6), odd = w1 * (-1.0f / 6);
            lanes far = w0 * (1.0f / 24) + w2 * (1.0f / 6), out = w1 * (1.0f / 12);

            AT(to, c) = w0 * 0.25f;
            AT(to, point + c) = even + odd;
            AT(to, 2 * point + c) = even - odd;
            AT(to, 3 * point + c) = far + out;
            AT(to, 4 * point + c) = far - out;
            AT(to, 5 * point + c) = w2;
        }
}

/* The weights that a panel of the written side is made with: [point][channel of the other side][PANEL]. */
static void weights_panel(const struct job *j, int panel, bool is_long, float *u)
{
    const struct geometry *g = j->g;
    int others = is_long ? j->p.d.panels : j->p.v.panels;
    size_t point = (size_t)others * PANEL * PANEL, row = (size_t)(g->cl * TAPS), block = PANEL * PANEL;

    for (int i = 0; i < others; i++, u += block) {
        int s = (is_long ? i : panel) * PANEL, l = (is_long ? panel : i) * PANEL;
        int rows = g->cs - s < PANEL ? g->cs - s : PANEL, columns = g->cl - l < PANEL ? g->cl - l : PANEL;
        float turned[TAPS * PANEL * PANEL], back[TAPS * PANEL * PANEL];   /* [channel of l][tap][of s], [tap][s][l] */

        panel_turn(j->n->in[1]->y + (size_t)s * row + (size_t)(l * TAPS), row, rows, columns * TAPS, turned);
        memset(turned + columns * TAPS * PANEL, 0, (size_t)((PANEL - columns) * TAPS * PANEL) * sizeof *turned);
        for (size_t k = 0; is_long && k < TAPS; k++)
            panel_turn(turned + k * PANEL, TAPS * PANEL, PANEL, PANEL, back + k * block);
        if (is_long)
            weights_points(back, PANEL, block, u, point);
        else
            weights_points(turned, TAPS * PANEL, PANEL, u, point);
    }
}

/* ---- signals: v = B' l, d = A s ---- */

/* One interleaved signal of a panel; the samples of a tile are step apart. */
KERNEL(long_points, (const float *restrict l, size_t step, int tiles, float *restrict to, size_t point),
       (l, step, tiles, to, point))
{
    for (int q = 0; q < tiles; q++, l += OUTPUTS * step, to += PANEL)
        EACH_LANES(c) {
            lanes l0 = OF(l, c), l1 = OF(l, step + c), l2 = OF(l, 2 * step + c), l3 = OF(l, 3 * step + c);
            lanes l4 = OF(l, 4 * step + c), l5 = OF(l, 5 * step + c);
            lanes even = l4 - 4 * l2, odd = l3 - 4 * l1, far = l4 - l2, out = 2 * (l3 - l1);

            AT(to, c) = 4 * l0 - 5 * l2 + l4;
            AT(to, point + c) = even + odd;
            AT(to, 2 * point + c) = even - odd;
            AT(to, 3 * point + c) = far + out;
            AT(to, 4 * point + c) = far - out;
            AT(to, 5 * point + c) = 4 * l1 - 5 * l3 + l5;
        }
}

KERNEL(short_points, (const float *restrict s, size_t step, int tiles, float *restrict to, size_t point),
       (s, step, tiles, to, point))
{
    for (int q = 0; q < tiles; q++, s += OUTPUTS * step, to += PANEL)
        EACH_LANES(c) {
            lanes s0 = OF(s, c), s1 = OF(s, step + c), s2 = OF(s, 2 * step + c), s3 = OF(s, 3 * step + c);
            lanes even = s0 + s2, odd = s1 + s3, far = s0 + 4 * s2, out = 2 * s1 + 8 * s3;

            AT(to, c) = s0;
            AT(to, point + c) = even + odd;
            AT(to, 2 * point + c) = even - odd;
            AT(to, 3 * point + c) = far + out;
            AT(to, 4 * point + c) = far - out;
            AT(to, 5 * point + c) = s3;
        }
}

/* A panel of a clip. */
static void signal_task(const struct job *j, int task, int worker, bool is_long)
{
    const struct geometry *g = j->g;
    const struct side *to = is_long ? &j->p.v : &j->p.d;
    int clip = task / to->panels, panel = task % to->panels, first = panel * PANEL;
    int channels = is_long ? g->cl : g->cs, time = is_long ? g->tl : g->ts, tiles = row_tiles(g);
    int count = channels - first < PANEL ? channels - first : PANEL;
    size_t step = (size_t)g->dilation * PANEL;
    float *turned = node_scratch(j->n, worker);
    float *at = to->at + (size_t)panel * to->panel + (size_t)(clip * clip_tiles(g)) * PANEL;

    panel_turn_part(j->in + ((size_t)clip * (size_t)channels + (size_t)first) * (size_t)time, time, count,
                    is_long ? -g->pad : 0, is_long ? long_times(g) : short_times(g), turned);
    for (int i = 0; i < g->dilation; i++, turned += PANEL, at += (size_t)tiles * PANEL)
        if (is_long)
            long_points(turned, step, tiles, at, to->point);
        else
            short_points(turned, step, tiles, at, to->point);
}

static void long_task(void *arg, int task, int worker)
{
    signal_task(arg, task, worker, true);
}

static void short_task(void *arg, int task, int worker)
{
    signal_task(arg, task, worker, false);
}

static void signal_points(struct job *j, const float *in, bool is_long)
{
    j->in = in;
    pool_run(net_pool(j->n->net), node_batch(j->n) * (is_long ? j->p.v.panels : j->p.d.panels),
             is_long ? long_task : short_task, j);
}

/* ---- products and back: s = A' m, l = B m ---- */

KERNEL(short_values, (const float *restrict m, size_t point, int tiles, float *restrict s, size_t step),
       (m, point, tiles, s, step))
{
    for (int q = 0; q < tiles; q++, m += PANEL, s += OUTPUTS * step)
        EACH_LANES(c) {
            lanes a = OF(m, point + c) + OF(m, 2 * point + c), b = OF(m, point + c) - OF(m, 2 * point + c);
            lanes e = OF(m, 3 * point + c) + OF(m, 4 * point + c), f = OF(m, 3 * point + c) - OF(m, 4 * point + c);

            AT(s, c) = OF(m, c) + a + e;
            AT(s, step + c) = b + 2 * f;
            AT(s, 2 * step + c) = a + 4 * e;
            AT(s, 3 * step + c) = b + 8 * f + OF(m, 5 * point + c);
        }
}

/* A tile adds to the last two samples of the one before it. */
KERNEL(long_values, (const float *restrict m, size_t point, int tiles, float *restrict l, size_t step),
       (m, point, tiles, l, step))
{
    memset(l, 0, PANEL * sizeof *l);
    memset(l + step, 0, PANEL * sizeof *l);
    for (int q = 0; q < tiles; q++, m += PANEL, l += OUTPUTS * step)
        EACH_LANES(c) {
            lanes m0 = OF(m, c), m5 = OF(m, 5 * point + c);
            lanes a = OF(m, point + c) + OF(m, 2 * point + c), b = OF(m, 2 * point + c) - OF(m, point + c);
            lanes e = OF(m, 3 * point + c) + OF(m, 4 * point + c), f = OF(m, 4 * point + c) - OF(m, 3 * point + c);

            AT(l, c) += 4 * m0;
            AT(l, step + c) += 4 * (b + m5) + 2 * f;
            AT(l, 2 * step + c) = -5 * m0 - 4 * a - e;
            AT(l, 3 * step + c) = -b - 2 * f - 5 * m5;
            AT(l, 4 * step + c) = m0 + a + e;
            AT(l, 5 * step + c) = m5;
        }
}

/* Scratch of a worker: the number of the panel whose weights it holds, the
 * weights, the products of a group, the written side of a clip. */
struct scratch {
    float *held, *u, *m, *turned;
};

enum { HELD = 16 };

static struct scratch scratch_of(const struct job *j, int worker, bool is_long)
{
    int others = is_long ? j->p.d.panels : j->p.v.panels;
    struct scratch x = {.held = node_scratch(j->n, worker)};

    x.u = x.held + HELD;
    x.m = x.u + (size_t)(POINTS * others) * PANEL * PANEL;
    x.turned = x.m + (size_t)(POINTS * group_clips(j->n, j->g) * clip_tiles(j->g)) * PANEL;
    return x;
}

/* A panel of the written side, of a group of clips. */
static void product_task(const struct job *j, int task, int worker, bool is_long)
{
    const struct geometry *g = j->g;
    const struct side *from = is_long ? &j->p.d : &j->p.v;
    int most = group_clips(j->n, g), groups = (node_batch(j->n) + most - 1) / most;
    int panel = task / groups, clip = task % groups * most, last = clip + most, tiles = clip_tiles(g);
    int channels = is_long ? g->cl : g->cs, time = is_long ? g->tl : g->ts, first = panel * PANEL;
    size_t point = (size_t)(most * tiles) * PANEL, step = (size_t)g->dilation * PANEL;
    struct scratch x = scratch_of(j, worker, is_long);
    struct sum s = {.row = PANEL, .outer = from->panels, .outer_a = from->panel, .outer_b = PANEL * PANEL,
                    .inner = PANEL, .inner_a = 1, .inner_b = PANEL, .pitch = PANEL};

    if (*x.held != (float)panel)
        weights_panel(j, panel, is_long, x.u);
    *x.held = (float)panel;
    if (last > node_batch(j->n))
        last = node_batch(j->n);
    for (size_t i = 0; i < POINTS; i++) {
        s.a = from->at + i * from->point + (size_t)(clip * tiles) * PANEL;
        s.b = x.u + i * (size_t)from->panels * PANEL * PANEL;
        sum_tiles(s, (last - clip) * tiles, x.m + i * point);
    }
    if (is_long && long_rows(g) > long_times(g))
        memset(x.turned + (size_t)long_times(g) * PANEL, 0,
               (size_t)(long_rows(g) - long_times(g)) * PANEL * sizeof *x.turned);
    for (; clip < last; clip++, x.m += (size_t)tiles * PANEL) {
        for (int i = 0; i < g->dilation; i++) {
            const float *at = x.m + (size_t)(i * row_tiles(g)) * PANEL;

            if (is_long)
                long_values(at, point, row_tiles(g), x.turned + i * PANEL, step);
            else
                short_values(at, point, row_tiles(g), x.turned + i * PANEL, step);
        }
        panel_return(is_long ? x.turned + (size_t)g->pad * PANEL : x.turned,
                     channels - first < PANEL ? channels - first : PANEL, time, j->add,
                     j->bias ? j->bias + first : NULL,
                     j->out + ((size_t)clip * (size_t)channels + (size_t)first) * (size_t)time, (size_t)time);
    }
}

static void down_task(void *arg, int task, int worker)
{
    product_task(arg, task, worker, false);
}

static void up_task(void *arg, int task, int worker)
{
    product_task(arg, task, worker, true);
}

static void products(struct job *j, float *out, bool add, const float *bias, bool is_long)
{
    int most = group_clips(j->n, j->g), groups = (node_batch(j->n) + most - 1) / most;

    j->out = out;
    j->add = add;
    j->bias = bias;
    for (int i = 0; i < pool_threads(net_pool(j->n->net)); i++)
        *scratch_of(j, i, is_long).held = -1;
    pool_run(net_pool(j->n->net), groups * (is_long ? j->p.v.panels : j->p.d.panels),
             is_long ? up_task : down_task, j);
}

static void winograd_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    struct job j = job_of(n);

    signal_points(&j, l, true);
    products(&j, s, add, bias, false);
}

static void winograd_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    struct job j = job_of(n);

    signal_points(&j, s, false);
    products(&j, l, add, bias, true);
}

/* ---- the gradient of the weights: w = G' (d v) ---- */

/* One panel of the short side at one point. */
static void gradient_point(void *arg, int task, int worker)
{
    const struct job *j = arg;
    const struct side *v = &j->p.v, *d = &j->p.d;
    size_t point = (size_t)(task / d->panels), panel = (size_t)(task % d->panels), row = (size_t)v->panels * PANEL;
    float *to = j->p.product + (point * (size_t)d->panels + panel) * PANEL * row;
    struct sum s = {.row = 1, .outer = 1, .inner = node_batch(j->n) * clip_tiles(j->g), .inner_a = PANEL,
                    .inner_b = PANEL, .pitch = row};

    (void)worker;
    for (size_t l = 0; l < (size_t)v->panels; l++)
        for (size_t r = 0; r < PANEL; r += SUM_ROWS) {
            s.a = d->at + point * d->point + panel * d->panel + r;
            s.b = v->at + point * v->point + l * v->panel;
            sum_tile(&s, SUM_ROWS, to + r * row + l * PANEL);
        }
}

KERNEL(weights_values, (const float *restrict m, size_t point, int count, bool add, float *restrict w),
       (m, point, count, add, w))
{
    for (int c = 0; c < count; c++) {
        const float *p = m + c;
        float a = p[point] + p[2 * point], b = p[2 * point] - p[point];
        float e = p[3 * point] + p[4 * point], f = p[3 * point] - p[4 * point];
        float w0 = 0.25f * p[0] - a * (1.0f / 6) + e * (1.0f / 24);
        float w1 = b * (1.0f / 6) + f * (1.0f / 12);
        float w2 = (e - a) * (1.0f / 6) + p[5 * point];

        w[TAPS * c] = (add ? w[TAPS * c] : 0) + w0;
        w[TAPS * c + 1] = (add ? w[TAPS * c + 1] : 0) + w1;
        w[TAPS * c + 2] = (add ? w[TAPS * c + 2] : 0) + w2;
    }
}

static void gradient_rows(void *arg, size_t first, size_t last)
{
    const struct job *j = arg;
    size_t row = (size_t)j->p.v.panels * PANEL, point = row * (size_t)j->p.d.panels * PANEL, cl = (size_t)j->g->cl;

    for (size_t r = first; r < last; r++)
        weights_values(j->p.product + r * row, point, j->g->cl, j->add, j->out + r * cl * TAPS);
}

static void winograd_weight(struct node *n, const float *s, const float *l, float *dw, bool add, bool prepared)
{
    struct job j = job_of(n);

    if (!prepared || !j.g->transposed)
        signal_points(&j, l, true);
    if (!prepared || j.g->transposed)
        signal_points(&j, s, false);
    j.out = dw;
    j.add = add;
    pool_run(net_pool(n->net), POINTS * j.p.d.panels, gradient_point, &j);
    net_parallel(n->net, (size_t)j.g->cs, 16, gradient_rows, &j);
}

static bool winograd_fits(const struct node *n, const struct geometry *g)
{
    return panel_possible() && n->active && g->taps == TAPS && g->stride == 1 && g->cs >= LEAST_CHANNELS &&
           g->cl >= LEAST_CHANNELS && g->ts >= LEAST_TIME * g->dilation && g->tl >= LEAST_TIME * g->dilation;
}

static void winograd_plan(struct node *n, struct geometry *g)
{
    size_t tiles = (size_t)(group_clips(n, g) * clip_tiles(g));
    int most = panel_count(g->cs > g->cl ? g->cs : g->cl);

    n->shared_floats = plan_of(n, g, NULL).end;
    n->worker_floats = HELD + (POINTS * ((size_t)most * PANEL + tiles) + (size_t)long_rows(g)) * PANEL;
}

const struct product_kind product_winograd = {winograd_fits, winograd_plan, winograd_down, winograd_up,
                                              winograd_weight};
