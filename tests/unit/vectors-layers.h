/* One-layer graphs from the meta of a reference case. */
#ifndef TESTS_VECTORS_LAYERS_H
#define TESTS_VECTORS_LAYERS_H

#include <stdint.h>

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
    bool is_spectral; /* a loss whose terms the meta gives apart */
};

/* ---- what a case's meta says ---- */

static int meta_number(struct vcase *c, const char *key, int otherwise)
{
    int64_t value = otherwise;

    if (meta_get(c->frame->meta, key) && (!meta_get_int(c->frame->meta, key, &value) || labs(value) > 1 << 24))
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

/* ---- leaves ---- */

/* The first of the names (ended by NULL) that the frame has; otherwise a failure unless optional. */
static const struct tensor *leaf_values(struct vcase *c, const char *const *names, bool optional, const char **found)
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

static struct node *leaf_add(struct vcase *c, const char *name, struct node *node, const struct tensor *values)
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

/* An activation [batch, channels, time] or rows; of rank 2 [batch, channels]. */
static struct node *input_leaf(struct vcase *c, const char *const *names)
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
    node = net_input(c->net, name, (int)t->shape[1], t->rank == 3 ? (int)t->shape[2] : 1);
    if (node && t->shape[0] != node->shape[0]) {
        verdict_fail(&c->v, "tensor '%s' has another batch size", name);
        return NULL;
    }
    if (node && has_gradient(c, name))
        net_want(node);
    return leaf_add(c, name, node, t);
}

/* After the first input. */
static struct node *stored_leaf(struct vcase *c, const char *const *names, bool optional)
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
    node = net_param(c->net, name, t->rank, t->shape, INIT_ZERO);
    return leaf_add(c, name, node, t);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PARAM(...) stored_leaf(c, NAMES(__VA_ARGS__), false)
#define OPTIONAL_PARAM(...) stored_leaf(c, NAMES(__VA_ARGS__), true)
#define INPUT(...) input_leaf(c, NAMES(__VA_ARGS__))

/* ---- builders: true when the op is one of theirs ---- */

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
    else
        c->y = transposed ? net_conv1d_transpose(c->net, x, w, b) : net_conv1d(c->net, x, w, b);
    return true;
}

static bool build_rows(struct vcase *c, const char *op)
{
    struct node *x, *w, *b;

    if (strcmp(op, "linear") && strcmp(op, "past"))
        return false;
    x = INPUT("x");
    if (!x)
        return true;
    if (!strcmp(op, "past")) {
        c->y = net_past(c->net, x, meta_number(c, "taps", 0), meta_number(c, "lag", 0));
        return true;
    }
    w = PARAM("w");
    b = OPTIONAL_PARAM("b");
    if (w)
        c->y = net_linear(c->net, x, w, b);
    return true;
}

static bool build_norm(struct vcase *c, const char *op)
{
    float epsilon = meta_value(c, "epsilon", 1e-3);
    struct node *x, *gamma, *beta;

    if (strcmp(op, "instance_norm") && strcmp(op, "batch_norm_inference"))
        return false;
    x = INPUT("x");
    gamma = PARAM("gamma");
    beta = PARAM("beta");
    if (!x || !gamma || !beta)
        return true;
    c->y = !strcmp(op, "instance_norm") ? net_instance_norm(c->net, x, gamma, beta, epsilon)
                                        : net_batch_norm_inference(c->net, x, gamma, beta, epsilon);
    return true;
}

static bool build_activation(struct vcase *c, const char *op)
{
    static const struct {
        const char *op;
        struct node *(*build)(struct net *net, struct node *x);
    } known[] = {
        {"relu", net_relu},
        {"sigmoid", net_sigmoid},
        {"silu", net_silu},
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
    bool shift = !strcmp(op, "reparameterize"), draw = !strcmp(op, "kl_draw");
    struct node *z = NULL, *mean, *logvar, *eps = NULL;

    if (!draw && !shift)
        return false;
    if (draw)
        z = INPUT("z");
    mean = INPUT("mean");
    logvar = INPUT("logvar");
    if (shift)
        eps = INPUT("eps");
    if (!mean || !logvar || (draw && !z) || (shift && !eps))
        return true;
    c->is_loss = draw;
    c->y = shift ? net_reparameterize(c->net, mean, logvar, eps) : net_kl_draw(c->net, z, mean, logvar);
    return true;
}

static bool build_gauss_rows(struct vcase *c, const char *op)
{
    bool draw = !strcmp(op, "draw");
    struct node *mean, *logvar, *other, *scale = NULL;

    if (!draw && strcmp(op, "kl_prior"))
        return false;
    mean = INPUT("mean");
    logvar = PARAM("logvar");
    other = draw ? INPUT("eps") : INPUT("prior");
    if (!draw)
        scale = PARAM("scale");
    if (!mean || !logvar || !other || !(draw || scale))
        return true;
    c->is_loss = !draw;
    c->y = draw ? net_draw(c->net, mean, logvar, other) : net_kl_prior(c->net, mean, logvar, other, scale);
    return true;
}

static bool build_loss(struct vcase *c, const char *op)
{
    bool logits = is_one_of(op, NAMES("bce_with_logits", "bce_logits"));
    bool bce = is_one_of(op, NAMES("bce", "binary_crossentropy", "keras_bce", "bce_keras"));
    struct node *x, *target;

    if (!logits && !bce)
        return false;
    x = INPUT("x", "logit", "logits", "p", "y_pred");
    target = INPUT("target", "y_true");
    if (!x || !target)
        return true;
    c->is_loss = true;
    if (bce)
        c->gradient_limit = LIMIT_LOG;
    c->y = logits ? net_bce_logits(c->net, x, target) : net_bce(c->net, x, target);
    return true;
}

/* The two terms of a spectral loss, which a frame's meta gives apart. */
static void compare_distance(struct verdict *v, const struct kept *frame, const struct node *loss)
{
    static const char *const names[] = {"log", "linear"};
    double got[2], want;

    net_spectral_loss_terms(loss, &got[0], &got[1]);
    for (int i = 0; i < 2; i++)
        if (meta_get_real(frame->meta, names[i], &want))
            verdict_error(v, names[i], scalar_error(got[i], want), LIMIT);
        else
            verdict_fail(v, "meta has no '%s'", names[i]);
}

static bool build_spectral(struct vcase *c, const char *op)
{
    const struct tensor *mean;
    struct node *y, *target;

    if (strcmp(op, "spectral_loss"))
        return false;
    y = INPUT("x");
    target = INPUT("target");
    mean = kept_get(c->frame, "mean");
    if (!mean || tensor_count(mean) < 1)
        verdict_fail(&c->v, "there is no tensor 'mean'");
    if (!y || !target || c->v.failed)
        return true;
    c->is_loss = c->is_spectral = true;
    c->y = net_spectral_loss(c->net, y, target);
    if (c->y)
        net_spectral_loss_set(c->y, (struct spectral_loss){mean->data, (int)tensor_count(mean),
                                                           meta_value(c, "scale", 1), meta_value(c, "floor", 0),
                                                           meta_value(c, "top", 0), meta_value(c, "weight", 0)});
    return true;
}

#endif
