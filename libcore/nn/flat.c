/* Products of sides that are one sample long: a batch of them is a matrix
 * [batch, channels]. Matrices may be large, and batches are small. */
#include <string.h>

#include "nn/conv_product.h"
#include "nn/gemm.h"
#include "nn/skinny.h"

enum { FLAT_CHUNK = 2048 };

static size_t tap_size(const struct geometry *g)
{
    return (size_t)g->cs * (size_t)g->cl;
}

static int flat_tap(const struct geometry *g)
{
    int t0, t1;

    for (int k = 0; k < g->taps; k++)
        if (geometry_reach(g, k, &t0, &t1))
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
static void sum_parts(struct product *p)
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

static struct product product_of(struct node *n, float *out, bool add, const float *bias)
{
    const struct geometry *g = n->conf;

    return (struct product){.n = n, .g = g, .out = out, .add = add, .bias = bias,
                            .w = flat_tap(g) < 0 ? NULL : flat_weights(n, g)};
}

static void flat_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    struct product p = product_of(n, s, add, bias);

    p.l = l;
    sum_parts(&p);
}

static void flat_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    struct product p = product_of(n, l, add, bias);

    p.s = s;
    pool_run(net_pool(n->net), flat_parts(p.g), flat_up_part, &p);
}

/* dw = s l' at the one tap that length one reaches; the others get none. */
static void flat_weight(struct node *n, const float *s, const float *l, float *dw, bool add, bool prepared)
{
    const struct geometry *g = n->conf;
    int tap = flat_tap(g), batch = node_batch(n);
    size_t taps = (size_t)g->taps;

    (void)prepared;
    if (!add)
        memset(dw, 0, tap_size(g) * taps * sizeof *dw);
    if (tap < 0)
        return;
    for (int b = 0; b < batch; b++)
        for (size_t i = 0; i < (size_t)g->cs; i++)
            for (size_t j = 0; j < (size_t)g->cl; j++)
                dw[(i * (size_t)g->cl + j) * taps + (size_t)tap] +=
                    s[(size_t)b * (size_t)g->cs + i] * l[(size_t)b * (size_t)g->cl + j];
}

static bool flat_fits(const struct node *n, const struct geometry *g)
{
    (void)n;
    return g->ts == 1 && g->tl == 1;
}

static void flat_plan(struct node *n, struct geometry *g)
{
    g->partial = g->taps > 1 ? tap_size(g) : 0;
    n->work_floats = g->partial + (size_t)flat_parts(g) * (size_t)n->shape[0] * (size_t)g->cs;
}

const struct product_kind product_flat = {flat_fits, flat_plan, flat_down, flat_up, flat_weight};
