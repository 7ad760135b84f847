/* Which way the products of a layer are made. */
#include "nn/conv_product.h"

bool geometry_reach(const struct geometry *g, int k, int *t0, int *t1)
{
    int shift = k * g->dilation - g->pad;   /* l index = t stride + shift */
    int last = g->tl - 1 - shift;

    *t0 = shift >= 0 ? 0 : (-shift + g->stride - 1) / g->stride;
    *t1 = last < 0 ? 0 : last / g->stride + 1;
    if (*t1 > g->ts)
        *t1 = g->ts;
    return *t0 < *t1;
}

void product_plan(struct node *n)
{
    static const struct product_kind *const kinds[] = {
        &product_flat, &product_winograd, &product_direct, &product_strided, &product_unfolded,
    };
    struct geometry *g = n->conf;
    size_t i = 0;

    while (!kinds[i]->fits(n, g))
        i++;
    g->kind = kinds[i];
    g->kind->plan(n, g);
}

void product_down(struct node *n, const float *l, float *s, bool add, const float *bias)
{
    ((const struct geometry *)n->conf)->kind->down(n, l, s, add, bias);
}

void product_up(struct node *n, const float *s, float *l, bool add, const float *bias)
{
    ((const struct geometry *)n->conf)->kind->up(n, s, l, add, bias);
}

void product_weight(struct node *n, const float *s, const float *l, bool prepared)
{
    const struct geometry *g = n->conf;
    float *dw = node_grad(n, 1);
    struct param *q = n->in[1]->param;
    int batch = node_batch(n);

    if (!dw)
        return;
    if (q)
        q->factored = g->kind == &product_flat && g->taps == 1 && n->in[1]->users == 1 && 2 * batch <= g->cs &&
                      2 * batch <= g->cl;
    if (q && q->factored)
        q->outer = (struct outer){batch, g->cs, g->cl, g->cs, g->cl, s, l};
    else
        g->kind->weight(n, s, l, dw, n->add[1], prepared);
}
