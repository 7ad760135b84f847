/* Shapes that layers refuse: no node, a reason that names the layer, and a
 * plan that fails for the first reason. */
#include <stdint.h>

#include "check.h"
#include "graph.h"

/* The leaves that every case finds. */
struct given {
    struct net *net;
    struct node *x;       /* [batch, 3, 1] */
    struct node *other;   /* [batch, 2, 1] */
    struct node *rows;    /* [batch, 10, 3] */
    struct node *shorter; /* [batch, 9, 3] */
    struct node *made;    /* [batch, 10, 3], an input whose gradient is wanted */
    struct node *w;       /* parameter [4, 3, 5] */
    struct node *v;       /* parameter [3, 4, 5] */
    struct node *b;       /* parameter [4] */
    struct node *c3;      /* parameter [3] */
    struct node *flat;    /* parameter [3, 2] */
};

#define REFUSE(name, expression) \
    static struct node *name(const struct given *g) \
    { \
        return expression; \
    }

REFUSE(conv_channels, net_conv1d(g->net, g->other, g->w, g->b))
REFUSE(conv_time, net_conv1d(g->net, g->shorter, g->w, g->b))
REFUSE(conv_bias, net_conv1d(g->net, g->x, g->w, g->c3))
REFUSE(up_channels, net_conv1d_transpose(g->net, g->other, g->v, g->b))
REFUSE(up_time, net_conv1d_transpose(g->net, g->shorter, g->v, g->b))
REFUSE(up_bias, net_conv1d_transpose(g->net, g->x, g->v, g->c3))
REFUSE(dense_size, net_dense(g->net, g->rows, g->w, g->b))
REFUSE(linear_values, net_linear(g->net, g->rows, g->b, NULL))
REFUSE(linear_bias, net_linear(g->net, g->rows, g->w, g->b))
REFUSE(past_none, net_past(g->net, g->rows, 0, 1))
REFUSE(beside_rows, net_beside(g->net, g->rows, g->shorter))
REFUSE(past_ahead, net_past(g->net, g->rows, 2, -1))
REFUSE(instance_gamma, net_instance_norm(g->net, g->x, g->b, g->c3, 1e-3f))
REFUSE(instance_beta, net_instance_norm(g->net, g->x, g->c3, g->flat, 1e-3f))
REFUSE(instance_epsilon, net_instance_norm(g->net, g->x, g->c3, g->c3, 0))
REFUSE(instance_time, net_instance_norm(g->net, net_input(g->net, "longer", 3, 2), g->c3, g->c3, 1e-3f))
REFUSE(given_gamma, net_batch_norm_inference(g->net, g->other, g->c3, g->c3, 1e-3f))
REFUSE(given_epsilon, net_batch_norm_inference(g->net, g->x, g->c3, g->c3, NAN))
REFUSE(leaky_slope, net_leaky_relu(g->net, g->x, NAN))
REFUSE(relu_param, net_relu(g->net, g->w))
REFUSE(add_time, net_add(g->net, g->x, g->rows))
REFUSE(add_channels, net_add(g->net, g->rows, g->shorter))
REFUSE(channels_many, net_channels(g->net, g->x, 1, 3))
REFUSE(channels_before, net_channels(g->net, g->x, -1, 2))
REFUSE(channels_none, net_channels(g->net, g->x, 1, 0))
REFUSE(shift_shape, net_reparameterize(g->net, g->x, g->x, g->other))
REFUSE(kl_draw_shape, net_kl_draw(g->net, g->x, g->x, g->other))
REFUSE(draw_logvar, net_draw(g->net, g->rows, g->b, g->rows))
REFUSE(draw_rows, net_draw(g->net, g->rows, g->rows, g->rows))
REFUSE(draw_eps, net_draw(g->net, g->rows, g->c3, g->shorter))
REFUSE(draw_made, net_draw(g->net, g->rows, g->c3, g->made))
REFUSE(prior_logvar, net_kl_prior(g->net, g->rows, g->flat, g->rows, g->c3))
REFUSE(prior_rows, net_kl_prior(g->net, g->rows, g->c3, g->shorter, g->c3))
REFUSE(prior_scale, net_kl_prior(g->net, g->rows, g->c3, g->rows, g->b))
REFUSE(logits_shape, net_bce_logits(g->net, g->x, g->other))
REFUSE(bce_shape, net_bce(g->net, g->x, g->other))
REFUSE(bce_target, net_bce(g->net, g->rows, g->made))
REFUSE(spectral_shape, net_spectral_loss(g->net, g->rows, g->shorter))
REFUSE(spectral_target, net_spectral_loss(g->net, g->rows, g->made))
REFUSE(input_empty, net_input(g->net, "input", 0, 5))

static const struct {
    const char *what, *word;
    struct node *(*build)(const struct given *g);
} cases[] = {
    {"conv1d: channels", "conv1d", conv_channels},
    {"conv1d: more than one sample", "conv1d", conv_time},
    {"conv1d: bias", "conv1d", conv_bias},
    {"conv1d_transpose: channels", "conv1d_transpose", up_channels},
    {"conv1d_transpose: more than one sample", "conv1d_transpose", up_time},
    {"conv1d_transpose: bias", "conv1d_transpose", up_bias},
    {"dense: size", "dense", dense_size},
    {"linear: weights", "linear", linear_values},
    {"linear: bias", "linear", linear_bias},
    {"past: no rows", "past", past_none},
    {"past: rows ahead", "past", past_ahead},
    {"beside: other rows", "beside", beside_rows},
    {"instance_norm: gamma", "instance_norm", instance_gamma},
    {"instance_norm: beta", "instance_norm", instance_beta},
    {"instance_norm: epsilon 0", "instance_norm", instance_epsilon},
    {"instance_norm: more than one sample", "instance_norm", instance_time},
    {"batch_norm_inference: channels", "batch_norm_inference", given_gamma},
    {"batch_norm_inference: epsilon NaN", "batch_norm_inference", given_epsilon},
    {"leaky_relu: slope NaN", "leaky_relu", leaky_slope},
    {"relu: of a parameter", "relu", relu_param},
    {"add: time", "add", add_time},
    {"add: channels", "add", add_channels},
    {"channels: too many", "channels", channels_many},
    {"channels: before the first", "channels", channels_before},
    {"channels: none", "channels", channels_none},
    {"reparameterize: shape", "reparameterize", shift_shape},
    {"kl_draw: shape", "kl_draw", kl_draw_shape},
    {"draw: logvar", "draw", draw_logvar},
    {"draw: logvar of rows", "draw", draw_rows},
    {"draw: noise", "draw", draw_eps},
    {"draw: noise with a gradient", "draw", draw_made},
    {"kl_prior: logvar", "kl_prior", prior_logvar},
    {"kl_prior: rows", "kl_prior", prior_rows},
    {"kl_prior: scale", "kl_prior", prior_scale},
    {"bce_logits: shape", "bce_logits", logits_shape},
    {"bce: shape", "bce", bce_shape},
    {"bce: target with a gradient", "bce", bce_target},
    {"spectral_loss: shape", "spectral_loss", spectral_shape},
    {"spectral_loss: target with a gradient", "spectral_loss", spectral_target},
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

        g.x = net_input(net, "x", 3, 1);
        g.other = net_input(net, "other", 2, 1);
        g.rows = net_input(net, "rows", 10, 3);
        g.shorter = net_input(net, "shorter", 9, 3);
        g.made = net_input(net, "made", 10, 3);
        g.w = param(net, "w", 3, (int64_t[]){4, 3, 5});
        g.v = param(net, "v", 3, (int64_t[]){3, 4, 5});
        g.b = param(net, "b", 1, (int64_t[]){4});
        g.c3 = param(net, "c3", 1, (int64_t[]){3});
        g.flat = param(net, "flat", 2, (int64_t[]){3, 2});
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
