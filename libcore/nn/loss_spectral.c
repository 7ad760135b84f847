/* Distance of log magnitude spectra, in log and in linear terms. */
#include <assert.h>
#include <math.h>

#include "base/kernel.h"
#include "nn/layers.h"

/* Per frame: sums of |y - t| over what counts, |e^Y - e^T| and e^T. */
enum { SUMS = 3, LANES = 16 };
/* What a level at the floor may be off by, once standardised and brought back. */
static const float rounding = 1e-4f;

struct spectral_state {
    struct spectral_loss how;
    double log, linear, target; /* sums of the last forward, and the number of values */
};

/* A value's terms, and the slope of its linear term over linear units. */
KERNEL_INLINE void value_terms(float y, float t, float mean, const struct spectral_loss *h, float *log, float *linear,
                               float *target, float *slope)
{
    float level = h->scale * y + mean, aim = h->scale * t + mean, bounded = level < h->top ? level : h->top;
    float value = kernel_exp(bounded), wanted = kernel_exp(aim);

    *log = aim <= h->floor && level <= h->floor ? 0 : fabsf(y - t);
    *linear = fabsf(value - wanted);
    *target = wanted;
    value = level < h->top ? value : 0;
    *slope = value > wanted ? value : wanted > value && value > 0 ? -value : 0;
}

KERNEL(frame_forward,
       (const float *restrict y, const float *restrict t, const struct spectral_loss *h, float *restrict slope,
        float *restrict sums),
       (y, t, h, slope, sums))
{
    float lane[SUMS][LANES] = {{0}}, rest[SUMS] = {0};
    int c = 0, n = h->channels;

    for (; c + LANES <= n; c += LANES)
        for (int j = 0; j < LANES; j++) {
            float log, linear, target;

            value_terms(y[c + j], t[c + j], h->mean[c + j], h, &log, &linear, &target, &slope[c + j]);
            lane[0][j] += log;
            lane[1][j] += linear;
            lane[2][j] += target;
        }
    for (; c < n; c++) {
        float log, linear, target;

        value_terms(y[c], t[c], h->mean[c], h, &log, &linear, &target, &slope[c]);
        rest[0] += log;
        rest[1] += linear;
        rest[2] += target;
    }
    for (int s = 0; s < SUMS; s++) {
        sums[s] = rest[s];
        for (int j = 0; j < LANES; j++)
            sums[s] += lane[s][j];
    }
}

KERNEL(frame_backward,
       (const float *restrict y, const float *restrict t, const struct spectral_loss *h, const float *restrict slope,
        float log_unit, float linear_unit, bool add, float *restrict dy),
       (y, t, h, slope, log_unit, linear_unit, add, dy))
{
    for (int c = 0; c < h->channels; c++) {
        float level = h->scale * y[c] + h->mean[c], aim = h->scale * t[c] + h->mean[c];
        float above = y[c] > t[c] ? log_unit : 0, below = y[c] < t[c] ? log_unit : 0;
        float log = aim <= h->floor && level <= h->floor ? 0 : above - below;

        dy[c] = (add ? dy[c] : 0) + log + linear_unit * slope[c];
    }
}

/* Frames lie one after another in y, target and in the slopes, kept from forward to backward. */
static void frames_forward(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct spectral_state *s = n->conf;
    size_t channels = (size_t)s->how.channels;
    float *sums = n->work + (size_t)n->in[0]->shape[0] * (size_t)n->in[0]->shape[1] * (size_t)n->in[0]->shape[2];

    for (size_t f = first; f < last; f++)
        frame_forward(n->in[0]->y + f * channels, n->in[1]->y + f * channels, &s->how, n->work + f * channels,
                      sums + f * SUMS);
}

static size_t frames_of(const struct node *n)
{
    return node_count(n->in[0]) / (size_t)((const struct spectral_state *)n->conf)->how.channels;
}

static void spectral_forward(struct node *n)
{
    struct spectral_state *s = n->conf;
    const float *sums = n->work + (size_t)n->in[0]->shape[0] * (size_t)n->in[0]->shape[1] * (size_t)n->in[0]->shape[2];
    double all[SUMS] = {0};

    assert(s->how.channels > 0);
    net_parallel(n->net, frames_of(n), 64, frames_forward, n);
    for (size_t f = 0; f < frames_of(n); f++)
        for (int k = 0; k < SUMS; k++)
            all[k] += (double)sums[f * SUMS + (size_t)k];
    s->log = all[0] / (double)node_count(n->in[0]);
    s->linear = all[1] / all[2];
    s->target = all[2];
    n->y[0] = (float)(s->log + (double)s->how.weight * s->linear);
}

static void frames_backward(void *arg, size_t first, size_t last)
{
    const struct node *n = arg;
    const struct spectral_state *s = n->conf;
    size_t channels = (size_t)s->how.channels;
    float log_unit = n->dy[0] / (float)node_count(n->in[0]);
    float linear_unit = n->dy[0] * s->how.weight * s->how.scale / (float)s->target;

    for (size_t f = first; f < last; f++)
        frame_backward(n->in[0]->y + f * channels, n->in[1]->y + f * channels, &s->how, n->work + f * channels,
                       log_unit, linear_unit, n->add[0], node_grad(n, 0) + f * channels);
}

static void spectral_backward(struct node *n)
{
    if (node_grad(n, 0))
        net_parallel(n->net, frames_of(n), 64, frames_backward, n);
}

struct node *net_spectral_loss(struct net *net, struct node *y, struct node *target)
{
    static const struct op op = {"spectral_loss", spectral_forward, spectral_backward};
    struct node *n = net_add_scalar(net, &op, 2, (struct node *[]){y, target}, sizeof(struct spectral_state));

    assert(y->shape[1] == target->shape[1] && y->shape[2] == target->shape[2] && !target->wants);
    /* slopes, and sums of as many frames as there can be */
    n->work_floats = (SUMS + 1) * (size_t)y->shape[0] * (size_t)y->shape[1] * (size_t)y->shape[2];
    return n;
}

void net_spectral_loss_set(struct node *loss, struct spectral_loss how)
{
    struct spectral_state *s = loss->conf;

    assert(how.channels > 0 && loss->in[0]->shape[2] % how.channels == 0);
    s->how = how;
    s->how.floor += rounding;
}

void net_spectral_loss_terms(const struct node *loss, double *log, double *linear)
{
    const struct spectral_state *s = loss->conf;

    *log = s->log;
    *linear = s->linear;
}
