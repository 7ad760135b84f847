/* The variational part: drawing from the posterior, and its distance from the
 * standard normal. Latents are small, so plain loops. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/layers.h"

static bool same_shape(const struct node *a, const struct node *b)
{
    return a->shape[1] == b->shape[1] && a->shape[2] == b->shape[2];
}

void posterior_draw(float *draw, const float *mean, const float *logvar, size_t count)
{
    for (size_t i = 0; i < count; i++)
        draw[i] = mean[i] + expf(0.5f * logvar[i]) * draw[i];
}

/* ---- z = mean + exp(logvar / 2) eps ---- */

static void reparameterize_forward(struct node *n)
{
    memcpy(n->y, n->in[2]->y, node_count(n) * sizeof *n->y);
    posterior_draw(n->y, n->in[0]->y, n->in[1]->y, node_count(n));
}

static void reparameterize_backward(struct node *n)
{
    const float *logvar = n->in[1]->y, *eps = n->in[2]->y;
    float *dmean = node_grad(n, 0), *dlogvar = node_grad(n, 1);

    for (size_t i = 0; i < node_count(n); i++) {
        float sd = expf(0.5f * logvar[i]);

        if (dmean)
            dmean[i] = (n->add[0] ? dmean[i] : 0) + n->dy[i];
        if (dlogvar)
            dlogvar[i] = (n->add[1] ? dlogvar[i] : 0) + n->dy[i] * 0.5f * sd * eps[i];
    }
}

struct node *net_reparameterize(struct net *net, struct node *mean, struct node *logvar, struct node *eps)
{
    static const struct op op = {"reparameterize", reparameterize_forward, reparameterize_backward};

    assert(same_shape(mean, logvar) && same_shape(mean, eps) && !eps->wants);
    return net_add_node(net, &op, 3, (struct node *[]){mean, logvar, eps}, mean->shape[1], mean->shape[2], 0);
}

/* ---- one draw: log N(z; mean, e^logvar) - log N(z; 0, 1); the log 2 pi cancels ---- */

static void kl_draw_forward(struct node *n)
{
    const float *z = n->in[0]->y, *mean = n->in[1]->y, *logvar = n->in[2]->y;
    double sum = 0;

    for (size_t i = 0; i < node_count(n->in[0]); i++) {
        double d = (double)z[i] - (double)mean[i];

        sum += -0.5 * (d * d * exp(-(double)logvar[i]) + (double)logvar[i]) + 0.5 * (double)z[i] * (double)z[i];
    }
    n->y[0] = (float)(sum / node_batch(n->in[0]));
}

static void kl_draw_backward(struct node *n)
{
    const float *z = n->in[0]->y, *mean = n->in[1]->y, *logvar = n->in[2]->y;
    float *dz = node_grad(n, 0), *dmean = node_grad(n, 1), *dlogvar = node_grad(n, 2);
    float scale = n->dy[0] / (float)node_batch(n->in[0]);

    for (size_t i = 0; i < node_count(n->in[0]); i++) {
        float precision = expf(-logvar[i]), d = z[i] - mean[i];

        if (dz)
            dz[i] = (n->add[0] ? dz[i] : 0) + scale * (z[i] - d * precision);
        if (dmean)
            dmean[i] = (n->add[1] ? dmean[i] : 0) + scale * d * precision;
        if (dlogvar)
            dlogvar[i] = (n->add[2] ? dlogvar[i] : 0) + scale * 0.5f * (d * d * precision - 1);
    }
}

struct node *net_kl_draw(struct net *net, struct node *z, struct node *mean, struct node *logvar)
{
    static const struct op op = {"kl_draw", kl_draw_forward, kl_draw_backward};

    assert(same_shape(z, mean) && same_shape(z, logvar));
    return net_add_scalar(net, &op, 3, (struct node *[]){z, mean, logvar}, 0);
}

/* ---- rows of values [batch, rows, latent], log variance and scale one number a dimension ---- */

/* One number for each value of a row. */
static bool per_value(const struct node *p, const struct node *rows)
{
    return !p->batched && p->shape[0] == rows->shape[2] && p->shape[1] == 1 && p->shape[2] == 1;
}

static size_t rows_of(const struct node *n)
{
    return (size_t)node_batch(n) * (size_t)n->shape[1];
}

static void draw_forward(struct node *n)
{
    size_t latent = (size_t)n->shape[2];
    float *sd = n->work;

    for (size_t d = 0; d < latent; d++)
        sd[d] = expf(0.5f * n->in[1]->y[d]);
    for (size_t i = 0; i < rows_of(n) * latent; i += latent)
        for (size_t d = 0; d < latent; d++)
            n->y[i + d] = n->in[0]->y[i + d] + sd[d] * n->in[2]->y[i + d];
}

static void draw_backward(struct node *n)
{
    size_t latent = (size_t)n->shape[2], count = rows_of(n) * latent;
    float *dmean = node_grad(n, 0), *dlogvar = node_grad(n, 1), *sd = n->work, *sum = sd + latent;

    for (size_t i = 0; dmean && i < count; i++)
        dmean[i] = (n->add[0] ? dmean[i] : 0) + n->dy[i];
    memset(sum, 0, latent * sizeof *sum);
    for (size_t i = 0; dlogvar && i < count; i += latent)
        for (size_t d = 0; d < latent; d++)
            sum[d] += n->dy[i + d] * n->in[2]->y[i + d];
    for (size_t d = 0; dlogvar && d < latent; d++)
        dlogvar[d] = (n->add[1] ? dlogvar[d] : 0) + 0.5f * sd[d] * sum[d];
}

struct node *net_draw(struct net *net, struct node *mean, struct node *logvar, struct node *eps)
{
    static const struct op op = {"draw", draw_forward, draw_backward};
    struct node *n = net_add_node(net, &op, 3, (struct node *[]){mean, logvar, eps}, mean->shape[1], mean->shape[2], 0);

    assert(per_value(logvar, mean) && same_shape(mean, eps) && !eps->wants);
    n->work_floats = 2 * (size_t)mean->shape[2]; /* standard deviations and sums */
    return n;
}

static void kl_prior_forward(struct node *n)
{
    const float *mean = n->in[0]->y, *logvar = n->in[1]->y, *prior = n->in[2]->y, *scale = n->in[3]->y;
    size_t latent = (size_t)n->in[0]->shape[2], rows = rows_of(n->in[0]);
    double sum = 0;

    for (size_t d = 0; d < latent; d++) {
        double squares = 0;

        for (size_t i = d; i < rows * latent; i += latent)
            squares += (double)((mean[i] - prior[i]) * (mean[i] - prior[i]));
        sum += (double)(scale[d] - 0.5f * logvar[d] - 0.5f) +
               0.5 * exp(-2 * (double)scale[d]) * (exp((double)logvar[d]) + squares / (double)rows);
    }
    n->y[0] = (float)sum;
}

static void kl_prior_backward(struct node *n)
{
    const float *mean = n->in[0]->y, *logvar = n->in[1]->y, *prior = n->in[2]->y, *scale = n->in[3]->y;
    size_t latent = (size_t)n->in[0]->shape[2], rows = rows_of(n->in[0]);
    float *dmean = node_grad(n, 0), *dlogvar = node_grad(n, 1), *dprior = node_grad(n, 2), *dscale = node_grad(n, 3);
    float unit = n->dy[0] / (float)rows, *slope = n->work, *squares = slope + latent;

    for (size_t d = 0; d < latent; d++) {
        slope[d] = unit * expf(-2 * scale[d]);
        squares[d] = 0;
    }
    for (size_t i = 0; i < rows * latent; i += latent)
        for (size_t d = 0; d < latent; d++) {
            float far = mean[i + d] - prior[i + d];

            squares[d] += far * far;
            if (dmean)
                dmean[i + d] = (n->add[0] ? dmean[i + d] : 0) + slope[d] * far;
            if (dprior)
                dprior[i + d] = (n->add[2] ? dprior[i + d] : 0) - slope[d] * far;
        }
    for (size_t d = 0; d < latent; d++) {
        float precision = expf(-2 * scale[d]), variance = expf(logvar[d]);

        if (dlogvar)
            dlogvar[d] = (n->add[1] ? dlogvar[d] : 0) + n->dy[0] * 0.5f * (precision * variance - 1);
        if (dscale)
            dscale[d] =
                (n->add[3] ? dscale[d] : 0) + n->dy[0] * (1 - precision * (variance + squares[d] / (float)rows));
    }
}

struct node *net_kl_prior(struct net *net, struct node *mean, struct node *logvar, struct node *prior,
                          struct node *scale)
{
    static const struct op op = {"kl_prior", kl_prior_forward, kl_prior_backward};
    struct node *n = net_add_scalar(net, &op, 4, (struct node *[]){mean, logvar, prior, scale}, 0);

    assert(per_value(logvar, mean) && per_value(scale, mean) && same_shape(mean, prior));
    n->work_floats = 2 * (size_t)mean->shape[2]; /* slopes and sums */
    return n;
}
