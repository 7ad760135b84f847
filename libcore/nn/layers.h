/* The layers and losses: what they compute, and from where. x is
 * [batch, channels, time] throughout; per-channel parameters are [channels]. */
#ifndef NN_LAYERS_H
#define NN_LAYERS_H

#include "nn/net.h"

/* ---- convolutions (conv.c) ---- */

struct conv {
    int stride;              /* >= 1 */
    int dilation;            /* >= 1 */
    int pad_left, pad_right; /* zeros around x (conv; pad_right < 0 leaves the end of x out), samples cut off y (transposed) */
};

/* y[o][t] = b[o] + sum over i, k of w[o][i][k] x[i][t stride + k dilation - pad_left].
 * w [out, in, tap], b [out] or NULL. Cross-correlation, as in Keras and PyTorch. */
struct node *net_conv1d(struct net *net, struct node *x, struct node *w, struct node *b, struct conv c);

/* y[o][t stride + k dilation - pad_left] += w[i][o][k] x[i][t], cut to
 * (time - 1) stride + (taps - 1) dilation + 1 - pad_left - pad_right samples.
 * w [in, out, tap], b [out] or NULL. */
struct node *net_conv1d_transpose(struct net *net, struct node *x, struct node *w, struct node *b, struct conv c);

/* Geometry by name: 'same' gives ceil(time / stride) outputs, the odd pad on
 * the right, as TensorFlow; 'causal' pads (taps - 1) dilation + 1 - stride (not below 0) on the left. */
struct conv conv_same(int time, int taps, int stride, int dilation);
struct conv conv_valid(int stride, int dilation);
struct conv conv_causal(int taps, int stride, int dilation);
/* 'same' transposed: time x stride outputs. */
struct conv conv_transpose_same(int taps, int stride);

/* y = x w + b over the flattened clip [channels x time]; w [in, out], b [out] or NULL; y [batch, out, 1]. */
struct node *net_dense(struct net *net, struct node *x, struct node *w, struct node *b);

/* ---- norms (norm.c): y = gamma (x - mean) / sqrt(var + epsilon) + beta ---- */

/* mean and var of each clip and channel over time (Ulyanov et al. 2016). */
struct node *net_instance_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta, float epsilon);
/* mean and var of each channel over batch and time (Ioffe and Szegedy 2015): the training form. running_mean and
 * running_var (statistics, or both NULL) are moved by each net_backward: r += (1 - momentum) (batch's - r). */
struct node *net_batch_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                            struct node *running_mean, struct node *running_var, float momentum, float epsilon);
/* The inference form: mean and var are given (statistics); NULL stands for 0 and 1. */
struct node *net_batch_norm_inference(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                                      struct node *mean, struct node *var, float epsilon);
/* mean and var over the channels of each clip and time (Ba et al. 2016). */
struct node *net_layer_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta, float epsilon);

/* ---- activations (activation.c), value by value ---- */

struct node *net_relu(struct net *net, struct node *x);
struct node *net_leaky_relu(struct net *net, struct node *x, float slope);
struct node *net_sigmoid(struct net *net, struct node *x);
struct node *net_tanh(struct net *net, struct node *x);
struct node *net_silu(struct net *net, struct node *x);      /* x sigmoid(x) */
struct node *net_gelu(struct net *net, struct node *x);      /* x Phi(x), by erf */
struct node *net_softplus(struct net *net, struct node *x);  /* log(1 + e^x) */
struct node *net_elu(struct net *net, struct node *x);       /* x or e^x - 1 */
struct node *net_exp(struct net *net, struct node *x);
struct node *net_snake(struct net *net, struct node *x, struct node *a); /* x + sin(a x)^2 / a, a [channels] (Ziyin et al. 2020) */

/* min(max(x + offset, low), high); no gradient where a bound is active. */
struct node *net_clamp(struct net *net, struct node *x, float offset, float low, float high);

/* ---- shaping (shape.c) ---- */

/* a + b; b may have one channel, which is added to every channel of a. */
struct node *net_add(struct net *net, struct node *a, struct node *b);
/* Channels first .. first + count - 1 of x. */
struct node *net_channels(struct net *net, struct node *x, int first, int count);
/* The same values as [batch, channels, time] of another shape, equal product. */
struct node *net_reshape(struct net *net, struct node *x, int channels, int time);

/* ---- the variational part (gauss.c) ---- */

/* z = mean + exp(logvar / 2) eps (Kingma and Welling 2014); all [batch, channels, time], eps an input. */
struct node *net_reparameterize(struct net *net, struct node *mean, struct node *logvar, struct node *eps);
/* The same on plain arrays: draw holds eps on entry, z on return. */
void posterior_draw(float *draw, const float *mean, const float *logvar, size_t count);
/* KL(N(mean, e^logvar) || N(0, 1)) in closed form, summed over a clip, mean over the batch. One value. */
struct node *net_kl(struct net *net, struct node *mean, struct node *logvar);
/* The one-draw estimate: log N(z; mean, e^logvar) - log N(z; 0, 1), summed over a clip, mean over the batch. */
struct node *net_kl_draw(struct net *net, struct node *z, struct node *mean, struct node *logvar);

/* KL(N(mean, e^logvar) || N(prior, e^(2 scale))) summed over channels, mean over batch and time: with scale one value
 * a channel, scale - logvar/2 + (e^logvar + (mean - prior)^2) e^(-2 scale) / 2 - 1/2. One value. */
struct node *net_kl_prior(struct net *net, struct node *mean, struct node *logvar, struct node *prior,
                          struct node *scale);

/* ---- losses against a target of the same shape; one value (loss.c, loss_stft.c) ---- */

/* -[t log s(l) + (1 - t) log(1 - s(l))], s the sigmoid, as max(l,0) - l t + log(1 + e^-|l|): summed over a clip, mean over the batch. */
struct node *net_bce_logits(struct net *net, struct node *logit, struct node *target);
/* Keras' binary_crossentropy on probabilities: p = clip(x, c, 1-c), c = 1e-7, mean over all values of
 * -(t log(p+c) + (1-t) log(1-p+c)); no gradient where the clip is active. */
struct node *net_bce(struct net *net, struct node *x, struct node *target);
struct node *net_mse(struct net *net, struct node *x, struct node *target);   /* mean over all values */

/* Distance of standardised log magnitudes, in both domains: with Y = sd y + mean per channel,
 * mean |y - t| + mean |e^min(Y, top) - e^T| / mean e^T, over batch, channels and time. mean, sd [channels], statistics;
 * no gradient of the second term where top is active. One value. */
struct node *net_spectral_loss(struct net *net, struct node *y, struct node *target, struct node *mean, struct node *sd,
                               float top);
void net_spectral_loss_top(struct node *loss, float top);   /* sets top, known only once the data are */

struct stft_loss {
    int fft, hop;            /* periodic Hann window of fft samples, centred frames, reflected edges */
    float log_offset;        /* in log(|X| + offset) */
    float linear, log, convergence; /* weights of mean ||X|-|Y||, mean |log|X| - log|Y||, ||X|-|Y||_F / ||Y||_F over the whole batch */
};
/* Distance of STFT magnitudes, with its gradient (Yamamoto et al. 2020). x, target [batch, 1, samples]; Y is the target's. */
struct node *net_stft_loss(struct net *net, struct node *x, struct node *target, struct stft_loss how);

#endif
