/* The network 'spectral': a VAE over frames of log magnitudes. Encoding is
 * linear and begins as their principal components; decoding adds to the way
 * back a residual convolution over the latents; p(z) is autoregressive. A
 * latent frame stands for stride frames. Everything is causal, so any number
 * of frames may pass. */
#ifndef MODEL_SPECTRAL_H
#define MODEL_SPECTRAL_H

#include "nn/net.h"

/* Latent frames of the prior's bank when nothing else is asked for. */
enum { SPECTRAL_BANK = 1 << 15 };

extern const struct codec_kind codec_spectral;
extern const struct eval_kind eval_spectral;

/* Of the definition: models of another number are of another network. */
enum { SPECTRAL_DEFINITION = 2 };

struct spectral {
    int features; /* values of a frame */
    int width;    /* of the decoder's hidden rows */
    int latent;   /* dimensions of z */
    int stride;   /* frames for each latent frame */
};

enum {
    SPECTRAL_ENCODER = 1,
    SPECTRAL_DECODER = 2,
    SPECTRAL_ALL = 3,  /* both, joined by a draw, with losses and prior */
    SPECTRAL_PRIOR = 4 /* with the decoder alone: the prior as well */
};

struct spectral_graph {
    struct net *net;
    struct node *y;             /* input [batch, rows, stride x features]: standardised levels, frame after frame */
    struct node *mean;          /* [batch, rows, latent] */
    struct node *logvar;        /* [latent] */
    struct node *eps;           /* input of the whole */
    struct node *z;             /* an input when there is only the decoder */
    struct node *out;           /* as y */
    struct node *prior, *scale; /* p(z_t | past) = N(prior, e^(2 scale)): as mean; [latent] */
    struct node *distance, *kl; /* losses: minimised is distance + beta kl */
};

/* A graph over rows latent frames of up to batch clips. Not planned yet; what
 * its distance goes by is set by net_spectral_loss_set, beta, 0 so far, by net_loss of kl. */
struct spectral_graph spectral_build(const struct spectral *shape, int parts, struct params *store, int batch, int rows,
                                     struct pool *pool);

/* Latent frames before one that its decoding depends on. */
enum { SPECTRAL_CONTEXT = 4 };

#endif
