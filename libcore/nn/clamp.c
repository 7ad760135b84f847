/* An offset and two bounds, value by value. */
#include "nn/layers.h"

struct clamp {
    float offset, low, high;
};

static void clamp_forward(struct node *n)
{
    const struct clamp *c = n->conf;
    const float *x = n->in[0]->y;

    for (size_t i = 0; i < node_count(n); i++) {
        float v = x[i] + c->offset;

        n->y[i] = v < c->low ? c->low : v > c->high ? c->high : v;
    }
}

static void clamp_backward(struct node *n)
{
    const struct clamp *c = n->conf;
    const float *x = n->in[0]->y;
    float *dx = node_grad(n, 0);

    for (size_t i = 0; i < node_count(n); i++) {
        float v = x[i] + c->offset, d = v < c->low || v > c->high ? 0 : n->dy[i];

        dx[i] = n->add[0] ? dx[i] + d : d;
    }
}

struct node *net_clamp(struct net *net, struct node *x, float offset, float low, float high)
{
    static const struct op op = {"clamp", clamp_forward, clamp_backward, NULL};
    struct node *n;

    if (!x)
        return NULL;
    if (!(low <= high))
        return net_refuse(net, "clamp: bounds %g and %g", (double)low, (double)high);
    n = net_add_node(net, &op, 1, &x, x->shape[1], x->shape[2], sizeof(struct clamp));
    if (n)
        *(struct clamp *)n->conf = (struct clamp){offset, low, high};
    return n;
}
