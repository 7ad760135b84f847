/* The network 'notebook': a residual VAE over clips taken as one time step of
 * as many channels as they have samples, quirks included (see cv-model(5)). */
#ifndef MODEL_NOTEBOOK_H
#define MODEL_NOTEBOOK_H

#include "nn/net.h"

struct notebook {
    int samples, latent;
    int encoder[4]; /* channels, and kernel sizes of the residual blocks */
    int decoder[4];
};

enum {
    NOTEBOOK_ENCODER = 1,
    NOTEBOOK_DECODER = 2,
    NOTEBOOK_ALL = 3,   /* both, joined by a draw, and the losses */
    NOTEBOOK_SAMPLE = 4 /* the sigmoid of the logits as well */
};

/* The preset: 64, 128, 128, 256 and 512, 256, 128, 64. */
struct notebook notebook_preset(int samples, int latent);

/* What a graph of it holds; nodes that the parts asked for do not have are NULL. */
struct notebook_graph {
    struct net *net;
    struct node *x;              /* input [batch, samples, 1]: a clip is one step of many channels */
    struct node *mean, *logvar;  /* [batch, latent, 1] */
    struct node *eps;            /* input of the whole network */
    struct node *z;              /* an input when there is only the decoder */
    struct node *logit;          /* [batch, samples, 1] */
    struct node *sample;         /* its sigmoid: a generated clip */
    struct node *nll, *kl;       /* loss_KL = nll + kl = -ELBO */
    struct node *reconstruction; /* Keras' binary cross entropy of the raw logits */
};

/* Builds encoder, decoder or the whole with its losses over the store's
 * parameters. Not planned yet. */
struct notebook_graph notebook_build(const struct notebook *shape, int parts, struct params *store, int batch,
                                     struct pool *pool);

/* Puts a clip x, of at most as many samples as the network has, into place i of the input: zeros behind its end. */
void notebook_input(const struct notebook_graph *g, int i, const float *x, int64_t samples);

/* Keras keeps kernels as (tap, in, out), transposed ones as (tap, out, in):
 * the axes of ours in reverse order. Shape of parameter q as Keras has it
 * (rank q->rank), and the values copied in either direction. */
void keras_shape(const struct param *q, int64_t *shape);
void keras_export(const struct param *q, const float *ours, float *keras);
void keras_import(const struct param *q, const float *keras, float *ours);

#endif
