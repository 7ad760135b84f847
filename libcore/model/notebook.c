/* The network 'notebook', built from layers, and its Keras-shaped parameters. */
#include "model/notebook.h"

#include <stdio.h>
#include <string.h>

#include "model/network.h"
#include "nn/layers.h"

enum { NAME = 64 };
static const float norm_epsilon = 1e-3f, slope = 0.4f;

enum { BLOCKS = 4 };
/* Channels and, of the residual blocks, kernel sizes: of the encoder, of the decoder. */
static const int preset[2 * BLOCKS] = {64, 128, 128, 256, 512, 256, 128, 64};

static struct node *bias(struct net *net, const char *prefix, int channels)
{
    return net_param_of(net, prefix, "bias", 1, (int64_t[]){channels}, INIT_ZERO);
}

/* Conv1D(out, kernel, 'same'), of whatever stride: the sequence is one sample long */
static struct node *conv(struct net *net, struct node *x, const char *prefix, int out, int kernel)
{
    struct node *w = net_param_of(net, prefix, "kernel", 3, (int64_t[]){out, x->shape[1], kernel}, INIT_GLOROT);

    return net_conv1d(net, x, w, bias(net, prefix, out));
}

/* Conv1DTranspose(out, kernel, stride 1, 'same') */
static struct node *conv_transpose(struct net *net, struct node *x, const char *prefix, int out, int kernel)
{
    struct node *w = net_param_of(net, prefix, "kernel", 3, (int64_t[]){x->shape[1], out, kernel}, INIT_GLOROT);

    return net_conv1d_transpose(net, x, w, bias(net, prefix, out));
}

static struct node *norm(struct net *net, struct node *x, const char *prefix, bool encoder)
{
    struct node *gamma = net_param_of(net, prefix, "gamma", 1, (int64_t[]){1}, INIT_ONE);
    struct node *beta = net_param_of(net, prefix, "beta", 1, (int64_t[]){1}, INIT_ZERO);

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

static struct node *encoder(struct net *net, struct node *x, const int *hidden, int latent)
{
    struct node *h = x, *w;

    for (int i = 0; i < BLOCKS; i++) {
        char name[NAME];

        snprintf(name, sizeof name, "enc/conv%d", i + 1);
        h = conv(net, h, name, hidden[i], 1);
        snprintf(name, sizeof name, "enc/res%d", i + 1);
        h = residual(net, h, name, hidden[i], true);
    }
    w = net_param(net, "enc/dense/kernel", 2, (int64_t[]){hidden[BLOCKS - 1], 2 * latent}, INIT_GLOROT);
    return net_dense(net, h, w, bias(net, "enc/dense", 2 * latent));
}

static struct node *decoder(struct net *net, struct node *z, const int *hidden, int samples)
{
    struct node *h = z;

    for (int i = 0; i < BLOCKS; i++) {
        char name[NAME];

        snprintf(name, sizeof name, "dec/res%d", i + 1);
        h = residual(net, h, name, hidden[BLOCKS + i], false);
        snprintf(name, sizeof name, "dec/conv%d", i + 1);
        h = conv_transpose(net, h, name, hidden[BLOCKS + i], 1);
    }
    return conv_transpose(net, h, "dec/conv5", samples, 1);
}

const struct whole notebook = {preset, encoder, decoder, true};

static const struct network_option options[] = {
    {"epochs_wanted", 20, NULL}, {"latent", 2, NULL},           {"batch", 10, NULL},
    {"buffer", 0, "all clips"},  {"learning_rate", 3e-4, NULL}, {NULL, 0, NULL},
};

const struct network network_notebook = {.clip_samples = 90001,
                                         .clip_rate = 3000,
                                         .name = "notebook",
                                         .options = options,
                                         .codec = &codec_whole,
                                         .eval = &eval_whole,
                                         .one_length = &notebook};

/* ---- Keras' order of axes ---- */

void keras_shape(const struct param *q, bool keras, int64_t *shape)
{
    for (int i = 0; i < q->rank; i++)
        shape[i] = keras && q->rank == 3 ? q->shape[2 - i] : q->shape[i];
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

void keras_export(const struct param *q, bool keras, const float *ours, float *out)
{
    if (keras && q->rank == 3)
        reverse_axes(q->shape[0], q->shape[1], q->shape[2], ours, out);
    else
        memcpy(out, ours, q->count * sizeof *ours);
}

void keras_import(const struct param *q, bool keras, const float *in, float *ours)
{
    if (keras && q->rank == 3)
        reverse_axes(q->shape[2], q->shape[1], q->shape[0], in, ours);
    else
        memcpy(ours, in, q->count * sizeof *in);
}
