/* Instance and batch norm: y = gamma (x - mean) / sqrt(var + epsilon) + beta,
 * by where mean and var come from (layer norm: norm_layer.c). With
 * h = (x - mean) r, r = 1 / sqrt(var + epsilon) and sums over the N values
 * that share a mean, g = gamma dy:
 *
 *     dx = r (g - sum g / N - h sum(g h) / N)     dgamma = sum dy h     dbeta = sum dy
 *
 * Where mean and var are given, the two sums in dx fall away. All of it is
 * worked out in double precision, as few values with a common mean leave little
 * of dx after the subtractions, and in an order that only the shape decides. */
#include <math.h>

#include "base/kernel.h"
#include "nn/layers.h"

enum { LANES = 8, GRAIN = 16384 };

enum { X, GAMMA, BETA };           /* inputs; running statistics come after them */

struct norm {
    float epsilon, momentum;
    struct node *mean, *var;       /* statistics: moved (batch norm) or given (its inference form) */
};

/* What is kept for each set of values that shares a mean. */
struct moments {
    double mean, var, r;           /* r = 1 / sqrt(var + epsilon) */
    double dy, dyx;                /* sums of dy and of dy (x - mean), backward */
};

/* ---- kernels over a row: one channel of one clip ---- */

KERNEL_INLINE double lane_total(const double *lane)
{
    double total = 0;

    for (size_t i = 0; i < LANES; i++)
        total += lane[i];
    return total;
}

KERNEL(row_sum, (const float *x, size_t n, double *sum), (x, n, sum))
{
    double lane[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += (double)x[i + j];
    for (; i < n; i++)
        lane[0] += (double)x[i];
    *sum += lane_total(lane);
}

KERNEL(row_squares, (const float *x, size_t n, double mean, double *sum), (x, n, mean, sum))
{
    double lane[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            double d = (double)x[i + j] - mean;

            lane[j] += d * d;
        }
    for (; i < n; i++)
        lane[0] += ((double)x[i] - mean) * ((double)x[i] - mean);
    *sum += lane_total(lane);
}

/* sum of dy and sum of dy (x - mean) */
KERNEL(row_products, (const float *x, const float *dy, size_t n, double mean, double *sum, double *product),
       (x, dy, n, mean, sum, product))
{
    double lane[LANES] = {0}, other[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            lane[j] += (double)dy[i + j];
            other[j] += (double)dy[i + j] * ((double)x[i + j] - mean);
        }
    for (; i < n; i++) {
        lane[0] += (double)dy[i];
        other[0] += (double)dy[i] * ((double)x[i] - mean);
    }
    *sum += lane_total(lane);
    *product += lane_total(other);
}

/* y = scale (x - mean) + shift */
KERNEL(row_scale, (const float *restrict x, float *restrict y, size_t n, double mean, double scale,
                   double shift), (x, y, n, mean, scale, shift))
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)(scale * ((double)x[i] - mean) + shift);
}

/* dx = scale (dy - a - b (x - mean)) */
KERNEL(row_gradient, (const float *restrict x, const float *restrict dy, float *restrict dx, size_t n,
                      double mean, double scale, double a, double b, bool add),
       (x, dy, dx, n, mean, scale, a, b, add))
{
    if (add)
        for (size_t i = 0; i < n; i++)
            dx[i] += (float)(scale * (((double)dy[i] - a) - b * ((double)x[i] - mean)));
    else
        for (size_t i = 0; i < n; i++)
            dx[i] = (float)(scale * (((double)dy[i] - a) - b * ((double)x[i] - mean)));
}

/* ---- common to all ---- */

static size_t channel_count(const struct node *n)
{
    return (size_t)n->shape[1];
}

static size_t time_count(const struct node *n)
{
    return (size_t)n->shape[2];
}

static size_t row_count(const struct node *n)
{
    return (size_t)node_batch(n) * channel_count(n);
}

/* How many items of size values make a task. */
static size_t grain_of(size_t size)
{
    return size < GRAIN ? GRAIN / size : 1;
}

static struct moments *moments_of(const struct node *n)
{
    return (struct moments *)(void *)n->work;
}

static void moments_set(struct moments *m, double mean, double var, float epsilon)
{
    m->mean = mean;
    m->var = var;
    m->r = 1 / sqrt(var + (double)epsilon);
}

/* dgamma and dbeta from the moments' sums; item i belongs to channel i modulo channels. */
static void affine_backward(const struct node *n, size_t items)
{
    const struct moments *m = moments_of(n);
    float *dgamma = node_grad(n, GAMMA), *dbeta = node_grad(n, BETA);
    size_t channels = channel_count(n);

    for (size_t c = 0; dgamma && c < channels; c++) {
        double sum = 0;

        for (size_t i = c; i < items; i += channels)
            sum += m[i].dyx * m[i].r;
        dgamma[c] = (n->add[GAMMA] ? dgamma[c] : 0) + (float)sum;
    }
    for (size_t c = 0; dbeta && c < channels; c++) {
        double sum = 0;

        for (size_t i = c; i < items; i += channels)
            sum += m[i].dy;
        dbeta[c] = (n->add[BETA] ? dbeta[c] : 0) + (float)sum;
    }
}

static bool per_channel(const struct node *p, const struct node *x)
{
    return !p->batched && p->shape[0] == x->shape[1] && p->shape[1] == 1 && p->shape[2] == 1;
}

/* items: sets of values that share a mean, over the whole capacity. */
static struct node *norm_node(struct net *net, const struct op *op, struct node *x, struct node *gamma,
                              struct node *beta, struct norm how, size_t items)
{
    struct node *in[5] = {x, gamma, beta}, *n;
    int inputs = 3;

    if (!x->batched)
        return net_refuse(net, "%s: '%s' is not an activation [batch, channels, time]", op->name, x->name);
    if (!(how.epsilon > 0))
        return net_refuse(net, "%s: epsilon is %g, not positive", op->name, (double)how.epsilon);
    if (how.mean)
        in[inputs++] = how.mean;
    if (how.var)
        in[inputs++] = how.var;
    for (int i = 1; i < inputs; i++)
        if (!per_channel(in[i], x))
            return net_refuse(net, "%s: '%s' is [%d, %d, %d] for %d channels", op->name, in[i]->name,
                              in[i]->shape[0], in[i]->shape[1], in[i]->shape[2], x->shape[1]);
    n = net_add_node(net, op, inputs, in, x->shape[1], x->shape[2], sizeof how);
    if (!n)
        return NULL;
    *(struct norm *)n->conf = how;
    n->work_floats = items * (sizeof(struct moments) / sizeof(float));
    return n;
}

/* ---- instance norm: each row has its own mean ---- */

static void instance_forward_rows(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct norm *how = n->conf;
    size_t time = time_count(n), channels = channel_count(n);

    for (size_t row = first; row < last; row++) {
        const float *x = n->in[X]->y + row * time;
        struct moments *m = moments_of(n) + row;
        double sum = 0, squares = 0, mean;

        row_sum(x, time, &sum);
        mean = sum / (double)time;
        row_squares(x, time, mean, &squares);
        moments_set(m, mean, squares / (double)time, how->epsilon);
        row_scale(x, n->y + row * time, time, m->mean, (double)n->in[GAMMA]->y[row % channels] * m->r,
                  (double)n->in[BETA]->y[row % channels]);
    }
}

static void instance_forward(struct node *n)
{
    net_parallel(n->net, row_count(n), grain_of(time_count(n)), instance_forward_rows, n);
}

static void instance_backward_rows(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    size_t time = time_count(n), channels = channel_count(n);
    float *dx = node_grad(n, X);

    for (size_t row = first; row < last; row++) {
        const float *x = n->in[X]->y + row * time, *dy = n->dy + row * time;
        struct moments *m = moments_of(n) + row;

        m->dy = m->dyx = 0;
        row_products(x, dy, time, m->mean, &m->dy, &m->dyx);
        if (dx)
            row_gradient(x, dy, dx + row * time, time, m->mean,
                         (double)n->in[GAMMA]->y[row % channels] * m->r, m->dy / (double)time,
                         m->r * m->r * m->dyx / (double)time, n->add[X]);
    }
}

static void instance_backward(struct node *n)
{
    net_parallel(n->net, row_count(n), grain_of(time_count(n)), instance_backward_rows, n);
    affine_backward(n, row_count(n));
}

struct node *net_instance_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                               float epsilon)
{
    static const struct op op = {"instance_norm", instance_forward, instance_backward, NULL};

    if (!x || !gamma || !beta)
        return NULL;
    return norm_node(net, &op, x, gamma, beta, (struct norm){epsilon, 0, NULL, NULL},
                     (size_t)x->shape[0] * (size_t)x->shape[1]);
}

/* ---- batch norm: all rows of a channel share a mean ---- */

static void batch_moments(const struct node *n, size_t c)
{
    const struct norm *how = n->conf;
    size_t time = time_count(n), rows = row_count(n), channels = channel_count(n);
    double count = (double)node_batch(n) * (double)time, sum = 0, squares = 0, mean;

    for (size_t row = c; row < rows; row += channels)
        row_sum(n->in[X]->y + row * time, time, &sum);
    mean = sum / count;
    for (size_t row = c; row < rows; row += channels)
        row_squares(n->in[X]->y + row * time, time, mean, &squares);
    moments_set(moments_of(n) + c, mean, squares / count, how->epsilon);
}

static void given_moments(const struct node *n, size_t c)
{
    const struct norm *how = n->conf;

    moments_set(moments_of(n) + c, how->mean ? (double)how->mean->y[c] : 0,
                how->var ? (double)how->var->y[c] : 1, how->epsilon);
}

static void batch_scale(const struct node *n, size_t c)
{
    const struct moments *m = moments_of(n) + c;
    size_t time = time_count(n), rows = row_count(n), channels = channel_count(n);

    for (size_t row = c; row < rows; row += channels)
        row_scale(n->in[X]->y + row * time, n->y + row * time, time, m->mean,
                  (double)n->in[GAMMA]->y[c] * m->r, (double)n->in[BETA]->y[c]);
}

static void batch_forward_channels(void *arg, size_t first, size_t last)
{
    for (size_t c = first; c < last; c++) {
        batch_moments(arg, c);
        batch_scale(arg, c);
    }
}

static void given_forward_channels(void *arg, size_t first, size_t last)
{
    for (size_t c = first; c < last; c++) {
        given_moments(arg, c);
        batch_scale(arg, c);
    }
}

/* moving: the mean and var of the batch depend on x. */
static void channel_backward(const struct node *n, size_t c, bool moving)
{
    struct moments *m = moments_of(n) + c;
    size_t time = time_count(n), rows = row_count(n), channels = channel_count(n);
    double count = (double)node_batch(n) * (double)time, a, b;
    float *dx = node_grad(n, X);

    m->dy = m->dyx = 0;
    for (size_t row = c; row < rows; row += channels)
        row_products(n->in[X]->y + row * time, n->dy + row * time, time, m->mean, &m->dy, &m->dyx);
    a = moving ? m->dy / count : 0;
    b = moving ? m->r * m->r * m->dyx / count : 0;
    for (size_t row = c; dx && row < rows; row += channels)
        row_gradient(n->in[X]->y + row * time, n->dy + row * time, dx + row * time, time, m->mean,
                     (double)n->in[GAMMA]->y[c] * m->r, a, b, n->add[X]);
}

static void batch_backward_channels(void *arg, size_t first, size_t last)
{
    for (size_t c = first; c < last; c++)
        channel_backward(arg, c, true);
}

static void given_backward_channels(void *arg, size_t first, size_t last)
{
    for (size_t c = first; c < last; c++)
        channel_backward(arg, c, false);
}

static size_t channel_grain(const struct node *n)
{
    return grain_of((size_t)node_batch(n) * time_count(n));
}

static void batch_forward(struct node *n)
{
    net_parallel(n->net, channel_count(n), channel_grain(n), batch_forward_channels, n);
}

/* The statistics move here, so that a forward alone changes nothing. */
static void batch_backward(struct node *n)
{
    const struct norm *how = n->conf;
    const struct moments *m = moments_of(n);

    net_parallel(n->net, channel_count(n), channel_grain(n), batch_backward_channels, n);
    affine_backward(n, channel_count(n));
    for (size_t c = 0; how->mean && c < channel_count(n); c++) {
        how->mean->y[c] += (1 - how->momentum) * ((float)m[c].mean - how->mean->y[c]);
        how->var->y[c] += (1 - how->momentum) * ((float)m[c].var - how->var->y[c]);
    }
}

static void given_forward(struct node *n)
{
    net_parallel(n->net, channel_count(n), channel_grain(n), given_forward_channels, n);
}

static void given_backward(struct node *n)
{
    net_parallel(n->net, channel_count(n), channel_grain(n), given_backward_channels, n);
    affine_backward(n, channel_count(n));
}

/* Trained values may not be moved or taken for given: nobody would work out their gradient. */
static bool is_statistic(const struct node *p)
{
    return !p || (p->param && !p->param->trainable);
}

struct node *net_batch_norm(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                            struct node *running_mean, struct node *running_var, float momentum,
                            float epsilon)
{
    static const struct op op = {"batch_norm", batch_forward, batch_backward, NULL};

    if (!x || !gamma || !beta)
        return NULL;
    if (!running_mean != !running_var || !is_statistic(running_mean) || !is_statistic(running_var))
        return net_refuse(net, "batch_norm: running mean and var are two statistics or none");
    if (!(momentum >= 0 && momentum <= 1))
        return net_refuse(net, "batch_norm: momentum is %g, not between 0 and 1", (double)momentum);
    return norm_node(net, &op, x, gamma, beta, (struct norm){epsilon, momentum, running_mean, running_var},
                     (size_t)x->shape[1]);
}

struct node *net_batch_norm_inference(struct net *net, struct node *x, struct node *gamma, struct node *beta,
                                      struct node *mean, struct node *var, float epsilon)
{
    static const struct op op = {"batch_norm_inference", given_forward, given_backward, NULL};

    if (!x || !gamma || !beta)
        return NULL;
    if (!is_statistic(mean) || !is_statistic(var))
        return net_refuse(net, "batch_norm_inference: mean and var are statistics or left out");
    return norm_node(net, &op, x, gamma, beta, (struct norm){epsilon, 0, mean, var}, (size_t)x->shape[1]);
}
