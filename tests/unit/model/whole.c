/* Networks of whole clips, shown on the smallest: what is built around an encoder and a decoder. */
#include "model/whole.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "check.h"
#include "nn/adam.h"
#include "nn/layers.h"

enum { SAMPLES = 12, LATENT = 2, CLIPS = 4 };

static struct node *dense(struct net *net, struct node *x, const char *prefix, int out)
{
    struct node *w = net_param_of(net, prefix, "kernel", 2, (int64_t[]){x ? x->shape[1] : 1, out}, INIT_GLOROT);

    return net_dense(net, x, w, net_param_of(net, prefix, "bias", 1, (int64_t[]){out}, INIT_ZERO));
}

static struct node *encoder(struct net *net, struct node *x, const int *hidden, int latent)
{
    return dense(net, net_relu(net, dense(net, x, "enc/hidden", *hidden)), "enc/latent", 2 * latent);
}

static struct node *decoder(struct net *net, struct node *z, const int *hidden, int samples)
{
    return dense(net, net_relu(net, dense(net, z, "dec/hidden", *hidden)), "dec/out", samples);
}

static const struct whole network = {(const int[]){8}, encoder, decoder, false};

static void test_input(const struct whole_graph *g)
{
    static const float x[] = {1, 2, 3};
    float *second = g->x->y + SAMPLES;

    for (int i = 0; i < SAMPLES; i++)
        second[i] = 9;
    whole_input(g, 1, x, 3);
    check(!memcmp(second, x, sizeof x), "a clip goes to its place");
    for (int i = 3; i < SAMPLES; i++)
        check(!(second[i] > 0), "zeros stand behind its end, at %d", i);
}

/* Two kinds of clips are told apart after a while. */
static void test_steps(const struct whole_graph *g, struct params *p)
{
    struct adam adam = {0.01, 0.9, 0.999, 1e-8, false, 0};
    struct rng r = rng_new(3, 4);
    double first = 0, last = 0;

    for (int c = 0; c < CLIPS; c++)
        for (int i = 0; i < SAMPLES; i++)
            g->x->y[c * SAMPLES + i] = (float)((i + c) % 2);
    for (int step = 0; step < 400; step++) {
        rng_normal(&r, g->eps->y, node_count(g->eps));
        net_forward(g->net);
        last = net_loss_value(g->net);
        first = step == 0 ? last : first;
        net_backward(g->net);
        adam_step(&adam, p, NULL, 1);
    }
    check(fabs(last - (double)g->nll->y[0] - (double)g->kl->y[0]) < 1e-4, "minimised is -log p(x|z) + KL");
    check(g->reconstruction == NULL, "and nothing more");
    check(last < first / 2, "steps make it less: %g, %g before", last, first);
}

static void test_halves(const struct whole_graph *g, struct params *p)
{
    struct whole_graph e = whole_build(&network, SAMPLES, LATENT, WHOLE_ENCODER, p, CLIPS, NULL);
    struct whole_graph d = whole_build(&network, SAMPLES, LATENT, WHOLE_DECODER | WHOLE_SAMPLE, p, CLIPS, NULL);

    net_plan(e.net, 0, false);
    net_plan(d.net, 0, false);
    memcpy(e.x->y, g->x->y, node_count(g->x) * sizeof(float));
    memset(g->eps->y, 0, node_count(g->eps) * sizeof(float));
    net_forward(g->net);
    net_forward(e.net);
    memcpy(d.z->y, e.mean->y, node_count(e.mean) * sizeof(float));
    net_forward(d.net);
    check(!memcmp(g->logvar->y, e.logvar->y, node_count(e.logvar) * sizeof(float)), "encode as the whole does");
    check(!memcmp(g->sample->y, d.sample->y, node_count(d.sample) * sizeof(float)), "and decode");
    net_free(e.net);
    net_free(d.net);
}

int main(void)
{
    struct params *p = params_new();
    struct whole_graph g = whole_build(&network, SAMPLES, LATENT, WHOLE_ALL | WHOLE_SAMPLE, p, CLIPS, NULL);

    net_plan(g.net, 5, true);
    net_set_batch(g.net, CLIPS);
    test_input(&g);
    test_steps(&g, p);
    test_halves(&g, p);
    net_free(g.net);
    params_free(p);
    return check_done();
}
