/* Convolutions of many shapes, in all the ways that their products are made:
 * against the definition, the same bits for any number of threads and, where
 * nothing is learnt, wherever a clip is cut. */
#include <stdint.h>

#include "check.h"
#include "graph.h"
#include "nn/panel.h"

struct shape {
    int batch, in, time, out, taps, stride, dilation, left, right;
};

static const struct shape shapes[] = {
    {1, 1, 1, 1, 1, 1, 1, 0, 0}, {2, 3, 40, 5, 7, 3, 2, 4, 6}, {10, 70, 1, 130, 1, 1, 1, 0, 0},
    {10, 300, 1, 64, 1, 2, 1, 0, 0}, {10, 64, 1, 1, 64, 1, 1, 31, 32}, {40, 33, 1, 17, 5, 1, 1, 2, 2},
    {3, 20, 100, 24, 3, 1, 9, 9, 9}, {2, 16, 65, 48, 8, 4, 1, 2, 2}, {2, 8, 30, 8, 4, 2, 1, 1, 1},
    {1, 2, 3000, 3, 5, 1, 1, 2, 2}, {2, 4, 5, 3, 3, 2, 3, 6, 7}, {10, 3, 1, 5000, 1, 1, 1, 0, 0},
    {10, 5000, 1, 4, 1, 2, 1, 0, 0},
    /* three taps of stride 1: whole fours and not, dilated, padded on either side, both or none, cut short */
    {2, 128, 32, 128, 3, 1, 1, 2, 0}, {2, 128, 32, 128, 3, 1, 3, 6, 0}, {2, 128, 192, 128, 3, 1, 3, 6, 0},
    {1, 192, 64, 192, 3, 1, 3, 6, 0}, {3, 64, 16, 192, 3, 1, 1, 2, 0}, {2, 16, 41, 33, 3, 1, 1, 0, 0},
    {5, 40, 67, 17, 3, 1, 2, 2, 2}, {1, 31, 97, 65, 3, 1, 4, 8, 0}, {3, 33, 30, 16, 3, 1, 3, 0, 6},
    {2, 32, 50, 32, 3, 1, 1, 5, -3}, {4, 16, 8, 16, 3, 1, 1, 1, 1}, {1, 16, 9, 20, 3, 1, 1, 9, 9},
    {9, 24, 24, 24, 3, 1, 3, 3, 3}, {1, 16, 1030, 16, 3, 1, 1, 2, 0},
    /* taps that do not overlap */
    {2, 129, 192, 64, 6, 6, 1, 0, 0}, {2, 246, 24, 64, 6, 6, 1, 0, 0}, {3, 128, 64, 128, 2, 2, 1, 0, 0},
    {1, 192, 128, 192, 4, 4, 1, 0, 0}, {3, 17, 43, 33, 3, 4, 1, 0, 0}, {2, 40, 50, 16, 1, 2, 1, 0, 0},
    {2, 16, 35, 31, 5, 7, 1, 3, 2}, {2, 20, 40, 20, 1, 3, 5, 2, 0}, {1, 16, 64, 18, 16, 16, 1, 0, 0},
    {4, 33, 61, 40, 6, 6, 1, 4, -5}, {3, 16, 20, 16, 4, 5, 1, 0, 9},
    /* stride 1, other taps */
    {2, 129, 96, 64, 1, 1, 1, 0, 0}, {2, 64, 33, 246, 1, 1, 1, 0, 0}, {3, 64, 32, 64, 4, 1, 1, 4, -1},
    {2, 9, 100, 12, 3, 1, 1, 2, 0}, {1, 8, 150, 8, 2, 1, 7, 3, 9},
};

struct sides {
    int length;                  /* of y */
    double *y, *dx, *dw;
};

/* y and both gradients of sum(y dy), straight from the definition in layers.h. */
static void define_conv(const struct shape *s, bool transposed, const float *x, const float *w, const float *b,
                        const float *dy, struct sides *d)
{
    int length = d->length;

    for (int n = 0; n < s->batch; n++)
        for (int o = 0; o < s->out; o++)
            for (int t = 0; t < length; t++)
                d->y[(n * s->out + o) * length + t] = (double)b[o];
    for (int n = 0; n < s->batch; n++)
        for (int o = 0; o < s->out; o++)
            for (int i = 0; i < s->in; i++)
                for (int k = 0; k < s->taps; k++) {
                    int wi = transposed ? (i * s->out + o) * s->taps + k : (o * s->in + i) * s->taps + k;

                    for (int u = 0; u < (transposed ? s->time : length); u++) {
                        int v = u * s->stride + k * s->dilation - s->left;   /* on the long side */
                        int from = transposed ? u : v, to = transposed ? v : u;
                        int xi = (n * s->in + i) * s->time + from, yi = (n * s->out + o) * length + to;

                        if (v < 0 || v >= (transposed ? length : s->time))
                            continue;
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

/* One convolution with a gradient wanted of everything, or none of anything. */
struct layer {
    struct graph g;
    struct node *x, *w, *b, *y;
};

/* Scratch holds whatever other layers have left there. */
static void poison(const struct node *y, int workers)
{
    for (size_t i = 0; i < y->shared_floats; i++)
        node_shared(y)[i] = NAN;
    for (int w = 0; w < workers; w++)
        for (size_t i = 0; i < y->worker_floats; i++)
            node_scratch(y, w)[i] = NAN;
}

static struct layer layer_new(const struct shape *s, bool transposed, bool training, struct pool *pool)
{
    struct layer c = {.g = graph_new(s->batch, pool, training)};
    struct conv how = {s->stride, s->dilation, s->left, s->right};

    c.x = graph_input(&c.g, s->in, s->time);
    c.w = graph_param(&c.g, transposed ? s->in : s->out, transposed ? s->out : s->in, s->taps);
    c.b = graph_param(&c.g, s->out, 0, 0);
    c.y = transposed ? net_conv1d_transpose(c.g.net, c.x, c.w, c.b, how) : net_conv1d(c.g.net, c.x, c.w, c.b, how);
    if (training)
        net_loss(graph_weighted(c.g.net, c.y, 0.1f), 1);
    if (net_plan(c.g.net, 1, training) < 0) {
        printf("# refused: %s\n", error_text());
        abort();
    }
    for (int i = 0; i < c.g.leaves; i++)
        graph_draw(&c.g, c.g.leaf[i]->y, node_count(c.g.leaf[i]));
    poison(c.y, pool_threads(pool));
    net_forward(c.g.net);
    if (training) {
        poison(c.y, pool_threads(pool));
        net_backward(c.g.net);
        net_write_gradients(c.g.net);
    }
    return c;
}

static bool same_bits(const struct layer *a, const struct layer *b)
{
    return !memcmp(a->y->y, b->y->y, node_count(a->y) * sizeof(float)) &&
           !memcmp(a->x->dy, b->x->dy, node_count(a->x) * sizeof(float)) &&
           !memcmp(a->w->dy, b->w->dy, node_count(a->w) * sizeof(float)) &&
           !memcmp(a->b->dy, b->b->dy, node_count(a->b) * sizeof(float));
}

static void check_shape(const struct shape *s, bool transposed, struct pool *pool)
{
    struct layer c = layer_new(s, transposed, true, NULL), more = layer_new(s, transposed, true, pool);
    struct layer plain = layer_new(s, transposed, false, NULL);
    struct sides d = {c.y->shape[2], mem_zero(node_count(c.y), sizeof(double)),
                      mem_zero(node_count(c.x), sizeof(double)), mem_zero(node_count(c.w), sizeof(double))};
    double e[4];

    define_conv(s, transposed, c.x->y, c.w->y, c.b->y, c.y->dy, &d);
    e[0] = worst_error(c.y->y, d.y, node_count(c.y));
    e[1] = worst_error(c.x->dy, d.dx, node_count(c.x));
    e[2] = worst_error(c.w->dy, d.dw, node_count(c.w));
    e[3] = worst_error(plain.y->y, d.y, node_count(c.y));
    check(e[0] < 1e-5 && e[1] < 1e-5 && e[2] < 1e-5 && e[3] < 1e-5 && same_bits(&c, &more),
          "%s [%d, %d, %d] to %d, %d taps, stride %d, dilation %d, pads %d and %d (%.0e, %.0e, %.0e; %.0e)%s",
          transposed ? "transposed" : "conv", s->batch, s->in, s->time, s->out, s->taps, s->stride,
          s->dilation, s->left, s->right, e[0], e[1], e[2], e[3],
          same_bits(&c, &more) ? "" : ": 3 threads give other bits");
    free(d.y);
    free(d.dx);
    free(d.dw);
    graph_free(&c.g);
    graph_free(&more.g);
    graph_free(&plain.g);
}

static void test_shapes(void)
{
    struct pool *pool = pool_new(3);

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct shape t = shapes[i];

        check_shape(&shapes[i], false, pool);
        t.left = t.left < (t.time - 1) * t.stride ? t.left : 0;   /* something has to be left */
        t.right = t.right < (t.time - 1) * t.stride - t.left ? t.right : 0;
        check_shape(&t, true, pool);
    }
    pool_free(pool);
}

/* Bits, but where the products are left to BLAS, which sums by width. */
static bool same_values(const float *a, const float *b, int count)
{
    bool same = true;

    if (panel_possible())
        return !memcmp(a, b, (size_t)count * sizeof *a);
    for (int i = 0; i < count; i++)
        same &= fabsf(a[i] - b[i]) < 1e-4f;
    return same;
}

/* A clip in pieces, each with what comes before it as far as the taps reach,
 * gives the values of the whole. */
static void check_cut(struct shape s, bool transposed)
{
    struct layer whole = layer_new(&s, transposed, false, NULL);
    int reach = s.left, all = s.time, most = whole.y->shape[2];
    bool same = true;

    for (int first = s.stride; first < all / 2; first += 5 * s.stride) {
        struct layer part;
        int skip, length;

        s.time = all / 2;
        part = layer_new(&s, transposed, false, NULL);
        memcpy(part.w->y, whole.w->y, node_count(whole.w) * sizeof(float));
        memcpy(part.b->y, whole.b->y, node_count(whole.b) * sizeof(float));
        for (int c = 0; c < s.in; c++)
            memcpy(part.x->y + c * s.time, whole.x->y + c * all + first, (size_t)s.time * sizeof(float));
        net_forward(part.g.net);
        length = part.y->shape[2];
        skip = transposed ? 0 : (reach + s.stride - 1) / s.stride;
        for (int c = 0; c < s.out; c++)
            same &= same_values(part.y->y + c * length + skip,
                                whole.y->y + c * most + (transposed ? first * s.stride : first / s.stride) + skip,
                                length - skip);
        graph_free(&part.g);
    }
    check(same, "%s of %d channels, %d taps, stride %d, dilation %d: the same values wherever it is cut",
          transposed ? "transposed" : "conv", s.in, s.taps, s.stride, s.dilation);
    graph_free(&whole.g);
}

int main(void)
{
    test_shapes();
    check_cut((struct shape){1, 32, 200, 40, 3, 1, 3, 6, 0}, false);
    check_cut((struct shape){1, 33, 200, 32, 3, 1, 1, 2, 0}, false);
    check_cut((struct shape){1, 129, 90, 32, 1, 1, 1, 0, 0}, false);
    check_cut((struct shape){1, 129, 240, 32, 6, 6, 1, 0, 0}, false);
    check_cut((struct shape){1, 32, 60, 129, 6, 6, 1, 0, 0}, true);
    return check_done();
}
