/* Losses value by value: cross entropy with logits, Keras' binary cross
 * entropy. Chunks are summed apart and then in order. */
#include <assert.h>

#include "base/kernel.h"
#include "nn/layers.h"

enum { CHUNK = 8192, LANES = 16 };

/* The sum of f over a chunk, f(x, t) written out in each kernel: lanes are
 * summed apart so that the loop needs no reordering to be vectorised. */
#define LANE_SUM(value) \
    float lane[LANES] = {0}; \
    float rest = 0; \
    double sum = 0; \
    size_t i = 0; \
    for (; i + LANES <= n; i += LANES) \
        for (size_t j = 0; j < LANES; j++) \
            lane[j] += value(x[i + j], t[i + j]); \
    for (; i < n; i++) \
        rest += value(x[i], t[i]); \
    for (size_t j = 0; j < LANES; j++) \
        sum += (double)lane[j]; \
    *out = (float)(sum + (double)rest)

KERNEL_INLINE float bce_logits_value(float l, float t)
{
    float high = l > 0 ? l : 0, low = l > 0 ? -l : l;

    return high - l * t + kernel_log(1.0f + kernel_exp(low));
}

#define BCE_CLIP 1e-7f

KERNEL_INLINE float bce_clip(float p)
{
    return p < BCE_CLIP ? BCE_CLIP : p > 1 - BCE_CLIP ? 1 - BCE_CLIP : p;
}

KERNEL_INLINE float bce_value(float x, float t)
{
    float p = bce_clip(x), q = bce_clip(1 - x);

    return -(t * kernel_log(p + BCE_CLIP) + (1 - t) * kernel_log(q + BCE_CLIP));
}

KERNEL_INLINE float bce_logits_slope(float l, float t)
{
    return kernel_sigmoid(l) - t;
}

KERNEL_INLINE float bce_slope(float x, float t)
{
    float p = bce_clip(x), q = bce_clip(1 - x);
    float slope = (1 - t) / (q + BCE_CLIP) - t / (p + BCE_CLIP);

    return p == x ? slope : 0;
}

#define SLOPES(slope) \
    if (add) \
        for (size_t i = 0; i < n; i++) \
            dx[i] += scale * slope(x[i], t[i]); \
    else \
        for (size_t i = 0; i < n; i++) \
        dx[i] = scale * slope(x[i], t[i])

KERNEL(bce_logits_sum, (const float *x, const float *t, size_t n, float *out), (x, t, n, out))
{
    LANE_SUM(bce_logits_value);
}

KERNEL(bce_sum, (const float *x, const float *t, size_t n, float *out), (x, t, n, out))
{
    LANE_SUM(bce_value);
}

KERNEL(bce_logits_slopes, (const float *x, const float *t, size_t n, float scale, bool add, float *dx),
       (x, t, n, scale, add, dx))
{
    SLOPES(bce_logits_slope);
}

KERNEL(bce_slopes, (const float *x, const float *t, size_t n, float scale, bool add, float *dx),
       (x, t, n, scale, add, dx))
{
    SLOPES(bce_slope);
}

struct pointwise {
    void (*sum)(const float *x, const float *t, size_t n, float *out);
    void (*slopes)(const float *x, const float *t, size_t n, float scale, bool add, float *dx);
    bool mean_of_all; /* else summed over a clip, mean over the batch */
};

static float pointwise_scale(const struct node *n)
{
    const struct pointwise *p = n->conf;

    return 1.0f / (p->mean_of_all ? (float)node_count(n->in[0]) : (float)node_batch(n->in[0]));
}

static void sum_chunk(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct pointwise *p = n->conf;

    p->sum(n->in[0]->y + first, n->in[1]->y + first, last - first, n->work + first / CHUNK);
}

static void pointwise_forward(struct node *n)
{
    size_t count = node_count(n->in[0]);
    double sum = 0;

    net_parallel(n->net, count, CHUNK, sum_chunk, n);
    for (size_t i = 0; i < (count + CHUNK - 1) / CHUNK; i++)
        sum += (double)n->work[i];
    n->y[0] = (float)(sum * (double)pointwise_scale(n));
}

static void slope_chunk(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct pointwise *p = n->conf;

    p->slopes(n->in[0]->y + first, n->in[1]->y + first, last - first, n->dy[0] * pointwise_scale(n), n->add[0],
              node_grad(n, 0) + first);
}

static void pointwise_backward(struct node *n)
{
    if (node_grad(n, 0))
        net_parallel(n->net, node_count(n->in[0]), CHUNK, slope_chunk, n);
}

static struct node *pointwise(struct net *net, const struct op *op, struct node *x, struct node *target,
                              struct pointwise p)
{
    struct node *n = net_add_scalar(net, op, 2, (struct node *[]){x, target}, sizeof p);
    size_t count = (size_t)x->shape[0] * (size_t)x->shape[1] * (size_t)x->shape[2];

    assert(x->shape[1] == target->shape[1] && x->shape[2] == target->shape[2] && !target->wants);
    *(struct pointwise *)n->conf = p;
    n->work_floats = (count + CHUNK - 1) / CHUNK;
    return n;
}

struct node *net_bce_logits(struct net *net, struct node *logit, struct node *target)
{
    static const struct op op = {"bce_logits", pointwise_forward, pointwise_backward};

    return pointwise(net, &op, logit, target, (struct pointwise){bce_logits_sum, bce_logits_slopes, false});
}

struct node *net_bce(struct net *net, struct node *x, struct node *target)
{
    static const struct op op = {"bce", pointwise_forward, pointwise_backward};

    return pointwise(net, &op, x, target, (struct pointwise){bce_sum, bce_slopes, true});
}
