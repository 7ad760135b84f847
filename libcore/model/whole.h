/* Networks over whole clips of one length, which they take as one step of as many channels as there are samples, and
 * which one latent each stands for: training, decoding and evaluation are the same for all of them. */
#ifndef MODEL_WHOLE_H
#define MODEL_WHOLE_H

#include "nn/net.h"

/* What such a network is. */
struct whole {
    const int *hidden; /* sizes inside, as many as it has */
    /* x [batch, samples, 1] to the posterior's means and log variances [batch, 2 latent, 1], z [batch, latent, 1] to
     * logits [batch, samples, 1]. */
    struct node *(*encoder)(struct net *net, struct node *x, const int *hidden, int latent);
    struct node *(*decoder)(struct net *net, struct node *z, const int *hidden, int samples);
    bool
        keras; /* Keras' cross entropy of the raw logits is minimised as well, with Keras' Adam; and files in its shapes */
};

enum {
    WHOLE_ENCODER = 1,
    WHOLE_DECODER = 2,
    WHOLE_ALL = 3,   /* both, joined by a draw, and the losses */
    WHOLE_SAMPLE = 4 /* the sigmoid of the logits as well */
};

/* What a graph of it holds; nodes that the parts asked for do not have are NULL. */
struct whole_graph {
    struct net *net;
    struct node *x;              /* input [batch, samples, 1] */
    struct node *mean, *logvar;  /* [batch, latent, 1] */
    struct node *eps;            /* input of the whole network */
    struct node *z;              /* an input when there is only the decoder */
    struct node *logit;          /* [batch, samples, 1] */
    struct node *sample;         /* its sigmoid: a generated clip */
    struct node *nll, *kl;       /* minimised is nll + kl = -ELBO, and with keras */
    struct node *reconstruction; /* that cross entropy */
};

/* Builds encoder, decoder or the whole with its losses over the store's parameters. Not planned yet. */
struct whole_graph whole_build(const struct whole *w, int samples, int latent, int parts, struct params *store,
                               int batch, struct pool *pool);

/* Puts a clip x, of at most as many samples as the network has, into place i of the input: zeros behind its end. */
void whole_input(const struct whole_graph *g, int i, const float *x, int64_t samples);

#endif
