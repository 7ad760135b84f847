/* Layer norm: all channels at one instant of a clip share mean and var (Ba et
 * al. 2016); the gradient is that of norm.c. A task is BLOCK instants of one
 * clip, walked channel by channel so that all loops run along time; the
 * gradients of gamma and beta are sums the other way, in a pass of their own. */
#include <math.h>
#include <string.h>

#include "base/kernel.h"
#include "nn/layers.h"

enum { BLOCK = 256, GRAIN = 16384, LANES = 8 };

enum { X, GAMMA, BETA };

struct layer_norm {
    float epsilon;
    size_t blocks;                 /* of a clip */
};

/* ---- kernels over n instants of one channel ---- */

KERNEL(columns_sum, (const float *restrict x, size_t n, double *restrict sum), (x, n, sum))
{
    for (size_t t = 0; t < n; t++)
        sum[t] += (double)x[t];
}

KERNEL(columns_squares, (const float *restrict x, size_t n, const double *restrict mean,
                         double *restrict sum), (x, n, mean, sum))
{
    for (size_t t = 0; t < n; t++)
        sum[t] += ((double)x[t] - mean[t]) * ((double)x[t] - mean[t]);
}

/* sums of g and of g (x - mean), g = gamma dy */
KERNEL(columns_products, (const float *restrict x, const float *restrict dy, size_t n, double gamma,
                          const double *restrict mean, double *restrict sum, double *restrict product),
       (x, dy, n, gamma, mean, sum, product))
{
    for (size_t t = 0; t < n; t++) {
        double g = gamma * (double)dy[t];

        sum[t] += g;
        product[t] += g * ((double)x[t] - mean[t]);
    }
}

KERNEL(columns_scale, (const float *restrict x, float *restrict y, size_t n, const double *restrict mean,
                       const double *restrict r, double gamma, double beta), (x, y, n, mean, r, gamma, beta))
{
    for (size_t t = 0; t < n; t++)
        y[t] = (float)(gamma * (r[t] * ((double)x[t] - mean[t])) + beta);
}

/* dx = r (g - a - b (x - mean)) */
KERNEL(columns_gradient, (const float *restrict x, const float *restrict dy, float *restrict dx, size_t n,
                          double gamma, const double *restrict mean, const double *restrict r,
                          const double *restrict a, const double *restrict b, bool add),
       (x, dy, dx, n, gamma, mean, r, a, b, add))
{
    for (size_t t = 0; t < n; t++) {
        float g = (float)(r[t] * ((gamma * (double)dy[t] - a[t]) - b[t] * ((double)x[t] - mean[t])));

        dx[t] = add ? dx[t] + g : g;
    }
}

/* sums of dy and of dy h, h = (x - mean) r, over all instants of a clip */
KERNEL(channel_sums, (const float *x, const float *dy, size_t n, const double *mean, const double *r,
                      double *sum, double *product), (x, dy, n, mean, r, sum, product))
{
    double lane[LANES] = {0}, other[LANES] = {0};
    size_t t = 0;

    for (; t + LANES <= n; t += LANES)
        for (size_t j = 0; j < LANES; j++) {
            lane[j] += (double)dy[t + j];
            other[j] += (double)dy[t + j] * (r[t + j] * ((double)x[t + j] - mean[t + j]));
        }
    for (; t < n; t++) {
        lane[0] += (double)dy[t];
        other[0] += (double)dy[t] * (r[t] * ((double)x[t] - mean[t]));
    }
    for (size_t j = 0; j < LANES; j++) {
        *sum += lane[j];
        *product += other[j];
    }
}

/* ---- the operator ---- */

/* Where a block begins, in x and in the moments, and how many instants it has. */
struct block {
    size_t x, moments, count;
};

static struct block block_at(const struct node *n, size_t task)
{
    const struct layer_norm *how = n->conf;
    size_t time = (size_t)n->shape[2], clip = task / how->blocks, t = task % how->blocks * BLOCK;

    return (struct block){clip * (size_t)n->shape[1] * time + t, clip * time + t,
                          time - t < BLOCK ? time - t : BLOCK};
}

/* n->work holds mean and r of each instant, then two sums of each channel */
static size_t instants(const struct node *n)
{
    return (size_t)n->shape[0] * (size_t)n->shape[2];
}

static double *means(const struct node *n)
{
    return (double *)(void *)n->work;
}

static double *scales(const struct node *n)
{
    return means(n) + instants(n);
}

static double *channel_totals(const struct node *n)
{
    return means(n) + 2 * instants(n);
}

static void forward_blocks(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct layer_norm *how = n->conf;
    size_t channels = (size_t)n->shape[1], time = (size_t)n->shape[2];

    for (size_t task = first; task < last; task++) {
        struct block k = block_at(n, task);
        const float *x = n->in[X]->y + k.x;
        float *y = n->y + k.x;
        double *mean = means(n) + k.moments, *r = scales(n) + k.moments;
        double sum[BLOCK] = {0}, squares[BLOCK] = {0};

        for (size_t c = 0; c < channels; c++)
            columns_sum(x + c * time, k.count, sum);
        for (size_t t = 0; t < k.count; t++)
            mean[t] = sum[t] / (double)channels;
        for (size_t c = 0; c < channels; c++)
            columns_squares(x + c * time, k.count, mean, squares);
        for (size_t t = 0; t < k.count; t++)
            r[t] = 1 / sqrt(squares[t] / (double)channels + (double)how->epsilon);
        for (size_t c = 0; c < channels; c++)
            columns_scale(x + c * time, y + c * time, k.count, mean, r,
                          (double)n->in[GAMMA]->y[c], (double)n->in[BETA]->y[c]);
    }
}

static void backward_blocks(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    size_t channels = (size_t)n->shape[1], time = (size_t)n->shape[2];

    for (size_t task = first; task < last; task++) {
        struct block k = block_at(n, task);
        const float *x = n->in[X]->y + k.x, *dy = n->dy + k.x, *gamma = n->in[GAMMA]->y;
        const double *mean = means(n) + k.moments, *r = scales(n) + k.moments;
        float *dx = node_grad(n, X) + k.x;
        double a[BLOCK], b[BLOCK], sum[BLOCK] = {0}, product[BLOCK] = {0};

        for (size_t c = 0; c < channels; c++)
            columns_products(x + c * time, dy + c * time, k.count, (double)gamma[c], mean, sum, product);
        for (size_t t = 0; t < k.count; t++) {
            a[t] = sum[t] / (double)channels;
            b[t] = r[t] * r[t] * product[t] / (double)channels;
        }
        for (size_t c = 0; c < channels; c++)
            columns_gradient(x + c * time, dy + c * time, dx + c * time, k.count, (double)gamma[c], mean, r,
                             a, b, n->add[X]);
    }
}

static void backward_channels(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    size_t channels = (size_t)n->shape[1], time = (size_t)n->shape[2];

    for (size_t c = first; c < last; c++) {
        double *total = channel_totals(n) + 2 * c;

        total[0] = total[1] = 0;
        for (size_t clip = 0; clip < (size_t)node_batch(n); clip++) {
            size_t row = (clip * channels + c) * time;

            channel_sums(n->in[X]->y + row, n->dy + row, time, means(n) + clip * time,
                         scales(n) + clip * time, &total[0], &total[1]);
        }
    }
}

static size_t grain_of(size_t size)
{
    return size < GRAIN ? GRAIN / size : 1;
}

static size_t block_grain(const struct node *n)
{
    size_t count = n->shape[2] < BLOCK ? (size_t)n->shape[2] : BLOCK;

    return grain_of(count * (size_t)n->shape[1]);
}

static void layer_forward(struct node *n)
{
    const struct layer_norm *how = n->conf;

    net_parallel(n->net, (size_t)node_batch(n) * how->blocks, block_grain(n), forward_blocks, n);
}

static void layer_backward(struct node *n)
{
    const struct layer_norm *how = n->conf;
    const double *total = channel_totals(n);
    float *dgamma = node_grad(n, GAMMA), *dbeta = node_grad(n, BETA);
    size_t channels = (size_t)n->shape[1];

    if (node_grad(n, X))
        net_parallel(n->net, (size_t)node_batch(n) * how->blocks, block_grain(n), backward_blocks, n);
    if (!dgamma && !dbeta)
        return;
    net_parallel(n->net, channels, grain_of((size_t)node_batch(n) * (size_t)n->shape[2]), backward_channels,
                 n);
    for (size_t c = 0; dgamma && c < channels; c++)
        dgamma[c] = (n->add[GAMMA] ? dgamma[c] : 0) + (float)total[2 * c + 1];
    for (size_t c = 0; dbeta && c < channels; c++)
        dbeta[c] = (n->add[BETA] ? dbeta[c] : 0) + (float)total[2 * c];
}

static bool per_channel(const struct node *p, const struct node *x)
{
    return !p->batched && p->shape[0] == x->shape[1] && p->shape[1] == 1 && p->shape[2] == 1;
}

struct node *net_layer_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                            float epsilon)
{
    static const struct op op = {"layer_norm", layer_forward, layer_backward, NULL};
    struct layer_norm *how;
    struct node *n;

    if (!x || !gamma || !beta)
        return NULL;
    if (!x->batched)
        return net_refuse(net, "layer_norm: '%s' is not an activation [batch, channels, time]", x->name);
    if (!(epsilon > 0))
        return net_refuse(net, "layer_norm: epsilon is %g, not positive", (double)epsilon);
    if (!per_channel(gamma, x) || !per_channel(beta, x))
        return net_refuse(net, "layer_norm: '%s' [%d, %d, %d] and '%s' [%d, %d, %d] for %d channels",
                          gamma->name, gamma->shape[0], gamma->shape[1], gamma->shape[2], beta->name,
                          beta->shape[0], beta->shape[1], beta->shape[2], x->shape[1]);
    n = net_add_node(net, &op, 3, (struct node *[]){x, gamma, beta}, x->shape[1], x->shape[2], sizeof *how);
    if (!n)
        return NULL;
    how = n->conf;
    how->epsilon = epsilon;
    how->blocks = ((size_t)x->shape[2] + BLOCK - 1) / BLOCK;
    n->work_floats = 2 * (instants(n) + (size_t)x->shape[1]) * (sizeof(double) / sizeof(float));
    return n;
}
