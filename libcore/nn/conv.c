/* Dense layers, and convolutions over sequences of one sample, of which one
 * tap alone meets it: products of a batch [batch, channels] with a matrix that
 * may be large, and batches are small.
 *
 * They relate a short side s [batch, cs] and a long side l [batch, cl] through
 * w [cs, cl, tap], at that tap:
 *     down    s  = w l       conv forward,               transposed backward
 *     up      l += w' s      transposed and dense forward, conv backward
 *     weight  dw = s l'      both */
#include <assert.h>
#include <string.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "nn/layers.h"
#include "nn/few_rows.h"

enum { CHUNK = 2048 };

struct geometry {
    int cs, cl, taps;
    bool transposed; /* x is the short side */
    size_t partial;  /* in node->work: after the weights of that tap */
};

static size_t tap_size(const struct geometry *g)
{
    return (size_t)g->cs * (size_t)g->cl;
}

/* The tap that meets the sample: 'same' padding has the odd zero on the right. */
static int tap_of(const struct geometry *g)
{
    return (g->taps - 1) / 2;
}

/* A product on its way through the tasks. */
struct product {
    const struct node *n;
    const struct geometry *g;
    const float *s, *l, *w;
    float *out;
    bool add;
    const float *bias; /* of the side written, NULL for none */
};

/* The weights of the tap as a contiguous cs x cl matrix. */
static const float *weights(struct node *n, const struct geometry *g)
{
    const float *w = n->in[1]->y + tap_of(g);
    float *packed = n->work;

    if (g->taps == 1)
        return w;
    for (size_t i = 0; i < tap_size(g); i++)
        packed[i] = w[i * (size_t)g->taps];
    return packed;
}

static int parts(const struct geometry *g)
{
    return (g->cl + CHUNK - 1) / CHUNK;
}

static void down_part(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    int batch = node_batch(p->n), first = task * CHUNK, length = g->cl - first < CHUNK ? g->cl - first : CHUNK;
    float *part = p->n->work + g->partial + (size_t)task * (size_t)(p->n->shape[0] * g->cs);

    (void)worker;
    if (batch <= SKINNY_ROWS)
        few_rows_down(batch, g->cs, length, p->l + first, g->cl, p->w + first, g->cl, part, g->cs);
    else
        gemm(false, true, batch, g->cs, length, p->l + first, g->cl, p->w + first, g->cl, 0, part, g->cs);
}

/* The long side is cut into chunks whose products are summed in order. */
static void down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct product p = {n, g, NULL, l, weights(n, g), s, add, bias};
    int batch = node_batch(n);
    size_t stride = (size_t)(n->shape[0] * g->cs);

    pool_run(net_pool(n->net), parts(g), down_part, &p);
    for (int b = 0; b < batch; b++)
        for (int c = 0; c < g->cs; c++) {
            size_t at = (size_t)b * (size_t)g->cs + (size_t)c;
            float sum = (add ? s[at] : 0) + (bias ? bias[c] : 0);

            for (int i = 0; i < parts(g); i++)
                sum += n->work[g->partial + (size_t)i * stride + at];
            s[at] = sum;
        }
}

static void up_part(void *arg, int task, int worker)
{
    const struct product *p = arg;
    const struct geometry *g = p->g;
    int batch = node_batch(p->n), first = task * CHUNK, length = g->cl - first < CHUNK ? g->cl - first : CHUNK;

    (void)worker;
    for (int b = 0; b < batch; b++) {
        float *row = p->out + (size_t)b * (size_t)g->cl + first;

        for (int i = 0; i < length; i++)
            row[i] = (p->add ? row[i] : 0) + (p->bias ? p->bias[first + i] : 0);
    }
    if (batch <= SKINNY_ROWS)
        few_rows_up(batch, length, g->cs, p->s, g->cs, p->w + first, g->cl, p->out + first, g->cl);
    else
        gemm(false, false, batch, length, g->cs, p->s, g->cs, p->w + first, g->cl, 1, p->out + first, g->cl);
}

static void up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    const struct geometry *g = n->conf;
    struct product p = {n, g, s, NULL, weights(n, g), l, add, bias};

    pool_run(net_pool(n->net), parts(g), up_part, &p);
}

/* Taps that meet nothing get no gradient. Left as a product where that is less work (struct outer). */
static void weight(struct node *n, const float *s, const float *l)
{
    const struct geometry *g = n->conf;
    float *dw = node_grad(n, 1);
    struct param *q = n->in[1]->param;
    int batch = node_batch(n);
    size_t taps = (size_t)g->taps;

    if (!dw)
        return;
    if (q)
        q->factored = g->taps == 1 && n->in[1]->users == 1 && 2 * batch <= g->cs && 2 * batch <= g->cl;
    if (q && q->factored) {
        q->outer = (struct outer){batch, g->cs, g->cl, g->cs, g->cl, s, l};
        return;
    }
    if (!n->add[1])
        memset(dw, 0, tap_size(g) * taps * sizeof *dw);
    for (int b = 0; b < batch; b++)
        for (size_t i = 0; i < (size_t)g->cs; i++)
            for (size_t j = 0; j < (size_t)g->cl; j++)
                dw[(i * (size_t)g->cl + j) * taps + (size_t)tap_of(g)] +=
                    s[(size_t)b * (size_t)g->cs + i] * l[(size_t)b * (size_t)g->cl + j];
}

/* ---- the layers ---- */

static void forward(struct node *n)
{
    const struct geometry *g = n->conf;
    const float *bias = n->inputs > 2 ? n->in[2]->y : NULL;

    if (g->transposed)
        up(n, n->in[0]->y, n->y, false, bias);
    else
        down(n, n->in[0]->y, n->y, false, bias);
}

static void backward(struct node *n)
{
    const struct geometry *g = n->conf;
    float *dx = node_grad(n, 0), *db = n->inputs > 2 ? node_grad(n, 2) : NULL;
    size_t channels = (size_t)n->shape[1];

    if (g->transposed) {
        if (dx)
            down(n, n->dy, dx, n->add[0], NULL);
        weight(n, n->in[0]->y, n->dy);
    } else {
        if (dx)
            up(n, n->dy, dx, n->add[0], NULL);
        weight(n, n->dy, n->in[0]->y);
    }
    if (!db)
        return;
    if (!n->add[2])
        memset(db, 0, channels * sizeof *db);
    for (size_t i = 0; i < node_count(n); i++) /* over clips, in order */
        db[i % channels] += n->dy[i];
}

/* ---- builders ---- */

static struct node *layer(struct net *net, const struct op *op, struct node *x, struct node *w, struct node *b,
                          struct geometry g)
{
    int channels = g.transposed ? g.cl : g.cs;
    struct node *n = net_add_node(net, op, b ? 3 : 2, (struct node *[]){x, w, b}, channels, 1, sizeof g);

    assert(x->shape[1] * x->shape[2] == (g.transposed ? g.cs : g.cl) && (!b || b->shape[0] == channels));
    g.partial = g.taps > 1 ? tap_size(&g) : 0;
    memcpy(n->conf, &g, sizeof g);
    n->work_floats = g.partial + (size_t)parts(&g) * (size_t)n->shape[0] * (size_t)g.cs;
    return n;
}

struct node *net_conv1d(struct net *net, struct node *x, struct node *w, struct node *b)
{
    static const struct op op = {"conv1d", forward, backward};

    assert(x->shape[2] == 1);
    return layer(net, &op, x, w, b, (struct geometry){w->shape[0], w->shape[1], w->shape[2], false, 0});
}

struct node *net_conv1d_transpose(struct net *net, struct node *x, struct node *w, struct node *b)
{
    static const struct op op = {"conv1d_transpose", forward, backward};

    assert(x->shape[2] == 1);
    return layer(net, &op, x, w, b, (struct geometry){w->shape[0], w->shape[1], w->shape[2], true, 0});
}

struct node *net_dense(struct net *net, struct node *x, struct node *w, struct node *b)
{
    static const struct op op = {"dense", forward, backward};

    return layer(net, &op, x, w, b, (struct geometry){w->shape[0], w->shape[1], 1, true, 0});
}
