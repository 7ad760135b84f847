/* Norms over sequences of one sample: x is [batch, channels, 1], few values. Worked out in double precision. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/layers.h"

enum { X, GAMMA, BETA }; /* inputs */

/* dbeta[c] = sum over clips of dy */
static void beta_backward(const struct node *n)
{
    float *dbeta = node_grad(n, BETA);
    size_t channels = (size_t)n->shape[1];

    for (size_t c = 0; dbeta && c < channels; c++) {
        double sum = 0;

        for (size_t i = c; i < node_count(n); i += channels)
            sum += (double)n->dy[i];
        dbeta[c] = (n->add[BETA] ? dbeta[c] : 0) + (float)sum;
    }
}

static bool per_channel(const struct node *p, const struct node *x)
{
    return !p->batched && p->shape[0] == x->shape[1] && p->shape[1] == 1 && p->shape[2] == 1;
}

static struct node *norm_node(struct net *net, const struct op *op, struct node *x, struct node *gamma,
                              struct node *beta, float epsilon)
{
    struct node *n = net_add_node(net, op, 3, (struct node *[]){x, gamma, beta}, x->shape[1], 1, sizeof epsilon);

    assert(x->batched && x->shape[2] == 1 && epsilon > 0 && per_channel(gamma, x) && per_channel(beta, x));
    memcpy(n->conf, &epsilon, sizeof epsilon);
    return n;
}

/* ---- instance norm: a value is its own mean, so beta is what is left ---- */

static void instance_forward(struct node *n)
{
    for (size_t i = 0; i < node_count(n); i++)
        n->y[i] = n->in[BETA]->y[i % (size_t)n->shape[1]];
}

static void instance_backward(struct node *n)
{
    for (int i = X; i <= GAMMA; i++)
        if (node_grad(n, i) && !n->add[i])
            memset(node_grad(n, i), 0, node_count(n->in[i]) * sizeof(float));
    beta_backward(n);
}

struct node *net_instance_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta, float epsilon)
{
    static const struct op op = {"instance_norm", instance_forward, instance_backward};

    return norm_node(net, &op, x, gamma, beta, epsilon);
}

/* ---- batch norm as it begins: mean 0, var 1 ---- */

static double deviation(const struct node *n)
{
    return sqrt(1 + (double)*(const float *)n->conf);
}

static void batch_forward(struct node *n)
{
    size_t channels = (size_t)n->shape[1];
    double r = 1 / deviation(n);

    for (size_t i = 0; i < node_count(n); i++)
        n->y[i] = (float)((double)n->in[GAMMA]->y[i % channels] * r * (double)n->in[X]->y[i] +
                          (double)n->in[BETA]->y[i % channels]);
}

static void batch_backward(struct node *n)
{
    size_t channels = (size_t)n->shape[1];
    float *dx = node_grad(n, X), *dgamma = node_grad(n, GAMMA);
    double r = 1 / deviation(n);

    for (size_t i = 0; dx && i < node_count(n); i++)
        dx[i] = (n->add[X] ? dx[i] : 0) + (float)((double)n->in[GAMMA]->y[i % channels] * r * (double)n->dy[i]);
    for (size_t c = 0; dgamma && c < channels; c++) {
        double sum = 0;

        for (size_t i = c; i < node_count(n); i += channels)
            sum += (double)n->dy[i] * (double)n->in[X]->y[i];
        dgamma[c] = (n->add[GAMMA] ? dgamma[c] : 0) + (float)(sum * r);
    }
    beta_backward(n);
}

struct node *net_batch_norm_inference(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                                      float epsilon)
{
    static const struct op op = {"batch_norm_inference", batch_forward, batch_backward};

    return norm_node(net, &op, x, gamma, beta, epsilon);
}
