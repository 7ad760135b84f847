/* Distance of standardised log magnitude spectra, in log and in linear terms. */
#include <math.h>

#include "base/kernel.h"
#include "nn/layers.h"

/* Per row (clip and channel): sums of |y - t|, |e^Y - e^T| and e^T. */
enum { SUMS = 3 };

struct spectral_loss {
    float top;
    float linear;                /* 1 / sum of e^T of the last forward */
};

KERNEL(row_sums, (const float *y, const float *t, size_t n, float mean, float sd, float top, float *sums),
       (y, t, n, mean, sd, top, sums))
{
    enum { LANES = 16 };
    float lane[SUMS][LANES] = {{0}};
    size_t i = 0;

    for (int s = 0; s < SUMS; s++)
        sums[s] = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            float level = sd * y[i + j] + mean, target = kernel_exp(sd * t[i + j] + mean);

            lane[0][j] += fabsf(y[i + j] - t[i + j]);
            lane[1][j] += fabsf(kernel_exp(level < top ? level : top) - target);
            lane[2][j] += target;
        }
    for (; i < n; i++) {
        float level = sd * y[i] + mean, target = kernel_exp(sd * t[i] + mean);

        sums[0] += fabsf(y[i] - t[i]);
        sums[1] += fabsf(kernel_exp(level < top ? level : top) - target);
        sums[2] += target;
    }
    for (int s = 0; s < SUMS; s++)
        for (int j = 0; j < LANES; j++)
            sums[s] += lane[s][j];
}

/* The slopes at one value of both terms; the units are theirs per value, mean and sd the channel's. */
KERNEL_INLINE float slope_at(float y, float t, float mean, float sd, float top, float log_unit, float linear_unit)
{
    float level = sd * y + mean, bounded = level < top ? level : top, value = kernel_exp(bounded);
    float target = kernel_exp(sd * t + mean), unit = level < top ? linear_unit * sd * value : 0;
    float up = value > target ? unit : 0, down = value < target ? unit : 0;
    float above = y > t ? log_unit : 0, below = y < t ? log_unit : 0;

    return above - below + up - down;
}

KERNEL(row_slopes, (const float *restrict y, const float *restrict t, size_t n, float mean, float sd, float top,
                    float log_unit, float linear_unit, bool add, float *restrict dy),
       (y, t, n, mean, sd, top, log_unit, linear_unit, add, dy))
{
    if (add)
        for (size_t i = 0; i < n; i++)
            dy[i] += slope_at(y[i], t[i], mean, sd, top, log_unit, linear_unit);
    else
        for (size_t i = 0; i < n; i++)
            dy[i] = slope_at(y[i], t[i], mean, sd, top, log_unit, linear_unit);
}

static void rows_forward(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct spectral_loss *l = n->conf;
    size_t channels = (size_t)n->in[0]->shape[1], time = (size_t)n->in[0]->shape[2];

    for (size_t r = first; r < last; r++)
        row_sums(n->in[0]->y + r * time, n->in[1]->y + r * time, time, n->in[2]->y[r % channels],
                 n->in[3]->y[r % channels], l->top, n->work + r * SUMS);
}

static void spectral_forward(struct node *n)
{
    struct spectral_loss *l = n->conf;
    size_t rows = (size_t)node_batch(n->in[0]) * (size_t)n->in[0]->shape[1];
    double sums[SUMS] = {0};

    net_parallel(n->net, rows, 64, rows_forward, n);
    for (size_t r = 0; r < rows; r++)
        for (int s = 0; s < SUMS; s++)
            sums[s] += (double)n->work[r * SUMS + (size_t)s];
    l->linear = (float)(1 / sums[2]);
    n->y[0] = (float)(sums[0] / (double)node_count(n->in[0]) + sums[1] / sums[2]);
}

static void rows_backward(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct spectral_loss *l = n->conf;
    size_t channels = (size_t)n->in[0]->shape[1], time = (size_t)n->in[0]->shape[2];

    for (size_t r = first; r < last; r++)
        row_slopes(n->in[0]->y + r * time, n->in[1]->y + r * time, time, n->in[2]->y[r % channels],
                   n->in[3]->y[r % channels], l->top, n->dy[0] / (float)node_count(n->in[0]), n->dy[0] * l->linear,
                   n->add[0], node_grad(n, 0) + r * time);
}

static void spectral_backward(struct node *n)
{
    if (node_grad(n, 0))
        net_parallel(n->net, (size_t)node_batch(n->in[0]) * (size_t)n->in[0]->shape[1], 64, rows_backward, n);
}

struct node *net_spectral_loss(struct net *net, struct node *y, struct node *target, struct node *mean, struct node *sd,
                               float top)
{
    static const struct op op = {"spectral_loss", spectral_forward, spectral_backward, NULL};
    struct node *n;

    if (!y || !target || !mean || !sd)
        return NULL;
    if (y->shape[1] != target->shape[1] || y->shape[2] != target->shape[2] || mean->shape[0] != y->shape[1] ||
        sd->shape[0] != y->shape[1])
        return net_refuse(net, "spectral_loss: spectrum, target, mean and sd do not fit together");
    n = net_add_scalar(net, &op, 4, (struct node *[]){y, target, mean, sd}, sizeof(struct spectral_loss));
    if (n) {
        n->work_floats = (size_t)y->shape[0] * (size_t)y->shape[1] * SUMS;
        net_spectral_loss_top(n, top);
    }
    return n;
}

void net_spectral_loss_top(struct node *loss, float top)
{
    ((struct spectral_loss *)loss->conf)->top = top;
}
