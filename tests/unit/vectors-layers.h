/* One-layer graphs from the meta of a reference case. */
#ifndef TESTS_VECTORS_LAYERS_H
#define TESTS_VECTORS_LAYERS_H

#include <stdint.h>

#include "dsp/stft.h"
#include "nn/layers.h"
#include "vectors.h"

enum { LEAVES_MAX = 8 };

/* Something the layer reads: an input or a parameter, with its values. */
struct leaf {
    const char *name;
    struct node *node;
    const struct tensor *values;
};

struct vcase {
    const struct kept *frame;
    struct verdict v;
    struct params *store;
    struct net *net;
    struct leaf leaves[LEAVES_MAX];
    int leaf_count;
    struct node *y;
    bool is_loss;
    double gradient_limit;
    struct node *parts[3];       /* terms of a loss that the meta gives apart */
    const char *part_names[3];
};

/* ---- what a case's meta says ---- */

static int meta_number(struct vcase *c, const char *key, int otherwise)
{
    int64_t value = otherwise;

    if (meta_get(c->frame->meta, key) &&
        (!meta_get_int(c->frame->meta, key, &value) || labs(value) > 1 << 24))
        verdict_fail(&c->v, "meta '%s' is not a usable integer", key);
    return (int)value;
}

static float meta_value(struct vcase *c, const char *key, double otherwise)
{
    double value = otherwise;

    if (meta_get(c->frame->meta, key) && !meta_get_real(c->frame->meta, key, &value))
        verdict_fail(&c->v, "meta '%s' is not a number", key);
    return (float)value;
}

/* A setting that has to be the one thing this program knows, where it is given. */
static void meta_expect(struct vcase *c, const char *key, const char *wanted)
{
    const char *text = wanted;

    if (meta_get(c->frame->meta, key) && (!meta_get_text(c->frame->meta, key, &text) || strcmp(text, wanted)))
        verdict_fail(&c->v, "meta '%s' is '%s': only '%s' is known", key, text, wanted);
}

/* ---- leaves ---- */

/* The first of the names (ended by NULL) that the frame has; otherwise a failure unless optional. */
static const struct tensor *leaf_values(struct vcase *c, const char *const *names, bool optional,
                                        const char **found)
{
    const struct tensor *t;

    for (int i = 0; names[i]; i++)
        if ((t = kept_get(c->frame, names[i]))) {
            *found = names[i];
            return t;
        }
    if (!optional)
        verdict_fail(&c->v, "there is no tensor '%s'", names[0]);
    return NULL;
}

static struct node *leaf_add(struct vcase *c, const char *name, struct node *node,
                             const struct tensor *values)
{
    if (!node)
        verdict_fail(&c->v, "%s", error_text());
    else if (c->leaf_count < LEAVES_MAX)
        c->leaves[c->leaf_count++] = (struct leaf){name, node, values};
    return node;
}

static bool has_gradient(const struct vcase *c, const char *name)
{
    char gradient[64];

    snprintf(gradient, sizeof gradient, "d%s", name);
    for (size_t i = 0; i < c->frame->count; i++)
        if (!strcmp(c->frame->tensors[i].name, gradient))
            return true;
    return false;
}

/* An activation [batch, channels, time]; of rank 2 [batch, channels], or [batch, time] where in_time. */
static struct node *input_leaf(struct vcase *c, const char *const *names, bool in_time)
{
    const char *name;
    const struct tensor *t = leaf_values(c, names, false, &name);
    struct node *node;

    if (!t)
        return NULL;
    if (t->rank < 2 || t->rank > 3 || tensor_count(t) < 1 || tensor_count(t) > 1 << 28) {
        verdict_fail(&c->v, "tensor '%s' of rank %d is not an activation", name, t->rank);
        return NULL;
    }
    if (!c->net)
        c->net = net_new(c->store, (int)t->shape[0], NULL);
    if (t->shape[0] != net_batch(c->net)) {
        verdict_fail(&c->v, "tensor '%s' has another batch size", name);
        return NULL;
    }
    if (t->rank == 3)
        node = net_input(c->net, name, (int)t->shape[1], (int)t->shape[2]);
    else
        node = net_input(c->net, name, in_time ? 1 : (int)t->shape[1], in_time ? (int)t->shape[1] : 1);
    if (node && has_gradient(c, name))
        net_want(node);
    return leaf_add(c, name, node, t);
}

/* After the first input. */
static struct node *stored_leaf(struct vcase *c, const char *const *names, bool optional, bool trainable)
{
    const char *name;
    const struct tensor *t = leaf_values(c, names, optional, &name);
    struct node *node;

    if (!t || !c->net)
        return NULL;
    if (t->rank < 1 || t->rank > PARAM_RANK_MAX || tensor_count(t) < 1) {
        verdict_fail(&c->v, "tensor '%s' of rank %d is not a parameter", name, t->rank);
        return NULL;
    }
    node = trainable ? net_param(c->net, name, t->rank, t->shape, INIT_ZERO)
                     : net_statistic(c->net, name, t->rank, t->shape, INIT_ZERO);
    return leaf_add(c, name, node, t);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PARAM(...) stored_leaf(c, NAMES(__VA_ARGS__), false, true)
#define OPTIONAL_PARAM(...) stored_leaf(c, NAMES(__VA_ARGS__), true, true)
#define STATISTIC(...) stored_leaf(c, NAMES(__VA_ARGS__), true, false)
#define INPUT(...) input_leaf(c, NAMES(__VA_ARGS__), false)
#define SIGNAL(...) input_leaf(c, NAMES(__VA_ARGS__), true)

/* ---- builders: true when the op is one of theirs ---- */

/* Geometry from the numbers; what they leave open, from the name of the padding. */
static struct conv geometry(struct vcase *c, const struct node *x, const struct node *w, bool transposed)
{
    int stride = meta_number(c, "stride", 1), dilation = meta_number(c, "dilation", 1);
    int taps = w ? w->shape[2] : 1, kernel = meta_number(c, "kernel", taps);
    struct conv g = conv_valid(stride, dilation);
    const char *padding = "valid";

    if (kernel != taps)
        verdict_fail(&c->v, "meta 'kernel' is %d, the weights have %d taps", kernel, taps);
    if (stride < 1 || dilation < 1) {
        verdict_fail(&c->v, "stride %d, dilation %d", stride, dilation);
        return conv_valid(1, 1);
    }
    meta_get_text(c->frame->meta, "padding", &padding);
    if (!strcmp(padding, "same"))
        g = transposed ? conv_transpose_same((taps - 1) * dilation + 1, stride)
                       : conv_same(x ? x->shape[2] : 1, taps, stride, dilation);
    else if (!strcmp(padding, "causal") && !transposed)
        g = conv_causal(taps, stride, dilation);
    else if (!strcmp(padding, "causal"))     /* what sees the future is cut off the end */
        g.pad_right = (taps - 1) * dilation + 1 > stride ? (taps - 1) * dilation + 1 - stride : 0;
    else if (strcmp(padding, "valid") && !meta_get(c->frame->meta, transposed ? "crop_left" : "pad_left"))
        verdict_fail(&c->v, "padding '%s' is not known", padding);
    g.dilation = dilation;
    g.pad_left = meta_number(c, transposed ? "crop_left" : "pad_left", g.pad_left);
    g.pad_right = meta_number(c, transposed ? "crop_right" : "pad_right", g.pad_right);
    return g;
}

static bool build_conv(struct vcase *c, const char *op)
{
    bool transposed = !strcmp(op, "conv1d_transpose");
    struct node *x, *w, *b;

    if (strcmp(op, "conv1d") && strcmp(op, "dense") && !transposed)
        return false;
    x = INPUT("x");
    w = PARAM("w");
    b = OPTIONAL_PARAM("b");
    if (!x || !w)
        return true;
    if (!strcmp(op, "dense"))
        c->y = net_dense(c->net, x, w, b);
    else if (transposed)
        c->y = net_conv1d_transpose(c->net, x, w, b, geometry(c, x, w, true));
    else
        c->y = net_conv1d(c->net, x, w, b, geometry(c, x, w, false));
    return true;
}

static bool build_norm(struct vcase *c, const char *op)
{
    float epsilon = meta_value(c, "epsilon", 1e-3), momentum = meta_value(c, "momentum", 0.99);
    struct node *x, *gamma, *beta, *mean, *var;
    bool training = true;

    if (strcmp(op, "instance_norm") && strcmp(op, "layer_norm") && strcmp(op, "batch_norm"))
        return false;
    x = INPUT("x");
    gamma = PARAM("gamma");
    beta = PARAM("beta");
    if (!x || !gamma || !beta)
        return true;
    if (!strcmp(op, "instance_norm"))
        c->y = net_instance_norm(c->net, x, gamma, beta, epsilon);
    else if (!strcmp(op, "layer_norm")) {
        meta_expect(c, "axis", "channels");
        c->y = net_layer_norm(c->net, x, gamma, beta, epsilon);
    } else {
        if (meta_get(c->frame->meta, "training") && !meta_get_bool(c->frame->meta, "training", &training))
            verdict_fail(&c->v, "meta 'training' is neither true nor false");
        mean = STATISTIC("mean", "moving_mean", "running_mean");
        var = STATISTIC("var", "variance", "moving_variance", "moving_var", "running_var",
                        "running_variance");
        if (training)
            c->y = net_batch_norm(c->net, x, gamma, beta, mean, var, momentum, epsilon);
        else
            c->y = net_batch_norm_inference(c->net, x, gamma, beta, mean, var, epsilon);
    }
    return true;
}

static bool build_activation(struct vcase *c, const char *op)
{
    static const struct {
        const char *op;
        struct node *(*build)(struct net *net, struct node *x);
    } known[] = {
        {"relu", net_relu}, {"sigmoid", net_sigmoid}, {"tanh", net_tanh}, {"silu", net_silu},
        {"swish", net_silu}, {"gelu", net_gelu}, {"gelu_erf", net_gelu}, {"softplus", net_softplus},
        {"elu", net_elu}, {"exp", net_exp},
    };
    static const char leaky[] = "leaky_relu";
    double slope = 0.2;
    char *end;

    if (!strncmp(op, leaky, strlen(leaky))) {
        const char *text = op + strlen(leaky);
        struct node *x = INPUT("x");

        slope = (double)meta_value(c, "slope", (double)meta_value(c, "alpha", slope));
        if (*text == '_') {
            slope = strtod(text + 1, &end);
            if (end == text + 1 || *end)
                verdict_fail(&c->v, "op '%s' does not end in a slope", op);
        } else if (*text) {
            return false;
        }
        if (x)
            c->y = net_leaky_relu(c->net, x, (float)slope);
        return true;
    }
    if (!strcmp(op, "snake")) {
        struct node *x = INPUT("x"), *a = PARAM("a", "alpha");

        if (x && a)
            c->y = net_snake(c->net, x, a);
        return true;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(op, known[i].op)) {
            struct node *x = INPUT("x");

            if (x)
                c->y = known[i].build(c->net, x);
            return true;
        }
    return false;
}

static bool is_one_of(const char *op, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(op, names[i]))
            return true;
    return false;
}

static bool build_gauss(struct vcase *c, const char *op)
{
    struct node *z = NULL, *mean, *logvar, *eps = NULL;
    bool draw = is_one_of(op, NAMES("kl_draw", "kl_monte_carlo")), shift = !strcmp(op, "reparameterize");

    if (!draw && !shift && !is_one_of(op, NAMES("kl", "kl_standard_normal")))
        return false;
    if (draw)
        z = INPUT("z");
    mean = INPUT("mean");
    logvar = INPUT("logvar");
    if (shift)
        eps = INPUT("eps");
    if (!mean || !logvar || (draw && !z) || (shift && !eps))
        return true;
    c->is_loss = !shift;
    c->y = shift ? net_reparameterize(c->net, mean, logvar, eps)
         : draw ? net_kl_draw(c->net, z, mean, logvar) : net_kl(c->net, mean, logvar);
    return true;
}

static bool build_loss(struct vcase *c, const char *op)
{
    bool logits = is_one_of(op, NAMES("bce_with_logits", "bce_logits"));
    bool bce = is_one_of(op, NAMES("bce", "binary_crossentropy", "keras_bce", "bce_keras"));
    struct node *x, *target;

    if (!logits && !bce && strcmp(op, "mse"))
        return false;
    x = INPUT("x", "logit", "logits", "p", "y_pred");
    target = INPUT("target", "y_true");
    if (!x || !target)
        return true;
    c->is_loss = true;
    if (bce)
        c->gradient_limit = LIMIT_LOG;
    c->y = logits ? net_bce_logits(c->net, x, target)
         : bce ? net_bce(c->net, x, target) : net_mse(c->net, x, target);
    return true;
}

/* The tensor 'magnitude' [batch, bins, frames] is that of x. */
static void compare_magnitude(struct vcase *c, const struct node *x, int fft, int hop)
{
    const struct tensor *want = kept_get(c->frame, "magnitude");
    struct stft *stft;
    float *got, *turned;
    int batch, bins, frames;

    if (!want)
        return;
    stft = stft_new(fft, hop, WINDOW_HANN);
    batch = node_batch(x);
    bins = stft_bins(stft);
    frames = stft_frames(stft, x->shape[2]);
    if (want->rank != 3 || want->shape[0] != batch || want->shape[1] != bins || want->shape[2] != frames) {
        verdict_fail(&c->v, "magnitude is not [%d, %d, %d]", batch, bins, frames);
    } else {
        got = mem_floats((size_t)frames * (size_t)bins);
        turned = mem_floats((size_t)tensor_count(want));
        for (int b = 0; b < batch; b++) {
            stft_magnitude(stft, kept_get(c->frame, "x")->data + (size_t)b * (size_t)x->shape[2], x->shape[2],
                           got);
            for (int k = 0; k < bins; k++)
                for (int f = 0; f < frames; f++)
                    turned[((size_t)b * (size_t)bins + (size_t)k) * (size_t)frames + (size_t)f] =
                        got[(size_t)f * (size_t)bins + (size_t)k];
        }
        verdict_error(&c->v, "magnitude", relative_error(turned, want->data, (size_t)tensor_count(want)),
                      LIMIT);
        free(turned);
        free(got);
    }
    stft_free(stft);
}

static bool build_stft(struct vcase *c, const char *op)
{
    static const char *const names[] = {"linear_l1", "log_l1", "spectral_convergence"};
    struct stft_loss how = {.log_offset = 1e-3f, .linear = 1, .log = 1, .convergence = 1};
    struct node *x, *target;

    if (!is_one_of(op, NAMES("stft", "stft_loss")))
        return false;
    x = SIGNAL("x");
    target = SIGNAL("target");
    how.fft = meta_number(c, "n_fft", 0);
    how.hop = meta_number(c, "hop", 0);
    how.log_offset = meta_value(c, "log_offset", 1e-3);
    meta_expect(c, "window", "periodic Hann");
    meta_expect(c, "center", "reflect");
    meta_expect(c, "y", "linear_l1 + log_l1 + spectral_convergence");
    if (!x || !target)
        return true;
    c->is_loss = true;
    c->gradient_limit = LIMIT_LOG;
    c->y = net_stft_loss(c->net, x, target, how);
    if (!c->y)
        return true;
    for (int i = 0; i < 3; i++) {
        how.linear = i == 0;
        how.log = i == 1;
        how.convergence = i == 2;
        c->part_names[i] = names[i];
        c->parts[i] = net_stft_loss(c->net, x, target, how);
    }
    compare_magnitude(c, x, how.fft, how.hop);
    return true;
}

#endif
