/* The network 'spectral': a residual convolutional VAE over frames of
 * standardised log magnitudes, with a linear path that begins as their
 * principal components, and an autoregressive prior over its latents. All
 * convolutions are causal, so any number of frames may pass. */
#ifndef VAE_SPECTRAL_H
#define VAE_SPECTRAL_H

#include "nn/net.h"

struct spectral {
    int features;                /* channels of the front end */
    int width;                   /* channels inside */
    int latent;                  /* dimensions of z */
    int stride;                  /* frames for each latent frame */
};

enum {
    SPECTRAL_ENCODER = 1,
    SPECTRAL_DECODER = 2,
    SPECTRAL_ALL = 3,            /* both, joined by a draw, with losses and prior */
    SPECTRAL_PRIOR = 4           /* with the decoder alone: the prior as well */
};

struct spectral_graph {
    struct net *net;
    struct node *y;              /* input [batch, features, frames]: standardised log magnitudes */
    struct node *mean, *logvar;  /* [batch, latent, frames / stride] */
    struct node *linear_mean;    /* the part of the mean that comes by the linear path */
    struct node *eps;            /* input of the whole */
    struct node *z;              /* an input when there is only the decoder */
    struct node *out;            /* [batch, features, frames] */
    struct node *linear_out;     /* the part of it that comes by the linear path */
    struct node *prior, *scale;  /* p(z_t | past) = N(prior, e^(2 scale)): as mean's shape; [latent] */
    struct node *distance, *kl;  /* losses: minimised is distance + beta kl */
    struct node *front_mean, *front_sd; /* statistics that the front end standardises by */
};

/* A graph over frames (a multiple of the stride) frames of up to batch clips.
 * Not planned yet; beta is set by spectral_beta. */
struct spectral_graph spectral_build(const struct spectral *shape, int parts, struct params *store, int batch,
                                     int frames, struct pool *pool);
void spectral_beta(struct spectral_graph *g, float beta);

/* Frames of context after which output no longer depends on what came before, a multiple of the stride. */
int spectral_context(const struct spectral *shape);

#endif
