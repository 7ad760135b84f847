/* The layers and losses: what they compute, and from where. x is [batch,
 * channels, time] unless it says rows; per-channel parameters are [channels]. */
#ifndef NN_LAYERS_H
#define NN_LAYERS_H

#include "nn/net.h"

/* ---- over one sample (conv.c): x is [batch, channels, 1] ---- */

/* What a convolution with 'same' padding does to a sequence of one sample: tap k = (taps - 1) / 2 alone meets it,
 * y[o] = b[o] + sum over i of w[o][i][k] x[i]. w [out, in, tap], b [out] or NULL. */
struct node *net_conv1d(struct net *net, struct node *x, struct node *w, struct node *b);
/* The same transposed: w [in, out, tap]. */
struct node *net_conv1d_transpose(struct net *net, struct node *x, struct node *w, struct node *b);
/* y = x w + b over the flattened clip [channels x time]; w [in, out], b [out] or NULL; y [batch, out, 1]. */
struct node *net_dense(struct net *net, struct node *x, struct node *w, struct node *b);

/* ---- rows (linear.c): x is [batch, rows, values] ---- */

/* Every row through one matrix: y = x w' + b. w [out, in], of any rank with that many values; b as many as out, or NULL. */
struct node *net_linear(struct net *net, struct node *x, struct node *w, struct node *b);
/* Row t beside the ones before it: rows t - lag - taps + 1 .. t - lag of x, the oldest first, zeros before the first. */
struct node *net_past(struct net *net, struct node *x, int taps, int lag);
/* Rows of a and of b beside each other: [batch, rows, values of a + values of b]. */
struct node *net_beside(struct net *net, struct node *a, struct node *b);

/* ---- norms over one sample (norm.c): y = gamma (x - mean) / sqrt(var + epsilon) + beta ---- */

/* mean and var of each clip and channel over time (Ulyanov et al. 2016): over one sample y = beta. */
struct node *net_instance_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta, float epsilon);
/* Batch norm's inference form with the statistics that it begins with, mean 0 and var 1. */
struct node *net_batch_norm_inference(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                                      float epsilon);

/* ---- activations (activation.c), value by value ---- */

struct node *net_relu(struct net *net, struct node *x);
struct node *net_leaky_relu(struct net *net, struct node *x, float slope);
struct node *net_sigmoid(struct net *net, struct node *x);
struct node *net_silu(struct net *net, struct node *x); /* x sigmoid(x) */

/* ---- shaping (shape.c) ---- */

/* a + b; b may have one channel, which is added to every channel of a. */
struct node *net_add(struct net *net, struct node *a, struct node *b);
/* Channels first .. first + count - 1 of x. */
struct node *net_channels(struct net *net, struct node *x, int first, int count);

/* ---- the variational part (gauss.c) ---- */

/* z = mean + exp(logvar / 2) eps (Kingma and Welling 2014); all [batch, channels, time], eps an input. */
struct node *net_reparameterize(struct net *net, struct node *mean, struct node *logvar, struct node *eps);
/* The same on plain arrays: draw holds eps on entry, z on return. */
void posterior_draw(float *draw, const float *mean, const float *logvar, size_t count);
/* The one-draw estimate: log N(z; mean, e^logvar) - log N(z; 0, 1), summed over a clip, mean over the batch. */
struct node *net_kl_draw(struct net *net, struct node *z, struct node *mean, struct node *logvar);

/* The same two over rows: mean, prior, eps [batch, rows, latent], logvar and scale one number a dimension [latent].
 * z = mean + exp(logvar / 2) eps. */
struct node *net_draw(struct net *net, struct node *mean, struct node *logvar, struct node *eps);
/* KL(N(mean, e^logvar) || N(prior, e^(2 scale))) summed over dimensions, mean over batch and rows:
 * scale - logvar/2 + (e^logvar + (mean - prior)^2) e^(-2 scale) / 2 - 1/2. One value. */
struct node *net_kl_prior(struct net *net, struct node *mean, struct node *logvar, struct node *prior,
                          struct node *scale);

/* ---- losses against a target of the same shape; one value (loss.c, loss_spectral.c) ---- */

/* -[t log s(l) + (1 - t) log(1 - s(l))], s the sigmoid, as max(l,0) - l t + log(1 + e^-|l|): summed over a clip, mean over the batch. */
struct node *net_bce_logits(struct net *net, struct node *logit, struct node *target);
/* Keras' binary_crossentropy on probabilities: p = clip(x, c, 1-c), c = 1e-7, mean over all values of
 * -(t log(p+c) + (1-t) log(1-p+c)); no gradient where the clip is active. */
struct node *net_bce(struct net *net, struct node *x, struct node *target);

/* Distance of log magnitudes in log and in linear terms, for y and target of [batch, rows, values], a row being whole frames of
 * as many channels as mean has. y and target are (level - mean) / scale. With Y = scale y + mean:
 *     mean |y - t|, where y and t do not both lie at the floor (to 1e-4, for standardising rounds) or under it,
 *   + weight x mean |e^min(Y, top) - e^T| / mean e^T.
 * No gradient of the first term where both are under the floor, of the second where top is active. One value. */
struct spectral_loss {
    const float *mean; /* [channels] natural logarithms of magnitudes */
    int channels;
    float scale, floor, top; /* floor and top as Y */
    float weight;
};
struct node *net_spectral_loss(struct net *net, struct node *y, struct node *target);
void net_spectral_loss_set(struct node *loss, struct spectral_loss how);            /* before the first forward */
void net_spectral_loss_terms(const struct node *loss, double *log, double *linear); /* of the last forward */

#endif
