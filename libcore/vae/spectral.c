/* The network 'spectral', layer by layer. */
#include "vae/spectral.h"

#include <stdio.h>

#include "nn/layers.h"

enum { NAME = 64, PRIOR_TAPS = 4 };

static struct node *param(struct net *net, const char *prefix, const char *name, int rank, const int64_t *shape,
                          enum init_kind init)
{
    char full[NAME];

    snprintf(full, sizeof full, "%s/%s", prefix, name);
    return net_param(net, full, rank, shape, init);
}

/* A causal convolution: left padding only. */
static struct node *conv(struct net *net, struct node *x, const char *prefix, int out, int taps, int stride,
                         int dilation, enum init_kind init)
{
    struct node *w = param(net, prefix, "kernel", 3, (int64_t[]){out, x ? x->shape[1] : 1, taps}, init);
    struct node *b = param(net, prefix, "bias", 1, (int64_t[]){out}, INIT_ZERO);

    return net_conv1d(net, x, w, b, conv_causal(taps, stride, dilation));
}

/* Each frame becomes stride frames. */
static struct node *spread(struct net *net, struct node *x, const char *prefix, int out, int stride)
{
    struct node *w = param(net, prefix, "kernel", 3, (int64_t[]){x ? x->shape[1] : 1, out, stride}, INIT_FAN_IN);
    struct node *b = param(net, prefix, "bias", 1, (int64_t[]){out}, INIT_ZERO);

    return net_conv1d_transpose(net, x, w, b, (struct conv){stride, 1, 0, 0});
}

/* x + 1x1(silu(conv of 3 taps(silu(x)))): begins as x, for its last layer begins as zero */
static struct node *residual(struct net *net, struct node *x, const char *prefix, int width, int dilation)
{
    char a[NAME], b[NAME];
    struct node *h;

    snprintf(a, sizeof a, "%s/a", prefix);
    snprintf(b, sizeof b, "%s/b", prefix);
    h = conv(net, net_silu(net, x), a, width, 3, 1, dilation, INIT_FAN_IN);
    h = conv(net, net_silu(net, h), b, width, 1, 1, 1, INIT_ZERO);
    return net_add(net, x, h);
}

static void build_encoder(struct spectral_graph *g, const struct spectral *s)
{
    struct net *net = g->net;
    struct node *h = conv(net, g->y, "enc/in", s->width, 1, 1, 1, INIT_FAN_IN);

    h = residual(net, h, "enc/res1", s->width, 1);
    h = residual(net, h, "enc/res2", s->width, 3);
    h = conv(net, net_silu(net, h), "enc/down", s->width, s->stride, s->stride, 1, INIT_FAN_IN);
    h = residual(net, h, "enc/res3", s->width, 1);
    h = residual(net, h, "enc/res4", s->width, 3);
    h = conv(net, net_silu(net, h), "enc/out", 2 * s->latent, 1, 1, 1, INIT_ZERO);
    g->linear_mean = conv(net, g->y, "enc/linear", s->latent, s->stride, s->stride, 1, INIT_FAN_IN);
    g->mean = net_add(net, net_channels(net, h, 0, s->latent), g->linear_mean);
    g->logvar = net_clamp(net, net_channels(net, h, s->latent, s->latent), -4, -10, 4);
}

static void build_decoder(struct spectral_graph *g, const struct spectral *s)
{
    struct net *net = g->net;
    struct node *h = conv(net, g->z, "dec/in", s->width, 3, 1, 1, INIT_FAN_IN);

    h = residual(net, h, "dec/res1", s->width, 1);
    h = residual(net, h, "dec/res2", s->width, 3);
    h = spread(net, net_silu(net, h), "dec/up", s->width, s->stride);
    h = residual(net, h, "dec/res3", s->width, 1);
    h = residual(net, h, "dec/res4", s->width, 3);
    h = conv(net, net_silu(net, h), "dec/out", s->features, 1, 1, 1, INIT_ZERO);
    g->linear_out = spread(net, g->z, "dec/linear", s->features, s->stride);
    g->out = net_add(net, h, g->linear_out);
}

/* a_t = b + sum over k = 1..4 of A_k z_{t-k}, zeros before the start: p(z_t | past) = N(a_t, e^(2 scale)) */
static void build_prior(struct spectral_graph *g, const struct spectral *s)
{
    struct node *w = param(g->net, "prior/ar", "kernel", 3, (int64_t[]){s->latent, s->latent, PRIOR_TAPS}, INIT_ZERO);
    struct node *b = param(g->net, "prior/ar", "bias", 1, (int64_t[]){s->latent}, INIT_ZERO);

    g->scale = param(g->net, "prior", "scale", 1, (int64_t[]){s->latent}, INIT_ZERO);
    g->prior = net_conv1d(g->net, g->z, w, b, (struct conv){1, 1, PRIOR_TAPS, -1});
}

struct spectral_graph spectral_build(const struct spectral *shape, int parts, struct params *store, int batch,
                                     int frames, struct pool *pool)
{
    struct spectral_graph g = {.net = net_new(store, batch, pool)};
    int64_t features[1] = {shape->features};

    if (frames % shape->stride)
        net_refuse(g.net, "%d frames are not a multiple of the stride %d", frames, shape->stride);
    g.front_mean = net_statistic(g.net, "front/mean", 1, features, INIT_ZERO);
    g.front_sd = net_statistic(g.net, "front/sd", 1, features, INIT_ONE);
    net_statistic(g.net, "front/most", 1, features, INIT_ZERO);
    net_statistic(g.net, "front/floor", 1, (int64_t[]){1}, INIT_ZERO);
    if (parts & SPECTRAL_ENCODER) {
        g.y = net_input(g.net, "y", shape->features, frames);
        build_encoder(&g, shape);
    }
    if (parts == SPECTRAL_ALL) {
        g.eps = net_input(g.net, "eps", shape->latent, frames / shape->stride);
        g.z = net_reparameterize(g.net, g.mean, g.logvar, g.eps);
    } else if (parts & SPECTRAL_DECODER) {
        g.z = net_input(g.net, "z", shape->latent, frames / shape->stride);
    }
    if (parts & SPECTRAL_DECODER)
        build_decoder(&g, shape);
    if (parts == SPECTRAL_ALL || parts & SPECTRAL_PRIOR)
        build_prior(&g, shape);
    if (parts == SPECTRAL_ALL) {
        g.distance = net_spectral_loss(g.net, g.out, g.y, g.front_mean, g.front_sd, 80);
        g.kl = net_kl_prior(g.net, g.mean, g.logvar, g.prior, g.scale);
        net_loss(g.distance, 1);
        net_loss(g.kl, 0);
    }
    return g;
}

void spectral_beta(struct spectral_graph *g, float beta)
{
    net_loss(g->kl, beta);
}

int spectral_context(const struct spectral *shape)
{
    /* residual blocks reach back 2 + 6 frames, before the stride and after it; the decoder's first layer 2 more */
    int latent_frames = 2 + 6 + 2, frames = 2 + 6;
    int whole = latent_frames * shape->stride + frames + shape->stride;

    return (whole + shape->stride - 1) / shape->stride * shape->stride;
}
