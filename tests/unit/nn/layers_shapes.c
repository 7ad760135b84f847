/* Layers that are products, in many shapes: against the definition, and the
 * same bits for any number of threads. */
#include <stdint.h>

#include "check.h"
#include "graph.h"

enum kind { CONV, TRANSPOSED, LINEAR };
static const char *const names[] = {"conv1d", "conv1d_transpose", "linear"};

/* Items are clips of one sample, or the rows of both clips there are. */
struct shape {
    int items, in, out, taps;
};

static const struct shape over_one[] = {
    {1, 1, 1, 1},     {2, 3, 5, 7},     {10, 70, 130, 1},    {10, 300, 64, 1}, {10, 64, 1, 64}, {40, 33, 17, 5},
    {10, 3, 5000, 1}, {10, 5000, 4, 1}, {10, 2048, 2049, 1}, {33, 40, 6, 2},   {3, 1, 3000, 4}, {9, 18, 18, 1},
};
static const struct shape rows[] = {
    {2, 1, 1, 1},     {2, 300, 7, 1},    {254, 5, 3, 1}, {256, 3, 256, 1},   {258, 4, 257, 1},
    {258, 520, 2, 1}, {20, 257, 513, 1}, {6, 9, 130, 1}, {600, 129, 258, 1},
};

struct sides {
    double *y, *dx, *dw, *db;
};

/* y and the gradients of sum(y dy), straight from the definitions in layers.h. */
static void define(enum kind kind, const struct shape *s, const float *x, const float *w, const float *b,
                   const float *dy, struct sides *d)
{
    int tap = (s->taps - 1) / 2;

    for (int n = 0; n < s->items; n++)
        for (int o = 0; o < s->out; o++) {
            int yi = n * s->out + o;

            d->y[yi] = (double)b[o];
            d->db[o] += (double)dy[yi];
            for (int i = 0; i < s->in; i++) {
                int xi = n * s->in + i, wi = (kind == TRANSPOSED ? i * s->out + o : o * s->in + i) * s->taps + tap;

                d->y[yi] += (double)w[wi] * (double)x[xi];
                d->dx[xi] += (double)w[wi] * (double)dy[yi];
                d->dw[wi] += (double)x[xi] * (double)dy[yi];
            }
        }
}

static double worst_error(const float *got, const double *want, size_t count)
{
    double worst = 0, size = 0;

    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)got[i] - want[i]);

        worst = d > worst || isnan(d) ? d : worst;
        size = fabs(want[i]) > size ? fabs(want[i]) : size;
    }
    return worst / (size + 1e-9);
}

/* One layer with a gradient wanted of everything. */
struct layer {
    struct graph g;
    struct node *x, *w, *b, *y;
};

static struct layer layer_new(enum kind kind, const struct shape *s, struct pool *pool)
{
    struct layer c = {.g = graph_new(kind == LINEAR ? 2 : s->items, pool, true)};

    c.x = kind == LINEAR ? graph_input(&c.g, s->items / 2, s->in) : graph_input(&c.g, s->in, 1);
    c.w = kind == LINEAR ? graph_param(&c.g, s->out, s->in, 0)
                         : graph_param(&c.g, kind == CONV ? s->out : s->in, kind == CONV ? s->in : s->out, s->taps);
    c.b = graph_param(&c.g, s->out, 0, 0);
    c.y = kind == LINEAR ? net_linear(c.g.net, c.x, c.w, c.b)
          : kind == CONV ? net_conv1d(c.g.net, c.x, c.w, c.b)
                         : net_conv1d_transpose(c.g.net, c.x, c.w, c.b);
    net_loss(graph_weighted(c.g.net, c.y, 0.1f), 1);
    net_plan(c.g.net, 1, true);
    for (int i = 0; i < c.g.leaves; i++)
        graph_draw(&c.g, c.g.leaf[i]->y, node_count(c.g.leaf[i]));
    net_forward(c.g.net);
    net_backward(c.g.net);
    gradients_write(c.g.store);
    return c;
}

static bool same_bits(const struct layer *a, const struct layer *b)
{
    return !memcmp(a->y->y, b->y->y, node_count(a->y) * sizeof(float)) &&
           !memcmp(a->x->dy, b->x->dy, node_count(a->x) * sizeof(float)) &&
           !memcmp(a->w->dy, b->w->dy, node_count(a->w) * sizeof(float)) &&
           !memcmp(a->b->dy, b->b->dy, node_count(a->b) * sizeof(float));
}

static double *zeros(const struct node *n)
{
    return mem_zero(node_count(n), sizeof(double));
}

static void check_shape(enum kind kind, const struct shape *s, struct pool *pool)
{
    struct layer c = layer_new(kind, s, NULL), more = layer_new(kind, s, pool);
    struct sides d = {zeros(c.y), zeros(c.x), zeros(c.w), zeros(c.b)};
    double y, dx, dw, db;

    define(kind, s, c.x->y, c.w->y, c.b->y, c.y->dy, &d);
    y = worst_error(c.y->y, d.y, node_count(c.y));
    dx = worst_error(c.x->dy, d.dx, node_count(c.x));
    dw = worst_error(c.w->dy, d.dw, node_count(c.w));
    db = worst_error(c.b->dy, d.db, node_count(c.b));
    check(y < 1e-5 && dx < 1e-5 && dw < 1e-5 && db < 1e-5, "%s of %d, %d to %d, %d taps (%.0e, %.0e, %.0e, %.0e)",
          names[kind], s->items, s->in, s->out, s->taps, y, dx, dw, db);
    check(same_bits(&c, &more), "%s of %d, %d to %d: 3 threads give the bits of one", names[kind], s->items, s->in,
          s->out);
    free(d.y);
    free(d.dx);
    free(d.dw);
    free(d.db);
    graph_free(&c.g);
    graph_free(&more.g);
}

int main(void)
{
    struct pool *pool = pool_new(3);

    for (size_t i = 0; i < sizeof over_one / sizeof *over_one; i++) {
        check_shape(CONV, &over_one[i], pool);
        check_shape(TRANSPOSED, &over_one[i], pool);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_shape(LINEAR, &rows[i], pool);
    pool_free(pool);
    return check_done();
}
