/* Activations: functions of one value, each written as its value and its slope. */
#include <math.h>

#include "base/kernel.h"
#include "nn/layers.h"

enum { GRAIN = 16384, LANES = 16 };

typedef void (*value_kernel)(const float *x, float *y, size_t n, float p);
typedef void (*slope_kernel)(const float *x, const float *y, const float *dy, float *dx, size_t n, float p,
                             bool add);

struct activation {
    value_kernel value;
    slope_kernel slope;
    float p;                     /* the slope of leaky_relu */
};

/* ACTIVATION(name) makes the kernels of name_value(x, p) and name_slope(x, y, p). */
#define ACTIVATION(name) \
    KERNEL(name##_values, (const float *restrict x, float *restrict y, size_t n, float p), (x, y, n, p)) \
    { \
        for (size_t i = 0; i < n; i++) \
            y[i] = name##_value(x[i], p); \
    } \
    KERNEL(name##_slopes, (const float *restrict x, const float *restrict y, const float *restrict dy, \
                           float *restrict dx, size_t n, float p, bool add), (x, y, dy, dx, n, p, add)) \
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

/* ---- the functions; at a kink the slope is that from the left ---- */

VALUE(relu) { (void)p; return x < 0 ? 0.0f : x; }   /* so that NaN stays */
SLOPE(relu) { UNUSED(x, p); return y > 0 ? 1.0f : 0.0f; }
ACTIVATION(relu)

VALUE(leaky) { return x < 0 ? p * x : x; }
SLOPE(leaky) { (void)y; return x > 0 ? 1.0f : p; }
ACTIVATION(leaky)

VALUE(sigmoid) { (void)p; return kernel_sigmoid(x); }
SLOPE(sigmoid) { UNUSED(x, p); return y * (1.0f - y); }
ACTIVATION(sigmoid)

/* Near 0 the polynomial of Cephes' tanhf, as 1 - 2 / (e^2x + 1) loses digits there. */
VALUE(tanh)
{
    float z = x * x, near, far;

    (void)p;
    near = -5.70498872745e-3f;
    near = near * z + 2.06390887954e-2f;
    near = near * z - 5.37397155531e-2f;
    near = near * z + 1.33314422036e-1f;
    near = near * z - 3.33332819422e-1f;
    near = near * z * x + x;
    far = 1.0f - 2.0f / (kernel_exp(2.0f * x) + 1.0f);
    return z < 0.390625f ? near : far;
}
SLOPE(tanh) { UNUSED(x, p); return 1.0f - y * y; }
ACTIVATION(tanh)

VALUE(silu) { (void)p; return x * kernel_sigmoid(x); }
SLOPE(silu)
{
    float s = fabsf(x) < 1e-30f ? 0.5f : y / x;   /* the sigmoid again */

    (void)p;
    return s + y * (1.0f - s);
}
ACTIVATION(silu)

VALUE(gelu) { (void)p; return 0.5f * x * erfcf(x * -0.70710678f); }
SLOPE(gelu)
{
    UNUSED(y, p);
    return 0.5f * erfcf(x * -0.70710678f) + x * 0.39894228f * kernel_exp(-0.5f * x * x);
}
ACTIVATION(gelu)

/* max(x, 0) + log(1 + e), e = e^-|x|; the rounding of 1 + e is made good by e / ((1 + e) - 1). */
VALUE(softplus)
{
    float e = kernel_exp(-fabsf(x)), u = 1.0f + e, d = u - 1.0f;
    float l = d > 0 ? kernel_log(u) * (e / d) : e;

    (void)p;
    return (x < 0 ? 0.0f : x) + l;
}
SLOPE(softplus) { UNUSED(y, p); return kernel_sigmoid(x); }
ACTIVATION(softplus)

/* Near 0 the polynomial of kernel_exp without its 1. */
VALUE(elu)
{
    float near, far = kernel_exp(x) - 1.0f;

    (void)p;
    near = 1.9875691500e-4f;
    near = near * x + 1.3981999507e-3f;
    near = near * x + 8.3334519073e-3f;
    near = near * x + 4.1665795894e-2f;
    near = near * x + 1.6666665459e-1f;
    near = near * x + 5.0000001201e-1f;
    near = near * x * x + x;
    return x > 0 ? x : x > -0.34f ? near : far;
}
SLOPE(elu) { UNUSED(x, p); return y > 0 ? 1.0f : y + 1.0f; }
ACTIVATION(elu)

VALUE(exp) { (void)p; return kernel_exp(x); }
SLOPE(exp) { UNUSED(x, p); return y; }
ACTIVATION(exp)

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

    a->slope(n->in[0]->y + first, n->y + first, n->dy + first, node_grad(n, 0) + first, last - first, a->p,
             n->add[0]);
}

static void activation_backward(struct node *n)
{
    net_parallel(n->net, node_count(n), GRAIN, slopes_some, n);
}

static struct node *activation_node(struct net *net, struct node *x, const struct op *op, struct activation a)
{
    struct node *n;

    if (!x)
        return NULL;
    if (!x->batched)
        return net_refuse(net, "%s: '%s' is not an activation [batch, channels, time]", op->name, x->name);
    n = net_add_node(net, op, 1, &x, x->shape[1], x->shape[2], sizeof a);
    if (n)
        *(struct activation *)n->conf = a;
    return n;
}

#define BUILDER(builder, kernel) \
    struct node *builder(struct net *net, struct node *x) \
    { \
        static const struct op op = {#kernel, activation_forward, activation_backward, NULL}; \
        return activation_node(net, x, &op, (struct activation){kernel##_values, kernel##_slopes, 0}); \
    }

BUILDER(net_relu, relu)
BUILDER(net_sigmoid, sigmoid)
BUILDER(net_tanh, tanh)
BUILDER(net_silu, silu)
BUILDER(net_gelu, gelu)
BUILDER(net_softplus, softplus)
BUILDER(net_elu, elu)
BUILDER(net_exp, exp)

struct node *net_leaky_relu(struct net *net, struct node *x, float slope)
{
    static const struct op op = {"leaky_relu", activation_forward, activation_backward, NULL};

    if (!isfinite(slope))
        return net_refuse(net, "leaky_relu: the slope is not a number");
    return activation_node(net, x, &op, (struct activation){leaky_values, leaky_slopes, slope});
}

/* ---- snake: a row is one channel of one clip ---- */

/* sin z and cos z but for a common sign: z less the nearest multiple of pi
 * (in three parts, good for |z| up to some thousands), then their series. */
KERNEL_INLINE void sine_cosine(float z, float *sine, float *cosine)
{
    const float magic = 12582912.0f;   /* 1.5 x 2^23: adding it rounds to an integer */
    float k = (z * 0.31830988618f + magic) - magic;
    float r = ((z - k * 3.140625f) - k * 9.67502593994140625e-4f) - k * 1.509957990978376e-7f, q, s, c;

    r = r < -1.5707964f ? -1.5707964f : r > 1.5707964f ? 1.5707964f : r;
    q = r * r;
    s = 1.6059044e-10f;
    s = s * q - 2.5052108e-8f;
    s = s * q + 2.7557319e-6f;
    s = s * q - 1.9841270e-4f;
    s = s * q + 8.3333333e-3f;
    s = s * q - 1.6666667e-1f;
    *sine = s * q * r + r;
    c = -1.1470746e-11f;
    c = c * q + 2.0876757e-9f;
    c = c * q - 2.7557319e-7f;
    c = c * q + 2.4801587e-5f;
    c = c * q - 1.3888889e-3f;
    c = c * q + 4.1666667e-2f;
    c = c * q - 0.5f;
    *cosine = c * q + 1.0f;
}

/* 1 / a; 0 stands for an a so small that snake is x and its slope in a x^2 */
static float snake_inverse(float a)
{
    return fabsf(a) < 1e-18f ? 0 : 1 / a;
}

KERNEL(snake_values, (const float *restrict x, float *restrict y, size_t n, float a, float inverse),
       (x, y, n, a, inverse))
{
    for (size_t i = 0; i < n; i++) {
        float s, c;

        sine_cosine(a * x[i], &s, &c);
        y[i] = x[i] + s * s * inverse;
    }
}

KERNEL_INLINE float snake_slope(float x, float a)
{
    float s, c;

    sine_cosine(a * x, &s, &c);
    return 1.0f + 2.0f * s * c;
}

KERNEL(snake_slopes, (const float *restrict x, const float *restrict dy, float *restrict dx, size_t n,
                      float a, bool add), (x, dy, dx, n, a, add))
{
    if (add)
        for (size_t i = 0; i < n; i++)
            dx[i] += dy[i] * snake_slope(x[i], a);
    else
        for (size_t i = 0; i < n; i++)
            dx[i] = dy[i] * snake_slope(x[i], a);
}

/* x sin(2 a x) / a - sin(a x)^2 / a^2 */
KERNEL_INLINE float snake_da(float x, float a, float inverse)
{
    float s, c;

    sine_cosine(a * x, &s, &c);
    s *= inverse;
    return inverse != 0 ? s * (2.0f * x * c - s) : x * x;
}

KERNEL(snake_da_sum, (const float *x, const float *dy, size_t n, float a, float inverse, double *sum),
       (x, dy, n, a, inverse, sum))
{
    double lane[LANES] = {0};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lane[j] += (double)(dy[i + j] * snake_da(x[i + j], a, inverse));
    for (; i < n; i++)
        lane[0] += (double)(dy[i] * snake_da(x[i], a, inverse));
    *sum = 0;
    for (size_t j = 0; j < LANES; j++)
        *sum += lane[j];
}

static void snake_forward_rows(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    size_t channels = (size_t)n->shape[1], time = (size_t)n->shape[2];

    for (size_t row = first; row < last; row++) {
        float a = n->in[1]->y[row % channels];

        snake_values(n->in[0]->y + row * time, n->y + row * time, time, a, snake_inverse(a));
    }
}

static void snake_backward_rows(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    size_t channels = (size_t)n->shape[1], time = (size_t)n->shape[2];
    float *dx = node_grad(n, 0);

    for (size_t row = first; row < last; row++) {
        const float *x = n->in[0]->y + row * time, *dy = n->dy + row * time;
        float a = n->in[1]->y[row % channels];

        if (dx)
            snake_slopes(x, dy, dx + row * time, time, a, n->add[0]);
        if (node_grad(n, 1))
            snake_da_sum(x, dy, time, a, snake_inverse(a), (double *)(void *)n->work + row);
    }
}

static size_t snake_rows(const struct node *n)
{
    return (size_t)node_batch(n) * (size_t)n->shape[1];
}

static size_t snake_grain(const struct node *n)
{
    return (size_t)(n->shape[2] < GRAIN ? GRAIN / n->shape[2] : 1);
}

static void snake_forward(struct node *n)
{
    net_parallel(n->net, snake_rows(n), snake_grain(n), snake_forward_rows, n);
}

static void snake_backward(struct node *n)
{
    const double *sums = (const double *)(const void *)n->work;
    float *da = node_grad(n, 1);
    size_t channels = (size_t)n->shape[1];

    net_parallel(n->net, snake_rows(n), snake_grain(n), snake_backward_rows, n);
    if (!da)
        return;
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;

        for (size_t row = c; row < snake_rows(n); row += channels)
            sum += sums[row];
        da[c] = (n->add[1] ? da[c] : 0) + (float)sum;
    }
}

struct node *net_snake(struct net *net, struct node *x, struct node *a)
{
    static const struct op op = {"snake", snake_forward, snake_backward, NULL};
    struct node *n;

    if (!x || !a)
        return NULL;
    if (!x->batched)
        return net_refuse(net, "snake: '%s' is not an activation [batch, channels, time]", x->name);
    if (a->batched || a->shape[0] != x->shape[1] || a->shape[1] != 1 || a->shape[2] != 1)
        return net_refuse(net, "snake: a is [%d, %d, %d] for %d channels", a->shape[0], a->shape[1],
                          a->shape[2], x->shape[1]);
    n = net_add_node(net, &op, 2, (struct node *[]){x, a}, x->shape[1], x->shape[2], 0);
    if (n)
        n->work_floats = (size_t)x->shape[0] * (size_t)x->shape[1] * (sizeof(double) / sizeof(float));
    return n;
}
