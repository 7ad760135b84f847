/* The network 'notebook', built from layers, and its Keras-shaped parameters. */
#include "model/notebook.h"

#include <stdio.h>
#include <string.h>

#include "nn/layers.h"

enum { NAME = 64 };
static const float norm_epsilon = 1e-3f, slope = 0.4f;

struct notebook notebook_preset(int samples, int latent)
{
    return (struct notebook){samples, latent, {64, 128, 128, 256}, {512, 256, 128, 64}};
}

static struct node *param(struct net *net, const char *prefix, const char *name, int rank, const int64_t *shape,
                          enum init_kind init)
{
    char full[2 * NAME];

    snprintf(full, sizeof full, "%s/%s", prefix, name);
    return net_param(net, full, rank, shape, init);
}

static struct node *bias(struct net *net, const char *prefix, int channels)
{
    return param(net, prefix, "bias", 1, (int64_t[]){channels}, INIT_ZERO);
}

/* Conv1D(out, kernel, 'same'), of whatever stride: the sequence is one sample long */
static struct node *conv(struct net *net, struct node *x, const char *prefix, int out, int kernel)
{
    struct node *w = param(net, prefix, "kernel", 3, (int64_t[]){out, x->shape[1], kernel}, INIT_GLOROT);

    return net_conv1d(net, x, w, bias(net, prefix, out));
}

/* Conv1DTranspose(out, kernel, stride 1, 'same') */
static struct node *conv_transpose(struct net *net, struct node *x, const char *prefix, int out, int kernel)
{
    struct node *w = param(net, prefix, "kernel", 3, (int64_t[]){x->shape[1], out, kernel}, INIT_GLOROT);

    return net_conv1d_transpose(net, x, w, bias(net, prefix, out));
}

static struct node *norm(struct net *net, struct node *x, const char *prefix, bool encoder)
{
    struct node *gamma = param(net, prefix, "gamma", 1, (int64_t[]){1}, INIT_ONE);
    struct node *beta = param(net, prefix, "beta", 1, (int64_t[]){1}, INIT_ZERO);

    if (encoder)
        return net_instance_norm(net, x, gamma, beta, norm_epsilon);
    return net_batch_norm_inference(net, x, gamma, beta, norm_epsilon);
}

/* relu(x + one channel computed from relu(x) by two convolutions of one filter) */
static struct node *residual(struct net *net, struct node *x, const char *prefix, int kernel, bool encoder)
{
    char a[NAME], b[NAME], na[NAME], nb[NAME];
    struct node *h = net_relu(net, x);

    snprintf(a, sizeof a, "%s/a", prefix);
    snprintf(b, sizeof b, "%s/b", prefix);
    snprintf(na, sizeof na, "%s/na", prefix);
    snprintf(nb, sizeof nb, "%s/nb", prefix);
    h = encoder ? conv(net, h, a, 1, kernel) : conv_transpose(net, h, a, 1, kernel);
    h = net_leaky_relu(net, norm(net, h, na, encoder), slope);
    h = encoder ? conv(net, h, b, 1, kernel) : conv_transpose(net, h, b, 1, kernel);
    h = net_leaky_relu(net, norm(net, h, nb, encoder), slope);
    return net_relu(net, net_add(net, x, h));
}

static void build_encoder(struct notebook_graph *g, const struct notebook *shape)
{
    struct node *h = g->x, *w;

    for (int i = 0; i < 4; i++) {
        char name[NAME];

        snprintf(name, sizeof name, "enc/conv%d", i + 1);
        h = conv(g->net, h, name, shape->encoder[i], 1);
        snprintf(name, sizeof name, "enc/res%d", i + 1);
        h = residual(g->net, h, name, shape->encoder[i], true);
    }
    w = net_param(g->net, "enc/dense/kernel", 2, (int64_t[]){shape->encoder[3], 2 * shape->latent}, INIT_GLOROT);
    h = net_dense(g->net, h, w, bias(g->net, "enc/dense", 2 * shape->latent));
    g->mean = net_channels(g->net, h, 0, shape->latent);
    g->logvar = net_channels(g->net, h, shape->latent, shape->latent);
}

static void build_decoder(struct notebook_graph *g, const struct notebook *shape)
{
    struct node *h = g->z;

    for (int i = 0; i < 4; i++) {
        char name[NAME];

        snprintf(name, sizeof name, "dec/res%d", i + 1);
        h = residual(g->net, h, name, shape->decoder[i], false);
        snprintf(name, sizeof name, "dec/conv%d", i + 1);
        h = conv_transpose(g->net, h, name, shape->decoder[i], 1);
    }
    g->logit = conv_transpose(g->net, h, "dec/conv5", shape->samples, 1);
}

struct notebook_graph notebook_build(const struct notebook *shape, int parts, struct params *store, int batch,
                                     struct pool *pool)
{
    struct notebook_graph g = {.net = net_new(store, batch, pool)};

    if (parts & NOTEBOOK_ENCODER) {
        g.x = net_input(g.net, "x", shape->samples, 1);
        build_encoder(&g, shape);
    }
    if ((parts & NOTEBOOK_ALL) == NOTEBOOK_ALL) {
        g.eps = net_input(g.net, "eps", shape->latent, 1);
        g.z = net_reparameterize(g.net, g.mean, g.logvar, g.eps);
    } else if (parts & NOTEBOOK_DECODER) {
        g.z = net_input(g.net, "z", shape->latent, 1);
    }
    if (parts & NOTEBOOK_DECODER)
        build_decoder(&g, shape);
    if (parts & NOTEBOOK_SAMPLE)
        g.sample = net_sigmoid(g.net, g.logit);
    if ((parts & NOTEBOOK_ALL) == NOTEBOOK_ALL) {
        g.nll = net_bce_logits(g.net, g.logit, g.x);
        g.kl = net_kl_draw(g.net, g.z, g.mean, g.logvar);
        g.reconstruction = net_bce(g.net, g.logit, g.x);
        net_loss(g.nll, 1);
        net_loss(g.kl, 1);
        net_loss(g.reconstruction, 1);
    }
    return g;
}

void notebook_input(const struct notebook_graph *g, int i, const float *x, int64_t samples)
{
    size_t all = (size_t)g->x->shape[1], there = (size_t)samples;
    float *to = g->x->y + (size_t)i * all;

    memcpy(to, x, there * sizeof *to);
    memset(to + there, 0, (all - there) * sizeof *to);
}

/* ---- Keras' order of axes ---- */

void keras_shape(const struct param *q, int64_t *shape)
{
    for (int i = 0; i < q->rank; i++)
        shape[i] = q->rank == 3 ? q->shape[2 - i] : q->shape[i];
}

/* to[k][j][i] = from[i][j][k], in blocks that fit the cache */
static void reverse_axes(int64_t a, int64_t b, int64_t c, const float *from, float *to)
{
    enum { TILE = 32 };

    for (int64_t i0 = 0; i0 < a; i0 += TILE)
        for (int64_t j0 = 0; j0 < b; j0 += TILE)
            for (int64_t i = i0; i < a && i < i0 + TILE; i++)
                for (int64_t j = j0; j < b && j < j0 + TILE; j++)
                    for (int64_t k = 0; k < c; k++)
                        to[(k * b + j) * a + i] = from[(i * b + j) * c + k];
}

void keras_export(const struct param *q, const float *ours, float *keras)
{
    if (q->rank == 3)
        reverse_axes(q->shape[0], q->shape[1], q->shape[2], ours, keras);
    else
        memcpy(keras, ours, q->count * sizeof *ours);
}

void keras_import(const struct param *q, const float *keras, float *ours)
{
    if (q->rank == 3)
        reverse_axes(q->shape[2], q->shape[1], q->shape[0], keras, ours);
    else
        memcpy(ours, keras, q->count * sizeof *keras);
}
