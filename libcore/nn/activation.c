/* Activations: functions of one value, each written as its value and its slope. */
#include <assert.h>
#include <math.h>

#include "base/kernel.h"
#include "nn/layers.h"

enum { GRAIN = 16384 };

typedef void (*value_kernel)(const float *x, float *y, size_t n, float p);
typedef void (*slope_kernel)(const float *x, const float *y, const float *dy, float *dx, size_t n, float p, bool add);

struct activation {
    value_kernel value;
    slope_kernel slope;
    float p; /* the slope of leaky_relu */
};

/* ACTIVATION(name) makes the kernels of name_value(x, p) and name_slope(x, y, p). */
#define ACTIVATION(name) \
    KERNEL(name##_values, (const float *restrict x, float *restrict y, size_t n, float p), (x, y, n, p)) \
    { \
        for (size_t i = 0; i < n; i++) \
            y[i] = name##_value(x[i], p); \
    } \
    KERNEL(name##_slopes, \
           (const float *restrict x, const float *restrict y, const float *restrict dy, float *restrict dx, size_t n, \
            float p, bool add), \
           (x, y, dy, dx, n, p, add)) \
    { \
        if (add) \
            for (size_t i = 0; i < n; i++) \
                dx[i] += dy[i] * name##_slope(x[i], y[i], p); \
        else \
            for (size_t i = 0; i < n; i++) \
                dx[i] = dy[i] * name##_slope(x[i], y[i], p); \
    }

#define VALUE(name) KERNEL_INLINE float name##_value(float x, float p)
#define SLOPE(name) KERNEL_INLINE float name##_slope(float x, float y, float p)
#define UNUSED(a, b) ((void)(a), (void)(b))

/* clang-format off: one line each */
/* ---- the functions; at a kink the slope is that from the left ---- */

VALUE(leaky)
{
    return x < 0 ? p * x + 0.0f : x; /* never -0 */
}
SLOPE(leaky)
{
    (void)y;
    return x > 0 ? 1.0f : p;
}
ACTIVATION(leaky)

VALUE(sigmoid)
{
    (void)p;
    return kernel_sigmoid(x);
}
SLOPE(sigmoid)
{
    UNUSED(x, p);
    return y * (1.0f - y);
}
ACTIVATION(sigmoid)

VALUE(silu)
{
    (void)p;
    return x * kernel_sigmoid(x);
}
SLOPE(silu)
{
    float s = fabsf(x) < 1e-30f ? 0.5f : y / x; /* the sigmoid again */

    (void)p;
    return s + y * (1.0f - s);
}
ACTIVATION(silu)

/* clang-format on */
/* ---- the operator ---- */

static void values_some(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct activation *a = n->conf;

    a->value(n->in[0]->y + first, n->y + first, last - first, a->p);
}

static void activation_forward(struct node *n)
{
    net_parallel(n->net, node_count(n), GRAIN, values_some, n);
}

static void slopes_some(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct activation *a = n->conf;

    a->slope(n->in[0]->y + first, n->y + first, n->dy + first, node_grad(n, 0) + first, last - first, a->p, n->add[0]);
}

static void activation_backward(struct node *n)
{
    net_parallel(n->net, node_count(n), GRAIN, slopes_some, n);
}

static struct node *activation_node(struct net *net, struct node *x, const struct op *op, struct activation a)
{
    struct node *n = net_add_node(net, op, 1, &x, x->shape[1], x->shape[2], sizeof a);

    assert(x->batched);
    *(struct activation *)n->conf = a;
    return n;
}

#define BUILDER(builder, kernel) \
    struct node *builder(struct net *net, struct node *x) \
    { \
        static const struct op op = {#kernel, activation_forward, activation_backward}; \
        return activation_node(net, x, &op, (struct activation){kernel##_values, kernel##_slopes, 0}); \
    }

BUILDER(net_sigmoid, sigmoid)
BUILDER(net_silu, silu)

struct node *net_leaky_relu(struct net *net, struct node *x, float slope)
{
    static const struct op op = {"leaky_relu", activation_forward, activation_backward};

    return activation_node(net, x, &op, (struct activation){leaky_values, leaky_slopes, slope});
}

struct node *net_relu(struct net *net, struct node *x)
{
    return net_leaky_relu(net, x, 0);
}
