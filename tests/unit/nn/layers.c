/* Layers and losses: answers worked out by hand, accuracy of the activations. */
#include <stdint.h>

#include "check.h"
#include "graph.h"

static bool close_to(const float *got, const double *want, size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)got[i] - want[i]) <= tolerance)) {
            printf("# at %zu: %.9g, wanted %.9g\n", i, (double)got[i], want[i]);
            return false;
        }
    return true;
}

#define LIST(...) \
    (const float[]) \
    { \
        __VA_ARGS__ \
    }
#define WANT(...) \
    (const double[]) \
    { \
        __VA_ARGS__ \
    }

/* ---- over one sample ---- */

static void test_conv(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *x = graph_input(&g, 2, 1), *w = graph_param(&g, 2, 2, 4), *b = graph_param(&g, 2, 0, 0);
    struct node *y = net_conv1d(g.net, x, w, b), *bare = net_conv1d(g.net, x, w, NULL);
    struct node *up = net_conv1d_transpose(g.net, x, w, b);

    net_plan(g.net, 1, true);
    graph_set(x, LIST(1, 2, 3, 4), 4);
    graph_set(w, LIST(9, 1, 9, 9, 9, 10, 9, 9, 9, 100, 9, 9, 9, 1000, 9, 9), 16); /* of four taps the second counts */
    graph_set(b, LIST(0.5f, -1), 2);
    net_forward(g.net);
    check(y->shape[1] == 2 && y->shape[2] == 1 && close_to(y->y, WANT(21.5, 2099, 43.5, 4299), 4, 0), "conv1d");
    check(close_to(bare->y, WANT(21, 2100, 43, 4300), 4, 0), "conv1d without bias");
    check(up->shape[1] == 2 && close_to(up->y, WANT(201.5, 2009, 403.5, 4029), 4, 0), "conv1d_transpose");
    graph_free(&g);
}

static void test_dense(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *x = graph_input(&g, 2, 1), *w = graph_param(&g, 2, 3, 0), *b = graph_param(&g, 3, 0, 0);
    struct node *y = net_dense(g.net, x, w, b);

    net_plan(g.net, 1, true);
    graph_set(x, LIST(1, 2, 3, 4), 4);
    graph_set(w, LIST(1, 2, 3, 10, 20, 30), 6);
    graph_set(b, LIST(0, 0.5f, 1), 3);
    net_forward(g.net);
    check(y->shape[1] == 3 && y->shape[2] == 1 && close_to(y->y, WANT(21, 42.5, 64, 43, 86.5, 130), 6, 0), "dense");
    graph_free(&g);
}

/* ---- rows ---- */

static void test_linear(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *x = graph_input(&g, 2, 2), *w = graph_param(&g, 3, 2, 0), *v = graph_param(&g, 3, 1, 2);
    struct node *b = graph_param(&g, 3, 1, 0), *y = net_linear(g.net, x, w, b), *bare = net_linear(g.net, x, v, NULL);

    net_plan(g.net, 1, true);
    graph_set(x, LIST(1, 2, 3, 4, 5, 6, 7, 8), 8);
    graph_set(w, LIST(1, 10, 1, 0, 0, -1), 6);
    graph_set(v, LIST(1, 10, 1, 0, 0, -1), 6);
    graph_set(b, LIST(0, 0.5f, 1), 3);
    net_forward(g.net);
    check(y->shape[1] == 2 && y->shape[2] == 3 &&
              close_to(y->y, WANT(21, 1.5, -1, 43, 3.5, -3, 65, 5.5, -5, 87, 7.5, -7), 12, 0),
          "linear");
    check(close_to(bare->y, WANT(21, 1, -2, 43, 3, -4, 65, 5, -6, 87, 7, -8), 12, 0),
          "linear without bias, weights of rank 3");
    graph_free(&g);
}

static void test_past(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *x = graph_input(&g, 3, 1), *now = net_past(g.net, x, 2, 0), *before = net_past(g.net, x, 2, 1);
    struct node *far = net_past(g.net, x, 1, 5);

    net_plan(g.net, 1, true);
    graph_set(x, LIST(1, 2, 3, 4, 5, 6), 6);
    net_forward(g.net);
    check(now->shape[1] == 3 && now->shape[2] == 2 && close_to(now->y, WANT(0, 1, 1, 2, 2, 3, 0, 4, 4, 5, 5, 6), 12, 0),
          "past, two rows");
    check(close_to(before->y, WANT(0, 0, 0, 1, 1, 2, 0, 0, 0, 4, 4, 5), 12, 0), "past, two rows before the last");
    check(close_to(far->y, WANT(0, 0, 0, 0, 0, 0), 6, 0), "past, before the first row");
    graph_free(&g);
}

static void test_beside(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *a = graph_input(&g, 2, 1), *b = graph_input(&g, 2, 2), *y = net_beside(g.net, a, b);

    net_plan(g.net, 1, true);
    graph_set(a, LIST(1, 2, 3, 4), 4);
    graph_set(b, LIST(5, 6, 7, 8, 9, 10, 11, 12), 8);
    net_forward(g.net);
    check(y->shape[1] == 2 && y->shape[2] == 3 && close_to(y->y, WANT(1, 5, 6, 2, 7, 8, 3, 9, 10, 4, 11, 12), 12, 0),
          "rows beside each other");
    graph_free(&g);
}

static void test_draw(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *mean = graph_input(&g, 2, 2), *logvar = graph_param(&g, 2, 0, 0), *eps = graph_given(&g, 2, 2);
    struct node *z = net_draw(g.net, mean, logvar, eps);

    net_plan(g.net, 1, true);
    graph_set(mean, LIST(1, 2, 3, 4, 5, 6, 7, 8), 8);
    graph_set(logvar, LIST(0, 2 * (float)M_LN2), 2);
    graph_set(eps, LIST(1, 1, -1, 0.5f, 0, 0, 2, -2), 8);
    net_forward(g.net);
    check(close_to(z->y, WANT(2, 4, 2, 5, 5, 6, 9, 4), 8, 2e-6), "draw");
    graph_free(&g);
}

static void test_kl_prior(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *mean = graph_input(&g, 1, 2), *logvar = graph_param(&g, 2, 0, 0), *prior = graph_input(&g, 1, 2);
    struct node *scale = graph_param(&g, 2, 0, 0), *kl = net_kl_prior(g.net, mean, logvar, prior, scale);

    net_plan(g.net, 1, true);
    graph_set(mean, LIST(1, 0, 0, 3), 4);
    graph_set(prior, LIST(0, 0, 0, 1), 4);
    graph_set(logvar, LIST(-1, 0), 2);
    graph_set(scale, LIST(0.25f, -0.5f), 2);
    net_forward(g.net);
    check(close_to(kl->y, WANT(0.25 + 0.5 - 0.5 + exp(-0.5) / 2 * (exp(-1) + 0.5) - 0.5 - 0.5 + exp(1) / 2 * (1 + 2)),
                   1, 1e-6),
          "kl_prior");
    graph_set(prior, LIST(1, 0, 0, 3), 4);
    graph_set(scale, LIST(-0.5f, 0), 2);
    net_forward(g.net);
    check(close_to(kl->y, WANT(0), 1, 1e-7), "kl_prior of the prior itself is 0");
    graph_free(&g);
}

/* ---- norms over one sample: epsilon 3 and variance 1 make the root 2 ---- */

static void test_norms(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *x = graph_input(&g, 2, 1), *gamma = graph_param(&g, 2, 0, 0), *beta = graph_param(&g, 2, 0, 0);
    struct node *y = net_batch_norm_inference(g.net, x, gamma, beta, 3);

    net_plan(g.net, 1, true);
    graph_set(x, LIST(1, 3, 7, 5), 4);
    graph_set(gamma, LIST(2, 4), 2);
    graph_set(beta, LIST(10, 20), 2);
    net_forward(g.net);
    check(close_to(y->y, WANT(11, 26, 17, 30), 4, 0), "batch_norm_inference");
    graph_free(&g);
}

/* Over one value x - mean is 0: what comes out is beta, exactly. */
static void test_norm_of_one(void)
{
    struct graph g = graph_new(3, NULL, true);
    struct node *x = graph_input(&g, 2, 1);
    struct node *gamma = graph_param(&g, 2, 0, 0), *beta = graph_param(&g, 2, 0, 0);
    struct node *y = net_instance_norm(g.net, x, gamma, beta, 1e-3f);

    net_loss(graph_weighted(g.net, y, 0.2f), 1);
    net_plan(g.net, 1, true);
    graph_set(x, LIST(0.1f, 1e6f, -3.3f, 7, 0, -1e-6f), 6);
    graph_set(gamma, LIST(1.7f, 0.3f), 2);
    graph_set(beta, LIST(0.1f, -0.7f), 2);
    for (int i = 0; i < 6; i++) /* left there by an earlier step */
        x->dy[i] = gamma->dy[i % 2] = 1;
    net_forward(g.net);
    net_backward(g.net);
    check(close_to(y->y, WANT((double)0.1f, (double)-0.7f, (double)0.1f, (double)-0.7f, (double)0.1f, (double)-0.7f), 6,
                   0) &&
              close_to(x->dy, WANT(0, 0, 0, 0, 0, 0), 6, 0) && close_to(gamma->dy, WANT(0, 0), 2, 0) &&
              fabsf(beta->dy[0]) > 0.1f,
          "instance_norm over length 1 is beta, its gradients 0");
    graph_free(&g);
}

/* ---- activations against the mathematics library, in double precision ---- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double relu(double x)
{
    return x > 0 ? x : 0;
}
static double leaky(double x)
{
    return x > 0 ? x : (double)0.4f * x;
}
static double silu(double x)
{
    return x * sigmoid(x);
}
static double relu_slope(double x)
{
    return x > 0;
}
static double leaky_slope(double x)
{
    return x > 0 ? 1 : (double)0.4f;
}
static double sigmoid_slope(double x)
{
    return sigmoid(x) * sigmoid(-x);
}
static double silu_slope(double x)
{
    return sigmoid(x) * (1 + x * sigmoid(-x));
}

static struct node *leaky_layer(struct net *net, struct node *x)
{
    return net_leaky_relu(net, x, 0.4f);
}

static void test_activations(void)
{
    enum { COUNT = 6001 };
    static const struct {
        const char *name;
        struct node *(*build)(struct net *net, struct node *x);
        double (*value)(double x), (*slope)(double x);
    } all[] = {
        {"relu", net_relu, relu, relu_slope},
        {"leaky_relu", leaky_layer, leaky, leaky_slope},
        {"sigmoid", net_sigmoid, sigmoid, sigmoid_slope},
        {"silu", net_silu, silu, silu_slope},
    };

    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        struct graph g = graph_new(1, NULL, true);
        struct node *x = graph_input(&g, 1, COUNT), *y = all[a].build(g.net, x);
        double value = 0, slope = 0;

        net_loss(graph_weighted(g.net, y, 0), 1);
        net_plan(g.net, 1, true);
        for (int i = 0; i < COUNT; i++) /* -30 to 30, denser about 0 */
            x->y[i] = 30 * powf((float)(i - COUNT / 2) / (COUNT / 2), 3);
        net_forward(g.net);
        net_backward(g.net);
        for (int i = 0; i < COUNT; i++) {
            double t = (double)x->y[i], v = all[a].value(t), s = all[a].slope(t);
            double ev = fabs((double)y->y[i] - v) / (fabs(v) + 1e-6);
            double es = fabs((double)x->dy[i] - s * (double)y->dy[i]) / (fabs(s * (double)y->dy[i]) + 1e-1);

            value = !(ev <= value) ? ev : value;
            slope = !(es <= slope) ? es : slope;
        }
        check(value < 2e-6 && slope < 5e-6, "%s from -30 to 30 (off by %.1e, slope by %.1e)", all[a].name, value,
              slope);
        x->y[3] = NAN;
        net_forward(g.net);
        check(isnan(y->y[3]), "%s of NaN is NaN", all[a].name);
        graph_free(&g);
    }
}

/* ---- losses ---- */

static void test_losses(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *a = graph_input(&g, 1, 2), *b = graph_input(&g, 1, 2), *c = graph_input(&g, 1, 2);
    struct node *t = graph_given(&g, 1, 2);
    struct node *draw = net_kl_draw(g.net, a, b, c);
    struct node *logits = net_bce_logits(g.net, a, t), *bce = net_bce(g.net, c, t);
    struct node *z = net_reparameterize(g.net, a, b, t);

    net_loss(bce, 1);
    net_plan(g.net, 1, true);
    graph_set(a, LIST(1, 0, 0, 2), 4);
    graph_set(b, LIST(0, 0, 0, 0), 4);
    graph_set(c, LIST(0.5f, 2, -1, 0.25f), 4);
    graph_set(t, LIST(0.5f, 1, 0, -1), 4);
    net_forward(g.net);
    check(close_to(z->y, WANT(1.5, 1, 0, 1), 4, 1e-7), "reparameterize");
    check(close_to(draw->y, WANT((-0.5 * (exp(-0.5) + 0.5) - 1 + 0.5 + 0.5 - 0.5 * (4 * exp(-0.25) + 0.25) + 2) / 2), 1,
                   1e-6),
          "kl_draw");
    check(close_to(logits->y, WANT((1 - 0.5 + log1p(exp(-1)) + log(2) + log(2) + 2 + 2 + log1p(exp(-2))) / 2), 1, 1e-6),
          "bce_logits");
    check(close_to(bce->y, WANT((-log(0.5 + 1e-7) + log(0.25 + 1e-7) - 2 * log(0.75 + 1e-7)) / 4), 1, 1e-6),
          "bce, clipped at both ends");
    net_backward(g.net);
    check(close_to(c->dy, WANT(0, 0, 0, (4 + 2 / 0.75) / 4), 4, 1e-5), "bce: no gradient where it is clipped");
    graph_set(c, LIST(2, 2, 2, 2), 4);
    graph_set(t, LIST(0, 0, 0, 0), 4);
    net_forward(g.net);
    check(close_to(bce->y, WANT(-log(2e-7)), 1, 1e-4), "bce of 1 where 0 is wanted is -log(2c)");
    graph_set(c, LIST(1, 1, 0, 0), 4);
    graph_set(t, LIST(1, 0.5f, 0, 0.5f), 4);
    net_forward(g.net);
    net_backward(g.net);
    check(close_to(c->dy, WANT(0, 0, 0, 0), 4, 1e-7), "bce: 0 and 1 themselves are clipped");
    graph_free(&g);
}

/* Two frames of two channels: a value at the floor and one under it, one over the top, one under the floor that was not
 * wanted there. Y is 1, -2, 4, -1 and T is 0.5, -3, 0, -3. With these again and again in each frame, the means are the
 * same. */
static void test_spectral_loss(int again)
{
    enum { MOST = 20 };
    static const float ys[] = {0.5f, -1.5f, 2, -1}, ts[] = {0.25f, -2, 0, -2};
    int channels = 2 * again;
    struct graph g = graph_new(1, NULL, true);
    struct node *y = graph_input(&g, 1, 2 * channels), *t = graph_given(&g, 1, 2 * channels),
                *loss = net_spectral_loss(g.net, y, t);
    const double far = exp(1) - exp(0.5) + exp(-2) - exp(-3) + exp(3) - 1 + exp(-1) - exp(-3);
    const double all = exp(0.5) + exp(-3) + 1 + exp(-3), linear = 3 * 2 / all;
    const double want[] = {0.25 + linear * exp(1), linear * exp(-2), 0.25, 0.25 + linear * exp(-1)};
    double terms[2], worst = 0;
    float mean[2 * MOST];

    for (int i = 0; i < channels; i++)
        mean[i] = (float)(i % 2);
    net_loss(loss, 1);
    net_spectral_loss_set(loss, (struct spectral_loss){mean, channels, 2, -2, 3, 3});
    net_plan(g.net, 1, true);
    for (int i = 0; i < 2 * channels; i++) {
        y->y[i] = ys[i / channels * 2 + i % 2];
        t->y[i] = ts[i / channels * 2 + i % 2];
    }
    net_forward(g.net);
    net_backward(g.net);
    net_spectral_loss_terms(loss, &terms[0], &terms[1]);
    check(fabs(terms[0] - (0.25 + 0 + 2 + 1) / 4) < 1e-6, "spectral_loss, log, without what is at the floor twice");
    check(fabs(terms[1] - far / all) < 1e-6 * far, "spectral_loss, linear, up to the top");
    check(close_to(loss->y, WANT(terms[0] + 3 * terms[1]), 1, 1e-5), "spectral_loss, weighted");
    for (int i = 0; i < 2 * channels; i++)
        worst = fmax(worst, fabs((double)y->dy[i] * again - want[i / channels * 2 + i % 2]));
    check(worst < 1e-4, "spectral_loss: gradients, of each term alone at the top and at the floor, %g off", worst);
    memcpy(y->y, t->y, (size_t)(2 * channels) * sizeof(float));
    net_forward(g.net);
    net_backward(g.net);
    for (int i = 0; i < 2 * channels; i++)
        worst = fmax(i > 0 ? worst : 0, fabs((double)y->dy[i]));
    check(close_to(loss->y, WANT(0), 1, 0) && worst <= 0, "spectral_loss of the target itself is 0, gradient too");
    graph_free(&g);
}

/* What standardising makes of the floor still counts as the floor: rounding puts a few of these above it. */
static void test_floor_rounds(void)
{
    enum { COUNT = 1000 };
    struct graph g = graph_new(1, NULL, true);
    struct node *y = graph_input(&g, 1, COUNT), *t = graph_given(&g, 1, COUNT), *loss = net_spectral_loss(g.net, y, t);
    double log = 0, linear, most = 0;
    float mean[COUNT];

    net_loss(loss, 1);
    net_plan(g.net, 1, true);
    for (int k = 0; k < 20; k++) {
        float floor = -9 + 5 * (float)rng_uniform(&g.rng), scale = 0.8f + 2 * (float)rng_uniform(&g.rng);

        for (int i = 0; i < COUNT; i++) {
            mean[i] = floor + 5 * (float)rng_uniform(&g.rng);
            t->y[i] = (floor - mean[i]) / scale;
            y->y[i] = t->y[i] - 0.1f;
        }
        net_spectral_loss_set(loss, (struct spectral_loss){mean, COUNT, scale, floor, 1, 0});
        net_forward(g.net);
        net_spectral_loss_terms(loss, &log, &linear);
        most = log > most ? log : most;
    }
    check(most == 0, "spectral_loss: a floor that was standardised is the floor (%g)", most);
    graph_free(&g);
}

int main(void)
{
    test_conv();
    test_dense();
    test_linear();
    test_past();
    test_beside();
    test_draw();
    test_kl_prior();
    test_norms();
    test_norm_of_one();
    test_activations();
    test_losses();
    test_spectral_loss(1);
    test_spectral_loss(20); /* some together, some left over */
    test_floor_rounds();
    return check_done();
}
