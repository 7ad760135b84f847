/* Gradients of every layer and loss against differences of the loss, on every
 * leaf: when the layer sets them, when it adds to what is there, when nobody
 * wants the input's; and the same bits for any number of threads. */
#include <stdint.h>

#include "check.h"
#include "graph.h"

enum { CAPACITY = 3, BATCH = 2 };

/* ---- one builder for each layer ---- */

static struct node *conv(struct graph *g)
{
    struct node *x = graph_input(g, 2, 9), *w = graph_param(g, 3, 2, 4), *b = graph_param(g, 3, 0, 0);

    return net_conv1d(g->net, x, w, b, (struct conv){2, 2, 3, 2});
}

static struct node *conv_plain(struct graph *g)
{
    struct node *x = graph_input(g, 3, 4), *w = graph_param(g, 2, 3, 1);

    return net_conv1d(g->net, x, w, NULL, conv_valid(1, 1));
}

static struct node *conv_flat(struct graph *g)
{
    struct node *x = graph_input(g, 40, 1), *w = graph_param(g, 50, 40, 3), *b = graph_param(g, 50, 0, 0);

    return net_conv1d(g->net, x, w, b, conv_same(1, 3, 2, 1));
}

static struct node *conv_three(struct graph *g)
{
    struct node *x = graph_input(g, 17, 26), *w = graph_param(g, 16, 17, 3), *b = graph_param(g, 16, 0, 0);

    return net_conv1d(g->net, x, w, b, conv_causal(3, 1, 3));
}

static struct node *conv_strided(struct graph *g)
{
    struct node *x = graph_input(g, 16, 25), *w = graph_param(g, 17, 16, 6), *b = graph_param(g, 17, 0, 0);

    return net_conv1d(g->net, x, w, b, conv_valid(6, 1));
}

static struct node *transposed_three(struct graph *g)
{
    struct node *x = graph_input(g, 16, 11), *w = graph_param(g, 16, 17, 3), *b = graph_param(g, 17, 0, 0);

    return net_conv1d_transpose(g->net, x, w, b, (struct conv){1, 1, 1, 0});
}

static struct node *transposed_strided(struct graph *g)
{
    struct node *x = graph_input(g, 17, 4), *w = graph_param(g, 17, 16, 6), *b = graph_param(g, 16, 0, 0);

    return net_conv1d_transpose(g->net, x, w, b, conv_transpose_same(6, 6));
}

static struct node *residual(struct graph *g)
{
    struct node *x = graph_input(g, 3, 17), *w = graph_param(g, 3, 3, 3);

    return net_add(g->net, x, net_conv1d(g->net, net_silu(g->net, x), w, NULL, conv_causal(3, 1, 1)));
}

static struct node *transposed(struct graph *g)
{
    struct node *x = graph_input(g, 2, 5), *w = graph_param(g, 2, 3, 4), *b = graph_param(g, 3, 0, 0);

    return net_conv1d_transpose(g->net, x, w, b, (struct conv){3, 2, 1, 2});
}

static struct node *transposed_flat(struct graph *g)
{
    struct node *x = graph_input(g, 6, 1), *w = graph_param(g, 6, 70, 1), *b = graph_param(g, 70, 0, 0);

    return net_conv1d_transpose(g->net, x, w, b, conv_transpose_same(1, 1));
}

static struct node *dense(struct graph *g)
{
    struct node *x = graph_input(g, 2, 3), *w = graph_param(g, 6, 4, 0), *b = graph_param(g, 4, 0, 0);

    return net_dense(g->net, x, w, b);
}

static struct node *instance_norm(struct graph *g)
{
    struct node *x = graph_input(g, 3, 11), *gamma = graph_param(g, 3, 0, 0), *beta = graph_param(g, 3, 0, 0);

    return net_instance_norm(g->net, x, gamma, beta, 1e-2f);
}

static struct node *batch_norm(struct graph *g)
{
    struct node *x = graph_input(g, 3, 11), *gamma = graph_param(g, 3, 0, 0), *beta = graph_param(g, 3, 0, 0);

    return net_batch_norm(g->net, x, gamma, beta, graph_statistic(g, "mean", 3), graph_statistic(g, "var", 3),
                          0.9f, 1e-2f);
}

static struct node *batch_norm_inference(struct graph *g)
{
    struct node *x = graph_input(g, 3, 11), *gamma = graph_param(g, 3, 0, 0), *beta = graph_param(g, 3, 0, 0);

    return net_batch_norm_inference(g->net, x, gamma, beta, graph_statistic(g, "mean", 3),
                                    graph_statistic(g, "var", 3), 1e-2f);
}

static struct node *layer_norm(struct graph *g)
{
    struct node *x = graph_input(g, 5, 300);   /* more than one block of instants */
    struct node *gamma = graph_param(g, 5, 0, 0), *beta = graph_param(g, 5, 0, 0);

    return net_layer_norm(g->net, x, gamma, beta, 1e-2f);
}

static struct node *leaky_relu(struct graph *g)
{
    return net_leaky_relu(g->net, graph_input(g, 2, 19), 0.4f);
}

#define ACTIVATION(name) \
    static struct node *name(struct graph *g) { return net_##name(g->net, graph_input(g, 2, 19)); }

ACTIVATION(relu)
ACTIVATION(sigmoid)
ACTIVATION(silu)
ACTIVATION(gelu)
ACTIVATION(softplus)
ACTIVATION(elu)

static struct node *tanh_layer(struct graph *g)
{
    return net_tanh(g->net, graph_input(g, 2, 19));
}

static struct node *exp_layer(struct graph *g)
{
    return net_exp(g->net, graph_input(g, 2, 19));
}

static struct node *snake(struct graph *g)
{
    struct node *x = graph_input(g, 3, 19), *a = graph_param(g, 3, 0, 0);

    return net_snake(g->net, x, a);
}

static struct node *add(struct graph *g)
{
    struct node *a = graph_input(g, 3, 5), *b = graph_input(g, 3, 5);

    return net_add(g->net, a, b);
}

static struct node *add_broadcast(struct graph *g)
{
    struct node *a = graph_input(g, 3, 5), *b = graph_input(g, 1, 5);

    return net_add(g->net, a, b);
}

static struct node *add_itself(struct graph *g)
{
    struct node *a = graph_input(g, 3, 5);

    return net_add(g->net, a, a);
}

static struct node *channels(struct graph *g)
{
    return net_channels(g->net, graph_input(g, 5, 3), 1, 3);
}

static struct node *reshape(struct graph *g)
{
    return net_reshape(g->net, graph_input(g, 4, 3), 2, 6);
}

static struct node *reparameterize(struct graph *g)
{
    struct node *mean = graph_input(g, 2, 3), *logvar = graph_input(g, 2, 3), *eps = graph_input(g, 2, 3);

    return net_reparameterize(g->net, mean, logvar, eps);
}

static struct node *kl(struct graph *g)
{
    struct node *mean = graph_input(g, 2, 3), *logvar = graph_input(g, 2, 3);

    return net_kl(g->net, mean, logvar);
}

static struct node *kl_draw(struct graph *g)
{
    struct node *z = graph_input(g, 2, 3), *mean = graph_input(g, 2, 3), *logvar = graph_input(g, 2, 3);

    return net_kl_draw(g->net, z, mean, logvar);
}

static struct node *bce_logits(struct graph *g)
{
    return net_bce_logits(g->net, graph_input(g, 1, 21), graph_given(g, 1, 21));
}

static struct node *bce(struct graph *g)
{
    return net_bce(g->net, graph_input(g, 1, 21), graph_given(g, 1, 21));
}

static struct node *mse(struct graph *g)
{
    return net_mse(g->net, graph_input(g, 1, 21), graph_given(g, 1, 21));
}

/* The first frame is symmetric, so its magnitudes have kinks at 0: of this length the draws keep off them. */
static struct node *stft(struct graph *g)
{
    return net_stft_loss(g->net, graph_input(g, 1, 43), graph_given(g, 1, 43),
                         (struct stft_loss){12, 5, 1e-2f, 1, 0.5f, 2});
}

static const struct layer {
    const char *name;
    struct node *(*build)(struct graph *g);
    float step;                  /* of the differences; 0: large, as losses are single precision */
} layers[] = {
    {"conv1d", conv, 0}, {"conv1d of one tap", conv_plain, 0}, {"conv1d over length 1", conv_flat, 0},
    {"conv1d of three taps", conv_three, 0.05f}, {"conv1d of taps apart", conv_strided, 0.05f},
    {"conv1d_transpose of three taps", transposed_three, 0.05f},
    {"conv1d_transpose of taps apart", transposed_strided, 0.05f},
    {"x + conv1d(silu(x))", residual, 0},
    {"conv1d_transpose", transposed, 0}, {"conv1d_transpose over length 1", transposed_flat, 0},
    {"dense", dense, 0}, {"instance_norm", instance_norm, 0}, {"batch_norm", batch_norm, 0},
    {"batch_norm_inference", batch_norm_inference, 0}, {"layer_norm", layer_norm, 0}, {"relu", relu, 0},
    {"leaky_relu", leaky_relu, 0}, {"sigmoid", sigmoid, 0}, {"tanh", tanh_layer, 0}, {"silu", silu, 0},
    {"gelu", gelu, 0}, {"softplus", softplus, 0}, {"elu", elu, 0}, {"exp", exp_layer, 0},
    {"snake", snake, 0}, {"add", add, 0}, {"add, broadcast", add_broadcast, 0},
    {"add, to itself", add_itself, 0}, {"channels", channels, 0}, {"reshape", reshape, 0},
    {"reparameterize", reparameterize, 0}, {"kl", kl, 0}, {"kl_draw", kl_draw, 0},
    {"bce_logits", bce_logits, 0}, {"bce", bce, 0}, {"mse", mse, 0}, {"stft_loss", stft, 0.002f},
};

/* ---- the check ---- */

/* shared: every leaf is read a second time, so that its gradient is a sum. */
static struct graph graph_of(const struct layer *layer, struct pool *pool, bool want, bool shared)
{
    struct graph g = graph_new(CAPACITY, pool, want);
    struct node *y = layer->build(&g);

    if (y && y->batched)
        net_loss(graph_weighted(g.net, y, 0.3f), 1);
    else
        net_loss(y, 0.7f);
    for (int i = 0; shared && i < g.leaves; i++)
        net_loss(graph_weighted(g.net, g.leaf[i], (float)i), 0.5f);
    if (net_plan(g.net, 1, true) < 0) {
        printf("# %s: %s\n", layer->name, error_text());
        abort();
    }
    net_set_batch(g.net, BATCH);
    return g;
}

/* The clips beyond the batch are poison: whoever reads them shows it. */
static void node_fill(struct graph *g, struct node *n)
{
    size_t all = (size_t)n->shape[0] * (size_t)n->shape[1] * (size_t)n->shape[2];

    graph_draw(g, n->y, all);
    for (size_t i = node_count(n); i < all; i++)
        n->y[i] = NAN;
}

static void graph_fill(struct graph *g)
{
    for (int i = 0; i < g->leaves; i++)
        node_fill(g, g->leaf[i]);
    if (g->given)
        node_fill(g, g->given);
}

static double loss_at(struct graph *g, float *x, float value)
{
    float old = *x;
    double loss;

    *x = value;
    net_forward(g->net);
    loss = net_loss_value(g->net);
    *x = old;
    return loss;
}

/* By differences of fourth order. */
static double slope_at(struct graph *g, float *x, float h)
{
    double near = loss_at(g, x, *x + h) - loss_at(g, x, *x - h);
    double far = loss_at(g, x, *x + 2 * h) - loss_at(g, x, *x - 2 * h);

    return (8 * near - far) / (12 * (double)h);
}

static void gradients_run(struct graph *g)
{
    net_forward(g->net);
    net_backward(g->net);
    net_write_gradients(g->net);
}

static void check_leaf(const struct layer *layer, const char *how, struct graph *g, struct node *leaf)
{
    size_t count = node_count(leaf), stride = count < 40 ? 1 : count / 40;
    double worst = 0, size = 0;

    for (size_t i = 0; i < count; i++)
        if (fabs((double)leaf->dy[i]) > size)
            size = fabs((double)leaf->dy[i]);
    for (size_t i = 0; i < count; i += stride) {
        double slope = slope_at(g, &leaf->y[i], layer->step > 0 ? layer->step : 0.01f);
        double d = fabs(slope - (double)leaf->dy[i]);

        if (!(d <= worst))
            worst = d;
    }
    check(worst <= 1e-3 * size + 2e-4, "%s: gradient of %s%s (off by %.1e of %.1e)", layer->name, leaf->name,
          how, worst, size);
}

static void check_gradients(const struct layer *layer, bool shared)
{
    struct graph g = graph_of(layer, NULL, true, shared);

    graph_fill(&g);
    gradients_run(&g);
    for (int i = 0; i < g.leaves; i++)
        check_leaf(layer, shared ? ", added" : "", &g, g.leaf[i]);
    graph_free(&g);
}

/* Parameters get the same gradients when nobody wants those of inputs. */
static void check_unwanted(const struct layer *layer)
{
    struct graph a = graph_of(layer, NULL, true, false), b = graph_of(layer, NULL, false, false);
    bool same = true;
    int params = 0;

    graph_fill(&a);
    graph_fill(&b);
    gradients_run(&a);
    gradients_run(&b);
    for (int i = 0; i < a.leaves; i++) {
        if (!a.leaf[i]->param) {
            same &= b.leaf[i]->dy == NULL;
            continue;
        }
        params++;
        same &= !memcmp(a.leaf[i]->dy, b.leaf[i]->dy, node_count(a.leaf[i]) * sizeof(float));
    }
    if (params > 0)
        check(same, "%s: same gradients of parameters without those of inputs", layer->name);
    graph_free(&a);
    graph_free(&b);
}

/* ---- threads ---- */

static struct node *wide(struct graph *g)
{
    enum { CHANNELS = 6, TIME = 9000 };
    struct node *x = graph_input(g, CHANNELS, TIME), *gamma[4], *beta[4];

    for (int i = 0; i < 2; i++) {
        gamma[i] = graph_param(g, CHANNELS, 0, 0);
        beta[i] = graph_param(g, CHANNELS, 0, 0);
    }
    x = net_instance_norm(g->net, x, gamma[0], beta[0], 1e-3f);
    x = net_layer_norm(g->net, net_silu(g->net, x), gamma[1], beta[1], 1e-3f);
    x = net_batch_norm(g->net, net_gelu(g->net, x), gamma[0], beta[1], NULL, NULL, 0.9f, 1e-3f);
    x = net_snake(g->net, x, gamma[1]);
    x = net_batch_norm_inference(g->net, x, gamma[1], beta[0], NULL, NULL, 1e-3f);
    return net_stft_loss(g->net, net_channels(g->net, x, 2, 1), graph_given(g, 1, TIME),
                         (struct stft_loss){256, 64, 1e-3f, 1, 1, 1});
}

static void check_threads(void)
{
    static const struct layer layer = {"wide", wide, 0};
    struct graph one = graph_of(&layer, NULL, true, false);

    graph_fill(&one);
    gradients_run(&one);
    for (int threads = 2; threads <= 3; threads++) {
        struct pool *pool = pool_new(threads);
        struct graph more = graph_of(&layer, pool, true, false);
        bool same = true;

        graph_fill(&more);
        gradients_run(&more);
        same &= net_loss_value(one.net) == net_loss_value(more.net);
        for (int i = 0; i < one.leaves; i++)
            same &= !memcmp(one.leaf[i]->dy, more.leaf[i]->dy, node_count(one.leaf[i]) * sizeof(float));
        check(same && isfinite(net_loss_value(one.net)), "%d threads give the bits of one", threads);
        graph_free(&more);
        pool_free(pool);
    }
    graph_free(&one);
}

int main(void)
{
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        check_gradients(&layers[i], false);
        check_gradients(&layers[i], true);
        check_unwanted(&layers[i]);
    }
    check_threads();
    return check_done();
}
