/* Layers and losses: answers worked out by hand, geometry, accuracy of the
 * activations. */
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

#define LIST(...) (const float[]){__VA_ARGS__}
#define WANT(...) (const double[]){__VA_ARGS__}

static void plan(struct graph *g)
{
    if (net_plan(g->net, 1, true) < 0) {
        printf("# refused: %s\n", error_text());
        abort();
    }
}

/* ---- convolutions ---- */

static void test_conv(void)
{
    struct graph g = graph_new(1, NULL, true);
    struct node *x = graph_input(&g, 1, 4), *w = graph_param(&g, 1, 1, 3), *b = graph_param(&g, 1, 0, 0);
    struct node *valid = net_conv1d(g.net, x, w, b, conv_valid(1, 1));
    struct node *same = net_conv1d(g.net, x, w, b, conv_same(4, 3, 1, 1));
    struct node *strided = net_conv1d(g.net, x, w, b, conv_same(4, 3, 2, 1));
    struct node *causal = net_conv1d(g.net, x, w, b, conv_causal(3, 1, 1));
    struct node *bare = net_conv1d(g.net, x, w, NULL, conv_valid(1, 1));
    struct node *up = net_conv1d_transpose(g.net, x, w, b, (struct conv){2, 1, 0, 0});
    struct node *cut = net_conv1d_transpose(g.net, x, w, NULL, (struct conv){2, 1, 1, 3});

    plan(&g);
    graph_set(x, LIST(1, 2, 3, 4), 4);
    graph_set(w, LIST(1, 10, 100), 3);
    graph_set(b, LIST(0.5f), 1);
    net_forward(g.net);
    check(valid->shape[2] == 2 && close_to(valid->y, WANT(321.5, 432.5), 2, 0), "conv1d, valid");
    check(same->shape[2] == 4 && close_to(same->y, WANT(210.5, 321.5, 432.5, 43.5), 4, 0), "conv1d, same");
    check(strided->shape[2] == 2 && close_to(strided->y, WANT(321.5, 43.5), 2, 0), "conv1d, same, stride 2");
    check(causal->shape[2] == 4 && close_to(causal->y, WANT(100.5, 210.5, 321.5, 432.5), 4, 0),
          "conv1d, causal");
    check(close_to(bare->y, WANT(321, 432), 2, 0), "conv1d without bias");
    check(up->shape[2] == 9 &&
          close_to(up->y, WANT(1.5, 10.5, 102.5, 20.5, 203.5, 30.5, 304.5, 40.5, 400.5), 9, 0),
          "conv1d_transpose, stride 2");
    check(cut->shape[2] == 5 && close_to(cut->y, WANT(10, 102, 20, 203, 30), 5, 0), "conv1d_transpose, cut");
    graph_free(&g);
}

static bool is_geometry(struct conv c, int stride, int dilation, int left, int right)
{
    return c.stride == stride && c.dilation == dilation && c.pad_left == left && c.pad_right == right;
}

static void test_geometry(void)
{
    check(is_geometry(conv_same(17, 5, 1, 1), 1, 1, 2, 2) &&
          is_geometry(conv_same(17, 5, 2, 1), 2, 1, 2, 2) &&
          is_geometry(conv_same(16, 4, 2, 1), 2, 1, 1, 1) &&
          is_geometry(conv_same(19, 3, 1, 3), 1, 3, 3, 3) &&
          is_geometry(conv_same(64, 16, 8, 1), 8, 1, 4, 4) &&
          is_geometry(conv_same(1, 8, 2, 1), 2, 1, 3, 4) &&
          is_geometry(conv_same(5, 1, 2, 1), 2, 1, 0, 0), "same padding");
    check(is_geometry(conv_causal(3, 1, 4), 1, 4, 8, 0) && is_geometry(conv_causal(8, 4, 1), 4, 1, 4, 0) &&
          is_geometry(conv_causal(2, 4, 1), 4, 1, 0, 0), "causal padding");
    check(is_geometry(conv_transpose_same(4, 2), 2, 1, 1, 1) &&
          is_geometry(conv_transpose_same(8, 1), 1, 1, 3, 4) &&
          is_geometry(conv_transpose_same(5, 1), 1, 1, 2, 2) &&
          is_geometry(conv_transpose_same(3, 3), 3, 1, 0, 0), "same padding of transposed");
    check(is_geometry(conv_valid(3, 2), 3, 2, 0, 0), "valid padding");
}

static void test_dense(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *x = graph_input(&g, 2, 1), *w = graph_param(&g, 2, 3, 0), *b = graph_param(&g, 3, 0, 0);
    struct node *y = net_dense(g.net, x, w, b);

    plan(&g);
    graph_set(x, LIST(1, 2, 3, 4), 4);
    graph_set(w, LIST(1, 2, 3, 10, 20, 30), 6);
    graph_set(b, LIST(0, 0.5f, 1), 3);
    net_forward(g.net);
    check(y->shape[1] == 3 && y->shape[2] == 1 && close_to(y->y, WANT(21, 42.5, 64, 43, 86.5, 130), 6, 0),
          "dense");
    graph_free(&g);
}

/* ---- norms: epsilon 3 and variance 1 make the root 2 ---- */

static void test_norms(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *x = graph_input(&g, 2, 2);
    struct node *gamma = graph_param(&g, 2, 0, 0), *beta = graph_param(&g, 2, 0, 0);
    struct node *mean = graph_statistic(&g, "mean", 2), *var = graph_statistic(&g, "var", 2);
    struct node *instance = net_instance_norm(g.net, x, gamma, beta, 3);
    struct node *layer = net_layer_norm(g.net, x, gamma, beta, 3);
    struct node *batch = net_batch_norm(g.net, x, gamma, beta, mean, var, 0.75f, 2);
    struct node *given = net_batch_norm_inference(g.net, x, gamma, beta, mean, var, 3);
    struct node *plain = net_batch_norm_inference(g.net, x, gamma, beta, NULL, NULL, 3);

    net_loss(graph_weighted(g.net, batch, 0), 1);
    plan(&g);
    graph_set(x, LIST(1, 3, 3, 5, 1, 3, 7, 5), 8);
    graph_set(gamma, LIST(2, 4), 2);
    graph_set(beta, LIST(10, 20), 2);
    net_forward(g.net);
    check(close_to(instance->y, WANT(9, 11, 18, 22, 9, 11, 22, 18), 8, 1e-6), "instance_norm");
    check(close_to(layer->y, WANT(9, 9, 22, 22, 10 - 6 / sqrt(12), 9, 20 + 12 / sqrt(12), 22), 8, 2e-6),
          "layer_norm");
    check(close_to(batch->y, WANT(10 - 2 / sqrt(3), 10 + 2 / sqrt(3), 16, 20,
                                  10 - 2 / sqrt(3), 10 + 2 / sqrt(3), 24, 20), 8, 4e-6), "batch_norm");
    check(close_to(given->y, WANT(10, 12, 24, 28, 10, 12, 32, 28), 8, 0),
          "batch_norm_inference, statistics given");
    check(close_to(plain->y, WANT(11, 13, 26, 30, 11, 13, 34, 30), 8, 0), "batch_norm_inference by 0 and 1");
    check(close_to(mean->y, WANT(1, 1), 2, 0) && close_to(var->y, WANT(1, 1), 2, 0),
          "batch_norm: a forward alone moves no statistics");
    net_backward(g.net);
    check(close_to(mean->y, WANT(1.25, 2), 2, 1e-7) && close_to(var->y, WANT(1, 1.25), 2, 1e-7),
          "batch_norm: a backward moves them");
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
    plan(&g);
    graph_set(x, LIST(0.1f, 1e6f, -3.3f, 7, 0, -1e-6f), 6);
    graph_set(gamma, LIST(1.7f, 0.3f), 2);
    graph_set(beta, LIST(0.1f, -0.7f), 2);
    net_forward(g.net);
    net_backward(g.net);
    check(close_to(y->y, WANT((double)0.1f, (double)-0.7f, (double)0.1f, (double)-0.7f, (double)0.1f,
                              (double)-0.7f), 6, 0) &&
          close_to(x->dy, WANT(0, 0, 0, 0, 0, 0), 6, 0) && close_to(gamma->dy, WANT(0, 0), 2, 0) &&
          fabsf(beta->dy[0]) > 0.1f, "instance_norm over length 1 is beta, its gradients 0");
    graph_free(&g);
}

/* ---- activations against the mathematics library, in double precision ---- */

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double relu(double x) { return x > 0 ? x : 0; }
static double leaky(double x) { return x > 0 ? x : (double)0.4f * x; }
static double silu(double x) { return x * sigmoid(x); }
static double gelu(double x) { return 0.5 * x * erfc(-x / sqrt(2)); }
static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }
static double elu(double x) { return x > 0 ? x : expm1(x); }
static double relu_slope(double x) { return x > 0; }
static double leaky_slope(double x) { return x > 0 ? 1 : (double)0.4f; }
static double sigmoid_slope(double x) { return sigmoid(x) * sigmoid(-x); }
static double tanh_slope(double x) { return 1 / (cosh(x) * cosh(x)); }
static double silu_slope(double x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }
static double gelu_slope(double x) { return 0.5 * erfc(-x / sqrt(2)) + x * exp(-x * x / 2) / sqrt(2 * M_PI); }
static double elu_slope(double x) { return x > 0 ? 1 : exp(x); }

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
        {"relu", net_relu, relu, relu_slope}, {"leaky_relu", leaky_layer, leaky, leaky_slope},
        {"sigmoid", net_sigmoid, sigmoid, sigmoid_slope}, {"tanh", net_tanh, tanh, tanh_slope},
        {"silu", net_silu, silu, silu_slope}, {"gelu", net_gelu, gelu, gelu_slope},
        {"softplus", net_softplus, softplus, sigmoid}, {"elu", net_elu, elu, elu_slope},
        {"exp", net_exp, exp, exp},
    };

    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        struct graph g = graph_new(1, NULL, true);
        struct node *x = graph_input(&g, 1, COUNT), *y = all[a].build(g.net, x);
        double value = 0, slope = 0;

        net_loss(graph_weighted(g.net, y, 0), 1);
        plan(&g);
        for (int i = 0; i < COUNT; i++)      /* -30 to 30, denser about 0 */
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
        check(value < 2e-6 && slope < 5e-6, "%s from -30 to 30 (off by %.1e, slope by %.1e)", all[a].name,
              value, slope);
        x->y[3] = NAN;
        net_forward(g.net);
        check(isnan(y->y[3]), "%s of NaN is NaN", all[a].name);
        graph_free(&g);
    }
}

static void test_snake(void)
{
    struct graph g = graph_new(1, NULL, true);
    struct node *x = graph_input(&g, 3, 2), *a = graph_param(&g, 3, 0, 0), *y = net_snake(g.net, x, a);

    net_loss(graph_weighted(g.net, y, 0), 1);
    plan(&g);
    graph_set(x, LIST((float)M_PI / 2, 1, 2, -0.5f, 3, -4), 6);
    graph_set(a, LIST(1, -2, 0), 3);
    net_forward(g.net);
    net_backward(g.net);
    check(close_to(y->y, WANT(M_PI / 2 + 1, 1 + sin(1) * sin(1), 2 - sin(4) * sin(4) / 2,
                              -0.5 - sin(1) * sin(1) / 2, 3, -4), 6, 5e-7), "snake, and x where a is 0");
    check(fabs((double)a->dy[2] - 9 * (double)y->dy[4] - 16 * (double)y->dy[5]) < 1e-5,
          "snake: slope in a at 0");
    graph_free(&g);
}

/* ---- losses ---- */

static void test_losses(void)
{
    struct graph g = graph_new(2, NULL, true);
    struct node *a = graph_input(&g, 1, 2), *b = graph_input(&g, 1, 2), *c = graph_input(&g, 1, 2);
    struct node *t = graph_given(&g, 1, 2);
    struct node *kl = net_kl(g.net, a, b), *draw = net_kl_draw(g.net, a, b, c), *mse = net_mse(g.net, a, t);
    struct node *logits = net_bce_logits(g.net, a, t), *bce = net_bce(g.net, c, t);
    struct node *z = net_reparameterize(g.net, a, b, c);

    net_loss(bce, 1);
    plan(&g);
    graph_set(a, LIST(1, 0, 0, 2), 4);
    graph_set(b, LIST(0, 0, 0, 0), 4);
    graph_set(c, LIST(0.5f, 2, -1, 0.25f), 4);
    graph_set(t, LIST(0.5f, 1, 0, -1), 4);
    net_forward(g.net);
    check(close_to(kl->y, WANT(1.25), 1, 1e-7), "kl");
    check(close_to(z->y, WANT(1.5, 2, -1, 2.25), 4, 1e-7), "reparameterize");
    check(close_to(draw->y, WANT((-0.5 * (exp(-0.5) + 0.5) - 1 + 0.5 + 0.5 -
                                  0.5 * (4 * exp(-0.25) + 0.25) + 2) / 2), 1, 1e-6), "kl_draw");
    check(close_to(mse->y, WANT((0.25 + 1 + 0 + 9) / 4), 1, 1e-6), "mse");
    check(close_to(logits->y, WANT((1 - 0.5 + log1p(exp(-1)) + log(2) + log(2) + 2 + 2 +
                                    log1p(exp(-2))) / 2), 1, 1e-6), "bce_logits");
    check(close_to(bce->y, WANT((-log(0.5 + 1e-7) + log(0.25 + 1e-7) - 2 * log(0.75 + 1e-7)) / 4), 1, 1e-6),
          "bce, clipped at both ends");
    net_backward(g.net);
    check(close_to(c->dy, WANT(0, 0, 0, (4 + 2 / 0.75) / 4), 4, 1e-5),
          "bce: no gradient where it is clipped");
    graph_set(c, LIST(2, 2, 2, 2), 4);
    graph_set(t, LIST(0, 0, 0, 0), 4);
    net_forward(g.net);
    check(close_to(bce->y, WANT(-log(2e-7)), 1, 1e-4), "bce of 1 where 0 is wanted is -log(2c)");
    graph_free(&g);
}

static void test_stft_loss(void)
{
    enum { TIME = 300 };
    struct graph g = graph_new(1, NULL, true);
    struct node *x = graph_input(&g, 1, TIME), *t = graph_given(&g, 1, TIME);
    struct node *y = net_stft_loss(g.net, x, t, (struct stft_loss){64, 16, 1e-3f, 1, 1, 1});
    bool zero = true, finite = true;

    net_loss(y, 1);
    plan(&g);
    graph_draw(&g, x->y, TIME);
    memcpy(t->y, x->y, TIME * sizeof(float));
    net_forward(g.net);
    net_backward(g.net);
    for (int i = 0; i < TIME; i++)
        zero &= x->dy[i] == 0;
    check(y->y[0] == 0 && zero, "stft_loss of the target itself is 0, gradient too");
    memset(t->y, 0, TIME * sizeof(float));
    net_forward(g.net);
    net_backward(g.net);
    finite &= isfinite(y->y[0]) && y->y[0] > 1;
    memcpy(t->y, x->y, TIME * sizeof(float));
    memset(x->y, 0, TIME * sizeof(float));
    net_forward(g.net);
    net_backward(g.net);
    for (int i = 0; i < TIME; i++)
        finite &= isfinite(x->dy[i]);
    check(finite && y->y[0] > 1, "stft_loss of silence and to silence is finite");
    graph_free(&g);
}

int main(void)
{
    test_conv();
    test_geometry();
    test_dense();
    test_norms();
    test_norm_of_one();
    test_activations();
    test_snake();
    test_losses();
    test_stft_loss();
    return check_done();
}
