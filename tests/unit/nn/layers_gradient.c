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
    struct node *x = graph_input(g, 40, 1), *w = graph_param(g, 50, 40, 3), *b = graph_param(g, 50, 0, 0);

    return net_conv1d(g->net, x, w, b);
}

static struct node *conv_plain(struct graph *g)
{
    struct node *x = graph_input(g, 3, 1), *w = graph_param(g, 2, 3, 1);

    return net_conv1d(g->net, x, w, NULL);
}

static struct node *transposed(struct graph *g)
{
    struct node *x = graph_input(g, 6, 1), *w = graph_param(g, 6, 70, 1), *b = graph_param(g, 70, 0, 0);

    return net_conv1d_transpose(g->net, x, w, b);
}

static struct node *transposed_taps(struct graph *g)
{
    struct node *x = graph_input(g, 3, 1), *w = graph_param(g, 3, 2, 4);

    return net_conv1d_transpose(g->net, x, w, NULL);
}

static struct node *dense(struct graph *g)
{
    struct node *x = graph_input(g, 2, 3), *w = graph_param(g, 6, 4, 0), *b = graph_param(g, 4, 0, 0);

    return net_dense(g->net, x, w, b);
}

static struct node *linear(struct graph *g)
{
    struct node *x = graph_input(g, 5, 4), *w = graph_param(g, 2, 3, 4), *b = graph_param(g, 2, 3, 0);

    return net_linear(g->net, x, w, b);
}

static struct node *linear_plain(struct graph *g)
{
    return net_linear(g->net, graph_input(g, 5, 4), graph_param(g, 3, 4, 0), NULL);
}

static struct node *past(struct graph *g)
{
    return net_past(g->net, graph_input(g, 6, 3), 3, 0);
}

static struct node *past_lag(struct graph *g)
{
    return net_past(g->net, graph_input(g, 6, 3), 4, 1);
}

static struct node *beside(struct graph *g)
{
    struct node *x = graph_input(g, 5, 3);

    return net_beside(g->net, net_silu(g->net, x), net_beside(g->net, x, graph_input(g, 5, 2)));
}

static struct node *residual(struct graph *g)
{
    struct node *x = graph_input(g, 7, 4), *w = graph_param(g, 4, 3, 4);

    return net_add(g->net, x, net_linear(g->net, net_past(g->net, net_silu(g->net, x), 3, 0), w, NULL));
}

static struct node *instance_norm(struct graph *g)
{
    struct node *x = graph_input(g, 3, 1), *gamma = graph_param(g, 3, 0, 0), *beta = graph_param(g, 3, 0, 0);

    return net_instance_norm(g->net, x, gamma, beta, 1e-2f);
}

static struct node *batch_norm_inference(struct graph *g)
{
    struct node *x = graph_input(g, 3, 1), *gamma = graph_param(g, 3, 0, 0), *beta = graph_param(g, 3, 0, 0);

    return net_batch_norm_inference(g->net, x, gamma, beta, 1e-2f);
}

static struct node *leaky_relu(struct graph *g)
{
    return net_leaky_relu(g->net, graph_input(g, 2, 19), 0.4f);
}

#define ACTIVATION(name) \
    static struct node *name(struct graph *g) \
    { \
        return net_##name(g->net, graph_input(g, 2, 19)); \
    }

ACTIVATION(relu)
ACTIVATION(sigmoid)
ACTIVATION(silu)

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

static struct node *reparameterize(struct graph *g)
{
    struct node *mean = graph_input(g, 2, 3), *logvar = graph_input(g, 2, 3), *eps = graph_given(g, 2, 3);

    return net_reparameterize(g->net, mean, logvar, eps);
}

static struct node *kl_draw(struct graph *g)
{
    struct node *z = graph_input(g, 2, 3), *mean = graph_input(g, 2, 3), *logvar = graph_input(g, 2, 3);

    return net_kl_draw(g->net, z, mean, logvar);
}

static struct node *draw(struct graph *g)
{
    return net_draw(g->net, graph_input(g, 5, 3), graph_param(g, 3, 0, 0), graph_given(g, 5, 3));
}

static struct node *kl_prior(struct graph *g)
{
    struct node *mean = graph_input(g, 5, 3), *logvar = graph_param(g, 3, 0, 0), *prior = graph_input(g, 5, 3);

    return net_kl_prior(g->net, mean, logvar, prior, graph_param(g, 3, 0, 0));
}

static struct node *bce_logits(struct graph *g)
{
    return net_bce_logits(g->net, graph_input(g, 1, 21), graph_given(g, 1, 21));
}

static struct node *bce(struct graph *g)
{
    return net_bce(g->net, graph_input(g, 1, 21), graph_given(g, 1, 21));
}

/* The first channel crosses the floor at 0 and the last one the top, where no draws are. Of this size the draws keep off
 * the kink at the target too. */
static struct node *spectral_loss(struct graph *g)
{
    static const float mean[] = {-1.5f, 0.2f, 1.5f};
    struct node *n = net_spectral_loss(g->net, graph_input(g, 1, 6), graph_given(g, 1, 6));

    net_spectral_loss_set(n, (struct spectral_loss){mean, 3, 0.7f, -1.5f, 1.5f, 0.6f});
    return n;
}

static const struct layer {
    const char *name;
    struct node *(*build)(struct graph *g);
} layers[] = {
    {"conv1d", conv},
    {"conv1d of one tap", conv_plain},
    {"conv1d_transpose", transposed},
    {"conv1d_transpose of four taps", transposed_taps},
    {"dense", dense},
    {"linear", linear},
    {"linear without bias", linear_plain},
    {"past", past},
    {"past, with a lag", past_lag},
    {"beside", beside},
    {"x + linear(past(silu(x)))", residual},
    {"instance_norm", instance_norm},
    {"batch_norm_inference", batch_norm_inference},
    {"relu", relu},
    {"leaky_relu", leaky_relu},
    {"sigmoid", sigmoid},
    {"silu", silu},
    {"add", add},
    {"add, broadcast", add_broadcast},
    {"add, to itself", add_itself},
    {"channels", channels},
    {"reparameterize", reparameterize},
    {"kl_draw", kl_draw},
    {"draw", draw},
    {"kl_prior", kl_prior},
    {"bce_logits", bce_logits},
    {"bce", bce},
    {"spectral_loss", spectral_loss},
};

/* ---- the check ---- */

static const float step = 0.01f; /* of the differences: large, as losses are single precision */

/* shared: leaf i is read a second time where bit i is set, so that its gradient is a sum. */
static struct graph graph_of(const struct layer *layer, struct pool *pool, bool want, unsigned shared)
{
    struct graph g = graph_new(CAPACITY, pool, want);
    struct node *y = layer->build(&g);

    if (y->batched)
        net_loss(graph_weighted(g.net, y, 0.3f), 1);
    else
        net_loss(y, 0.7f);
    for (int i = 0; i < g.leaves; i++)
        if (shared >> i & 1)
            net_loss(graph_weighted(g.net, g.leaf[i], (float)i), 0.5f);
    net_plan(g.net, 1, true);
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
    gradients_write(g->store);
}

static void check_leaf(const struct layer *layer, const char *how, struct graph *g, struct node *leaf)
{
    size_t count = node_count(leaf), stride = count < 40 ? 1 : count / 40;
    double worst = 0, size = 0;

    for (size_t i = 0; i < count; i++)
        if (fabs((double)leaf->dy[i]) > size)
            size = fabs((double)leaf->dy[i]);
    for (size_t i = 0; i < count; i += stride) {
        double slope = slope_at(g, &leaf->y[i], step);
        double d = fabs(slope - (double)leaf->dy[i]);

        if (!(d <= worst))
            worst = d;
    }
    check(worst <= 1e-3 * size + 2e-4, "%s: gradient of %s%s (off by %.1e of %.1e)", layer->name, leaf->name, how,
          worst, size);
}

static void check_gradients(const struct layer *layer, unsigned shared)
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
    struct graph a = graph_of(layer, NULL, true, 0), b = graph_of(layer, NULL, false, 0);
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

/* More rows and values than one task takes, in each layer. */
static struct node *wide(struct graph *g)
{
    enum { ROWS = 150, VALUES = 300 };
    static float mean[VALUES];
    struct node *x = graph_input(g, ROWS, VALUES), *eps = net_input(g->net, "eps", ROWS, VALUES), *n;
    struct node *logvar = graph_param(g, VALUES, 0, 0), *w = graph_param(g, VALUES, 2, VALUES);

    n = net_draw(g->net, x, logvar, eps);
    n = net_linear(g->net, net_past(g->net, net_silu(g->net, n), 2, 1), w, logvar);
    net_loss(net_kl_prior(g->net, x, logvar, n, logvar), 0.3f);
    n = net_spectral_loss(g->net, net_add(g->net, net_relu(g->net, n), x), graph_given(g, ROWS, VALUES));
    net_spectral_loss_set(n, (struct spectral_loss){mean, VALUES, 1, -0.2f, 0.3f, 0.5f});
    return n;
}

static void check_threads(void)
{
    static const struct layer layer = {"wide", wide};
    struct graph one = graph_of(&layer, NULL, true, 0);

    graph_fill(&one);
    gradients_run(&one);
    for (int threads = 2; threads <= 3; threads++) {
        struct pool *pool = pool_new(threads);
        struct graph more = graph_of(&layer, pool, true, 0);
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
        check_gradients(&layers[i], 0);
        check_gradients(&layers[i], ~0u);
        check_gradients(&layers[i], 5); /* one leaf and not the next */
        check_gradients(&layers[i], 10);
        check_unwanted(&layers[i]);
    }
    check_threads();
    return check_done();
}
