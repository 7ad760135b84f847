/* Small graphs for tests of layers: leaves with names of their own, random
 * values, and a loss that lets any gradient flow into a node. */
#ifndef TESTS_GRAPH_H
#define TESTS_GRAPH_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/layers.h"

enum { GRAPH_LEAVES = 8 };

struct graph {
    struct params *store;
    struct net *net;
    struct node *leaf[GRAPH_LEAVES]; /* inputs and trained parameters */
    int leaves;
    struct node *given; /* an input that is no leaf, or NULL */
    bool want;          /* gradients of inputs, too */
    struct rng rng;
};

__attribute__((unused)) static struct graph graph_new(int capacity, struct pool *pool, bool want)
{
    struct graph g = {.store = params_new(), .want = want, .rng = rng_new(42, 0)};

    g.net = net_new(g.store, capacity, pool);
    return g;
}

__attribute__((unused)) static void graph_free(struct graph *g)
{
    net_free(g->net);
    params_free(g->store);
}

/* Writes gradients that were left as products (struct outer) into the flat array as well. */
__attribute__((unused)) static void gradients_write(const struct params *store)
{
    for (size_t i = 0; i < store->count; i++) {
        const struct param *q = store->list[i];
        const struct outer *o = &q->outer;

        for (int r = 0; q->factored && r < o->rows; r++)
            for (int c = 0; c < o->cols; c++) {
                float g = 0;

                for (int k = 0; k < o->rank; k++)
                    g += o->u[k * o->ldu + r] * o->v[k * o->ldv + c];
                store->grad[q->offset + (size_t)(r * o->cols + c)] = g;
            }
    }
}

static struct node *graph_leaf(struct graph *g, struct node *n)
{
    if (n && g->leaves < GRAPH_LEAVES)
        g->leaf[g->leaves++] = n;
    return n;
}

static const char *graph_name(struct graph *g)
{
    static const char *const names[GRAPH_LEAVES] = {"a", "b", "c", "d", "e", "f", "g", "h"};

    return names[g->leaves % GRAPH_LEAVES];
}

__attribute__((unused)) static struct node *graph_input(struct graph *g, int channels, int time)
{
    struct node *n = net_input(g->net, graph_name(g), channels, time);

    if (n && g->want)
        n->wants = true;
    return graph_leaf(g, n);
}

/* Without a gradient, whatever the graph wants. */
__attribute__((unused)) static struct node *graph_given(struct graph *g, int channels, int time)
{
    return g->given = net_input(g->net, "given", channels, time);
}

/* [a], [a, b] or [a, b, c]; 0 ends the shape. */
__attribute__((unused)) static struct node *graph_param(struct graph *g, int a, int b, int c)
{
    int rank = b == 0 ? 1 : c == 0 ? 2 : 3;

    return graph_leaf(g, net_param(g->net, graph_name(g), rank, (int64_t[]){a, b, c}, INIT_ZERO));
}

__attribute__((unused)) static void graph_set(struct node *n, const float *values, size_t count)
{
    memcpy(n->y, values, count * sizeof *values);
}

/* Of either sign, 0.1 to 0.8 in size: away from kinks. */
__attribute__((unused)) static void graph_draw(struct graph *g, float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double u = 2 * rng_uniform(&g->rng) - 1;

        x[i] = (float)(u < 0 ? -0.1 + 0.7 * u : 0.1 + 0.7 * u);
    }
}

/* ---- a loss: sum over i of w[i] y[i], w[i] = cos(1.7 i + phase) ---- */

static double weighted_weight(const struct node *n, size_t i)
{
    return cos(1.7 * (double)i + (double)*(const float *)n->conf);
}

static void weighted_forward(struct node *n)
{
    double sum = 0;

    for (size_t i = 0; i < node_count(n->in[0]); i++)
        sum += (double)n->in[0]->y[i] * weighted_weight(n, i);
    n->y[0] = (float)sum;
}

static void weighted_backward(struct node *n)
{
    float *to = node_grad(n, 0);

    for (size_t i = 0; to && i < node_count(n->in[0]); i++)
        to[i] = (n->add[0] ? to[i] : 0) + n->dy[0] * (float)weighted_weight(n, i);
}

__attribute__((unused)) static struct node *graph_weighted(struct net *net, struct node *x, float phase)
{
    static const struct op op = {"weighted", weighted_forward, weighted_backward};
    struct node *n = x ? net_add_scalar(net, &op, 1, &x, sizeof phase) : NULL;

    if (n)
        memcpy(n->conf, &phase, sizeof phase);
    return n;
}

#endif
