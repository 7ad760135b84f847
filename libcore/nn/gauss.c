/* The variational part: drawing from the posterior, and its distance from the
 * standard normal. Latents are small, so plain loops. */
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
    float *dmean = node_grad(n, 0), *dlogvar = node_grad(n, 1), *deps = node_grad(n, 2);

    for (size_t i = 0; i < node_count(n); i++) {
        float sd = expf(0.5f * logvar[i]);

        if (dmean)
            dmean[i] = (n->add[0] ? dmean[i] : 0) + n->dy[i];
        if (dlogvar)
            dlogvar[i] = (n->add[1] ? dlogvar[i] : 0) + n->dy[i] * 0.5f * sd * eps[i];
        if (deps)
            deps[i] = (n->add[2] ? deps[i] : 0) + n->dy[i] * sd;
    }
}

struct node *net_reparameterize(struct net *net, struct node *mean, struct node *logvar, struct node *eps)
{
    static const struct op op = {"reparameterize", reparameterize_forward, reparameterize_backward, NULL};

    if (!mean || !logvar || !eps)
        return NULL;
    if (!same_shape(mean, logvar) || !same_shape(mean, eps))
        return net_refuse(net, "reparameterize: mean, logvar and eps differ in shape");
    return net_add_node(net, &op, 3, (struct node *[]){mean, logvar, eps}, mean->shape[1], mean->shape[2], 0);
}

/* ---- closed form: sum of (e^logvar + mean^2 - 1 - logvar) / 2 ---- */

static void kl_forward(struct node *n)
{
    const float *mean = n->in[0]->y, *logvar = n->in[1]->y;
    double sum = 0;

    for (size_t i = 0; i < node_count(n->in[0]); i++)
        sum += 0.5 * (exp((double)logvar[i]) + (double)mean[i] * (double)mean[i] - 1 - (double)logvar[i]);
    n->y[0] = (float)(sum / node_batch(n->in[0]));
}

static void kl_backward(struct node *n)
{
    const float *mean = n->in[0]->y, *logvar = n->in[1]->y;
    float *dmean = node_grad(n, 0), *dlogvar = node_grad(n, 1);
    float scale = n->dy[0] / (float)node_batch(n->in[0]);

    for (size_t i = 0; i < node_count(n->in[0]); i++) {
        if (dmean)
            dmean[i] = (n->add[0] ? dmean[i] : 0) + scale * mean[i];
        if (dlogvar)
            dlogvar[i] = (n->add[1] ? dlogvar[i] : 0) + scale * 0.5f * (expf(logvar[i]) - 1);
    }
}

struct node *net_kl(struct net *net, struct node *mean, struct node *logvar)
{
    static const struct op op = {"kl", kl_forward, kl_backward, NULL};

    if (!mean || !logvar)
        return NULL;
    if (!same_shape(mean, logvar))
        return net_refuse(net, "kl: mean and logvar differ in shape");
    return net_add_scalar(net, &op, 2, (struct node *[]){mean, logvar}, 0);
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
    static const struct op op = {"kl_draw", kl_draw_forward, kl_draw_backward, NULL};

    if (!z || !mean || !logvar)
        return NULL;
    if (!same_shape(z, mean) || !same_shape(z, logvar))
        return net_refuse(net, "kl_draw: z, mean and logvar differ in shape");
    return net_add_scalar(net, &op, 3, (struct node *[]){z, mean, logvar}, 0);
}

/* ---- against a prior of its own: N(prior, e^(2 scale)), scale one value a channel ---- */

static void kl_prior_forward(struct node *n)
{
    const float *mean = n->in[0]->y, *logvar = n->in[1]->y, *prior = n->in[2]->y, *scale = n->in[3]->y;
    size_t channels = (size_t)n->in[0]->shape[1], time = (size_t)n->in[0]->shape[2];
    size_t rows = (size_t)node_batch(n->in[0]) * channels;
    double sum = 0;

    for (size_t r = 0; r < rows; r++) {
        float s = scale[r % channels], precision = expf(-2 * s);

        for (size_t i = r * time; i < (r + 1) * time; i++) {
            float d = mean[i] - prior[i];

            sum += (double)(s - 0.5f * logvar[i] + 0.5f * precision * (expf(logvar[i]) + d * d) - 0.5f);
        }
    }
    n->y[0] = (float)(sum / (double)(rows / channels * time));
}

static void kl_prior_backward(struct node *n)
{
    const float *mean = n->in[0]->y, *logvar = n->in[1]->y, *prior = n->in[2]->y, *scale = n->in[3]->y;
    size_t channels = (size_t)n->in[0]->shape[1], time = (size_t)n->in[0]->shape[2];
    size_t rows = (size_t)node_batch(n->in[0]) * channels;
    float *dmean = node_grad(n, 0), *dlogvar = node_grad(n, 1), *dprior = node_grad(n, 2), *dscale = node_grad(n, 3);
    float unit = n->dy[0] / (float)(rows / channels * time);

    if (dscale && !n->add[3])
        memset(dscale, 0, channels * sizeof *dscale);
    for (size_t r = 0; r < rows; r++) {
        float precision = expf(-2 * scale[r % channels]), dsum = 0;

        for (size_t i = r * time; i < (r + 1) * time; i++) {
            float d = mean[i] - prior[i], variance = expf(logvar[i]);

            if (dmean)
                dmean[i] = (n->add[0] ? dmean[i] : 0) + unit * precision * d;
            if (dlogvar)
                dlogvar[i] = (n->add[1] ? dlogvar[i] : 0) + unit * 0.5f * (precision * variance - 1);
            if (dprior)
                dprior[i] = (n->add[2] ? dprior[i] : 0) - unit * precision * d;
            dsum += 1 - precision * (variance + d * d);
        }
        if (dscale)
            dscale[r % channels] += unit * dsum;
    }
}

struct node *net_kl_prior(struct net *net, struct node *mean, struct node *logvar, struct node *prior,
                          struct node *scale)
{
    static const struct op op = {"kl_prior", kl_prior_forward, kl_prior_backward, NULL};

    if (!mean || !logvar || !prior || !scale)
        return NULL;
    if (!same_shape(mean, logvar) || !same_shape(mean, prior) || scale->shape[0] != mean->shape[1])
        return net_refuse(net, "kl_prior: mean, logvar, prior and scale do not fit together");
    return net_add_scalar(net, &op, 4, (struct node *[]){mean, logvar, prior, scale}, 0);
}
