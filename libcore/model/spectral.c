/* The network 'spectral', layer by layer. */
#include "model/spectral.h"

#include <stdio.h>

#include "nn/layers.h"

enum { NAME = 64, TAPS = 3, PRIOR_TAPS = 4 };

/* A causal convolution over rows. */
static struct node *conv(struct net *net, struct node *x, const char *prefix, int out, int taps, enum init_kind init)
{
    struct node *w = net_param_of(net, prefix, "kernel", 3, (int64_t[]){out, taps, x->shape[2]}, init);
    struct node *b = net_param_of(net, prefix, "bias", 1, (int64_t[]){out}, INIT_ZERO);

    return net_linear(net, taps > 1 ? net_past(net, x, taps, 0) : x, w, b);
}

/* x + 1x1(silu(conv of 3 taps(silu(x)))): begins as x, for its last layer begins as zero */
static struct node *residual(struct net *net, struct node *x, const char *prefix, int width)
{
    char a[NAME], b[NAME];
    struct node *h;

    snprintf(a, sizeof a, "%s/a", prefix);
    snprintf(b, sizeof b, "%s/b", prefix);
    h = conv(net, net_silu(net, x), a, width, TAPS, INIT_FAN_IN);
    h = conv(net, net_silu(net, h), b, width, 1, INIT_ZERO);
    return net_add(net, x, h);
}

static void build_encoder(struct spectral_graph *g, const struct spectral *s)
{
    struct node *w =
        net_param_of(g->net, "enc/linear", "kernel", 3, (int64_t[]){s->latent, s->stride, s->features}, INIT_ZERO);
    struct node *b = net_param_of(g->net, "enc/linear", "bias", 1, (int64_t[]){s->latent}, INIT_ZERO);

    g->mean = net_linear(g->net, g->y, w, b);
    g->logvar = net_param_of(g->net, "enc", "logvar", 1, (int64_t[]){s->latent}, INIT_ZERO);
}

/* What is decoded is linear in the hidden rows and in the latents: one product of both, beginning with the latents alone. */
static void build_decoder(struct spectral_graph *g, const struct spectral *s)
{
    struct node *h = conv(g->net, g->z, "dec/in", s->width, TAPS, INIT_FAN_IN), *w, *b;

    h = net_silu(g->net, residual(g->net, h, "dec/res", s->width));
    w = net_param_of(g->net, "dec/out", "kernel", 3, (int64_t[]){s->stride, s->features, s->width + s->latent},
                     INIT_ZERO);
    b = net_param_of(g->net, "dec/out", "bias", 2, (int64_t[]){s->stride, s->features}, INIT_ZERO);
    g->out = net_linear(g->net, net_beside(g->net, h, g->z), w, b);
}

/* a_t = b + sum over k = 1..4 of A_k z_{t-k}, zeros before the start: p(z_t | past) = N(a_t, e^(2 scale)) */
static void build_prior(struct spectral_graph *g, const struct spectral *s)
{
    struct node *w =
        net_param_of(g->net, "prior/ar", "kernel", 3, (int64_t[]){s->latent, PRIOR_TAPS, s->latent}, INIT_ZERO);
    struct node *b = net_param_of(g->net, "prior/ar", "bias", 1, (int64_t[]){s->latent}, INIT_ZERO);

    g->scale = net_param_of(g->net, "prior", "scale", 1, (int64_t[]){s->latent}, INIT_ZERO);
    g->prior = net_linear(g->net, net_past(g->net, g->z, PRIOR_TAPS, 1), w, b);
}

struct spectral_graph spectral_build(const struct spectral *shape, int parts, struct params *store, int batch, int rows,
                                     struct pool *pool)
{
    struct spectral_graph g = {.net = net_new(store, batch, pool)};

    if (parts & SPECTRAL_ENCODER) {
        g.y = net_input(g.net, "y", rows, shape->stride * shape->features);
        build_encoder(&g, shape);
    }
    if (parts == SPECTRAL_ALL) {
        g.eps = net_input(g.net, "eps", rows, shape->latent);
        g.z = net_draw(g.net, g.mean, g.logvar, g.eps);
    } else if (parts & SPECTRAL_DECODER) {
        g.z = net_input(g.net, "z", rows, shape->latent);
    }
    if (parts & SPECTRAL_DECODER)
        build_decoder(&g, shape);
    if (parts == SPECTRAL_ALL || parts & SPECTRAL_PRIOR)
        build_prior(&g, shape);
    if (parts == SPECTRAL_ALL) {
        g.distance = net_spectral_loss(g.net, g.out, g.y);
        g.kl = net_kl_prior(g.net, g.mean, g.logvar, g.prior, g.scale);
        net_loss(g.distance, 1);
        net_loss(g.kl, 0);
    }
    return g;
}
