/* Shapes that layers refuse: no node, a reason that names the layer, and a
 * plan that fails for the first reason. */
#include <stdint.h>

#include "check.h"
#include "graph.h"

/* The leaves that every case finds. */
struct given {
    struct net *net;
    struct node *x;              /* [batch, 3, 10] */
    struct node *other;          /* [batch, 2, 10] */
    struct node *shorter;        /* [batch, 3, 9] */
    struct node *wave;           /* [batch, 1, 30] */
    struct node *w;              /* parameter [4, 3, 5] */
    struct node *v;              /* parameter [3, 4, 5] */
    struct node *b;              /* parameter [4] */
    struct node *c3;             /* parameters [3] */
    struct node *mean, *trained; /* [3], a statistic and a parameter */
    struct node *made;           /* [batch, 1, 30], an input whose gradient is wanted */
};

#define REFUSE(name, expression) \
    static struct node *name(const struct given *g) { return expression; }

static const struct conv plain = {1, 1, 0, 0};

REFUSE(conv_channels, net_conv1d(g->net, g->other, g->w, g->b, plain))
REFUSE(conv_short, net_conv1d(g->net, g->x, g->w, g->b, (struct conv){1, 3, 1, 1}))
REFUSE(conv_stride, net_conv1d(g->net, g->x, g->w, g->b, (struct conv){0, 1, 0, 0}))
REFUSE(conv_dilation, net_conv1d(g->net, g->x, g->w, g->b, (struct conv){1, 0, 0, 0}))
REFUSE(conv_pad, net_conv1d(g->net, g->x, g->w, g->b, (struct conv){1, 1, -1, 0}))
REFUSE(conv_bias, net_conv1d(g->net, g->x, g->w, g->c3, plain))
REFUSE(up_channels, net_conv1d_transpose(g->net, g->other, g->v, g->b, plain))
REFUSE(up_cut, net_conv1d_transpose(g->net, g->x, g->v, g->b, (struct conv){1, 1, 7, 7}))
REFUSE(up_stride, net_conv1d_transpose(g->net, g->x, g->v, g->b, (struct conv){0, 1, 0, 0}))
REFUSE(up_bias, net_conv1d_transpose(g->net, g->x, g->v, g->c3, plain))
REFUSE(dense_size, net_dense(g->net, g->x, g->w, g->b))
REFUSE(instance_gamma, net_instance_norm(g->net, g->x, g->b, g->c3, 1e-3f))
REFUSE(instance_beta, net_instance_norm(g->net, g->x, g->c3, g->b, 1e-3f))
REFUSE(instance_epsilon, net_instance_norm(g->net, g->x, g->c3, g->c3, 0))
REFUSE(batch_gamma, net_batch_norm(g->net, g->x, g->b, g->c3, NULL, NULL, 0.9f, 1e-3f))
REFUSE(batch_one, net_batch_norm(g->net, g->x, g->c3, g->c3, g->mean, NULL, 0.9f, 1e-3f))
REFUSE(batch_trained, net_batch_norm(g->net, g->x, g->c3, g->c3, g->mean, g->trained, 0.9f, 1e-3f))
REFUSE(batch_momentum, net_batch_norm(g->net, g->x, g->c3, g->c3, NULL, NULL, 1.5f, 1e-3f))
REFUSE(given_gamma, net_batch_norm_inference(g->net, g->other, g->c3, g->c3, NULL, NULL, 1e-3f))
REFUSE(given_trained, net_batch_norm_inference(g->net, g->x, g->c3, g->c3, g->trained, NULL, 1e-3f))
REFUSE(given_epsilon, net_batch_norm_inference(g->net, g->x, g->c3, g->c3, NULL, NULL, -1))
REFUSE(layer_gamma, net_layer_norm(g->net, g->other, g->c3, g->c3, 1e-3f))
REFUSE(layer_epsilon, net_layer_norm(g->net, g->x, g->c3, g->c3, NAN))
REFUSE(leaky_slope, net_leaky_relu(g->net, g->x, NAN))
REFUSE(relu_param, net_relu(g->net, g->w))
REFUSE(snake_channels, net_snake(g->net, g->x, g->b))
REFUSE(snake_input, net_snake(g->net, g->x, g->x))
REFUSE(add_time, net_add(g->net, g->x, g->shorter))
REFUSE(add_channels, net_add(g->net, g->x, g->other))
REFUSE(channels_many, net_channels(g->net, g->x, 1, 3))
REFUSE(channels_before, net_channels(g->net, g->x, -1, 2))
REFUSE(channels_none, net_channels(g->net, g->x, 1, 0))
REFUSE(reshape_size, net_reshape(g->net, g->x, 5, 5))
REFUSE(shift_shape, net_reparameterize(g->net, g->x, g->x, g->shorter))
REFUSE(kl_shape, net_kl(g->net, g->x, g->other))
REFUSE(draw_shape, net_kl_draw(g->net, g->x, g->x, g->shorter))
REFUSE(logits_shape, net_bce_logits(g->net, g->x, g->shorter))
REFUSE(bce_shape, net_bce(g->net, g->x, g->other))
REFUSE(mse_shape, net_mse(g->net, g->x, g->other))
REFUSE(stft_channels, net_stft_loss(g->net, g->x, g->x, (struct stft_loss){8, 2, 1e-3f, 1, 1, 1}))
REFUSE(stft_shape, net_stft_loss(g->net, g->wave, g->other, (struct stft_loss){8, 2, 1e-3f, 1, 1, 1}))
REFUSE(stft_size, net_stft_loss(g->net, g->wave, g->wave, (struct stft_loss){1, 2, 1e-3f, 1, 1, 1}))
REFUSE(stft_hop, net_stft_loss(g->net, g->wave, g->wave, (struct stft_loss){8, 0, 1e-3f, 1, 1, 1}))
REFUSE(stft_offset, net_stft_loss(g->net, g->wave, g->wave, (struct stft_loss){8, 2, 0, 1, 1, 1}))
REFUSE(stft_target, net_stft_loss(g->net, g->wave, g->made, (struct stft_loss){8, 2, 1e-3f, 1, 1, 1}))
REFUSE(input_empty, net_input(g->net, "input", 0, 5))

static const struct {
    const char *what, *word;
    struct node *(*build)(const struct given *g);
} cases[] = {
    {"conv1d: channels", "conv1d", conv_channels}, {"conv1d: too short", "conv1d", conv_short},
    {"conv1d: stride 0", "conv1d", conv_stride}, {"conv1d: dilation 0", "conv1d", conv_dilation},
    {"conv1d: padding below 0", "conv1d", conv_pad}, {"conv1d: bias", "conv1d", conv_bias},
    {"conv1d_transpose: channels", "conv1d_transpose", up_channels},
    {"conv1d_transpose: nothing left", "conv1d_transpose", up_cut},
    {"conv1d_transpose: stride 0", "conv1d_transpose", up_stride},
    {"conv1d_transpose: bias", "conv1d_transpose", up_bias}, {"dense: size", "dense", dense_size},
    {"instance_norm: gamma", "instance_norm", instance_gamma},
    {"instance_norm: beta", "instance_norm", instance_beta},
    {"instance_norm: epsilon 0", "instance_norm", instance_epsilon},
    {"batch_norm: gamma", "batch_norm", batch_gamma},
    {"batch_norm: mean without var", "batch_norm", batch_one},
    {"batch_norm: trained var", "batch_norm", batch_trained},
    {"batch_norm: momentum 1.5", "batch_norm", batch_momentum},
    {"batch_norm_inference: channels", "batch_norm_inference", given_gamma},
    {"batch_norm_inference: trained mean", "batch_norm_inference", given_trained},
    {"batch_norm_inference: epsilon below 0", "batch_norm_inference", given_epsilon},
    {"layer_norm: channels", "layer_norm", layer_gamma},
    {"layer_norm: epsilon NaN", "layer_norm", layer_epsilon},
    {"leaky_relu: slope NaN", "leaky_relu", leaky_slope}, {"relu: of a parameter", "relu", relu_param},
    {"snake: channels", "snake", snake_channels}, {"snake: a is an input", "snake", snake_input},
    {"add: time", "add", add_time}, {"add: channels", "add", add_channels},
    {"channels: too many", "channels", channels_many},
    {"channels: before the first", "channels", channels_before},
    {"channels: none", "channels", channels_none}, {"reshape: size", "reshape", reshape_size},
    {"reparameterize: shape", "reparameterize", shift_shape}, {"kl: shape", "kl", kl_shape},
    {"kl_draw: shape", "kl_draw", draw_shape}, {"bce_logits: shape", "bce_logits", logits_shape},
    {"bce: shape", "bce", bce_shape}, {"mse: shape", "mse", mse_shape},
    {"stft_loss: channels", "stft_loss", stft_channels}, {"stft_loss: shape", "stft_loss", stft_shape},
    {"stft_loss: frames of 1", "stft_loss", stft_size}, {"stft_loss: hop 0", "stft_loss", stft_hop},
    {"stft_loss: offset 0", "stft_loss", stft_offset},
    {"stft_loss: target with a gradient", "stft_loss", stft_target},
    {"input: no channels", "input", input_empty},
};

static struct node *param(struct net *net, const char *name, int rank, const int64_t *shape)
{
    return net_param(net, name, rank, shape, INIT_ZERO);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct params *store = params_new();
        struct net *net = net_new(store, 2, NULL);
        struct given g = {.net = net};
        char why[256];
        struct node *n;

        g.x = net_input(net, "x", 3, 10);
        g.other = net_input(net, "other", 2, 10);
        g.shorter = net_input(net, "shorter", 3, 9);
        g.wave = net_input(net, "wave", 1, 30);
        g.w = param(net, "w", 3, (int64_t[]){4, 3, 5});
        g.v = param(net, "v", 3, (int64_t[]){3, 4, 5});
        g.b = param(net, "b", 1, (int64_t[]){4});
        g.c3 = param(net, "c3", 1, (int64_t[]){3});
        g.trained = param(net, "trained", 1, (int64_t[]){3});
        g.mean = net_statistic(net, "mean", 1, (int64_t[]){3}, INIT_ZERO);
        g.made = net_input(net, "made", 1, 30);
        net_want(g.made);
        n = cases[i].build(&g);
        snprintf(why, sizeof why, "%s", error_text());
        check(!n && strstr(why, cases[i].word) && net_plan(net, 1, true) < 0 && !strcmp(error_text(), why),
              "refused: %s (%s)", cases[i].what, n ? "no" : why);
        net_free(net);
        params_free(store);
    }
    return check_done();
}
