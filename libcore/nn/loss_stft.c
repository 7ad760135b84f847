/* Distance of STFT magnitudes: linear, logarithmic and relative, with its
 * gradient. X is the transform of x, Y of the target, d = |X| - |Y|, N the
 * number of values of |X| in the batch:
 *
 *     linear sum |d| / N + log sum |log(|X| + o) - log(|Y| + o)| / N + convergence |d|_F / |Y|_F
 *
 * (Yamamoto et al. 2020; spectral convergence: Arik et al. 2019). Where |X| is
 * 0 its gradient is taken as 0, and so is the convergence of a silent target. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "dsp/stft.h"
#include "base/kernel.h"
#include "nn/layers.h"

enum { LANES = 8, TASK_FRAMES = 16, SUMS = 4 };

struct stft_conf {
    struct stft_loss how;
    struct stft *stft;
    size_t frames, bins;                 /* of a clip, of a frame */
    size_t spectrum, row;                /* floats of a spectrum, floats kept for a frame */
    double linear, log, convergence;     /* factors of the gradient, from the last forward */
};

/* sums: of |d|, |l|, d^2 and y^2, each lane for itself */
enum { SUM_LINEAR, SUM_LOG, SUM_SQUARE, SUM_TARGET };

/* ---- kernels over the bins of a frame ---- */

KERNEL(magnitudes, (const float *restrict spectrum, float *restrict y, size_t bins), (spectrum, y, bins))
{
    for (size_t k = 0; k < bins; k++)
        y[k] = sqrtf(spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1]);
}

KERNEL(distances, (const float *restrict spectrum, const float *restrict y, size_t bins, float offset,
                   float *restrict d, float *restrict l), (spectrum, y, bins, offset, d, l))
{
    for (size_t k = 0; k < bins; k++) {
        float x = sqrtf(spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1]);

        d[k] = x - y[k];
        l[k] = kernel_log((x + offset) / (y[k] + offset));
    }
}

KERNEL(distance_sums, (const float *restrict d, const float *restrict l, const float *restrict y, size_t bins,
                       double *restrict sums), (d, l, y, bins, sums))
{
    double lane[SUMS][LANES] = {{0}};
    size_t k = 0;

    for (; k + LANES <= bins; k += LANES)
        for (size_t i = 0; i < LANES; i++) {
            lane[SUM_LINEAR][i] += (double)fabsf(d[k + i]);
            lane[SUM_LOG][i] += (double)fabsf(l[k + i]);
            lane[SUM_SQUARE][i] += (double)d[k + i] * (double)d[k + i];
            lane[SUM_TARGET][i] += (double)y[k + i] * (double)y[k + i];
        }
    for (; k < bins; k++) {
        lane[SUM_LINEAR][0] += (double)fabsf(d[k]);
        lane[SUM_LOG][0] += (double)fabsf(l[k]);
        lane[SUM_SQUARE][0] += (double)d[k] * (double)d[k];
        lane[SUM_TARGET][0] += (double)y[k] * (double)y[k];
    }
    for (size_t s = 0; s < SUMS; s++) {
        sums[s] = 0;
        for (size_t i = 0; i < LANES; i++)
            sums[s] += lane[s][i];
    }
}

/* Gradient of real and imaginary parts: that of |X| times X / |X|. */
KERNEL(distance_gradient, (const float *restrict spectrum, const float *restrict y, size_t bins, float offset,
                           float linear, float log, float convergence, float *restrict dspectrum),
       (spectrum, y, bins, offset, linear, log, convergence, dspectrum))
{
    for (size_t k = 0; k < bins; k++) {
        float re = spectrum[2 * k], im = spectrum[2 * k + 1];
        float x = sqrtf(re * re + im * im), d = x - y[k];
        float sign = d > 0 ? 1.0f : d < 0 ? -1.0f : 0.0f;
        float g = sign * (linear + log / (x + offset)) + convergence * d;
        float scale = x > 0 ? g / x : 0.0f;

        dspectrum[2 * k] = scale * re;
        dspectrum[2 * k + 1] = scale * im;
    }
}

/* ---- the operator ---- */

/* What is kept for a frame: its spectrum, then the target's magnitude. */
static float *frame_row(const struct node *n, size_t clip, size_t frame)
{
    const struct stft_conf *c = n->conf;

    return n->work + (clip * c->frames + frame) * c->row;
}

static double *frame_sums(const struct node *n, size_t index)
{
    const struct stft_conf *c = n->conf;

    return (double *)(void *)(n->work + (size_t)n->in[0]->shape[0] * c->frames * c->row) + index * SUMS;
}

/* Without the logarithm nothing may depend on its offset, not even by 0 / 0. */
static float offset_used(const struct stft_conf *c)
{
    return c->how.log != 0 ? c->how.log_offset : 1;
}

static void frames_forward(void *arg, int task, int worker)
{
    const struct node *n = arg;
    const struct stft_conf *c = n->conf;
    size_t count = (size_t)node_batch(n->in[0]) * c->frames;
    size_t first = (size_t)task * TASK_FRAMES;
    size_t last = first + TASK_FRAMES < count ? first + TASK_FRAMES : count;
    int samples = n->in[0]->shape[2];
    float *spectrum = node_scratch(n, worker), *scratch = spectrum + c->spectrum;

    for (size_t i = first; i < last; i++) {
        size_t clip = i / c->frames, frame = i % c->frames;
        float *row = frame_row(n, clip, frame), *y = row + c->spectrum;

        stft_frame(c->stft, n->in[0]->y + clip * (size_t)samples, samples, (int)frame, row, scratch);
        stft_frame(c->stft, n->in[1]->y + clip * (size_t)samples, samples, (int)frame, spectrum, scratch);
        magnitudes(spectrum, y, c->bins);
        distances(row, y, c->bins, offset_used(c), spectrum, spectrum + c->bins);
        distance_sums(spectrum, spectrum + c->bins, y, c->bins, frame_sums(n, i));
    }
}

static void stft_loss_forward(struct node *n)
{
    struct stft_conf *c = n->conf;
    size_t frames = (size_t)node_batch(n->in[0]) * c->frames;
    double sums[SUMS] = {0}, values = (double)frames * (double)c->bins, distance, size;

    pool_run(net_pool(n->net), (int)((frames + TASK_FRAMES - 1) / TASK_FRAMES), frames_forward, n);
    for (size_t i = 0; i < frames; i++)
        for (size_t s = 0; s < SUMS; s++)
            sums[s] += frame_sums(n, i)[s];
    distance = sqrt(sums[SUM_SQUARE]);
    size = sqrt(sums[SUM_TARGET]);
    c->linear = (double)c->how.linear / values;
    c->log = (double)c->how.log / values;
    n->y[0] = (float)(c->linear * sums[SUM_LINEAR] + c->log * sums[SUM_LOG] +
                      (size > 0 ? (double)c->how.convergence * distance / size : 0));
    c->convergence = size > 0 && distance > 0 ? (double)c->how.convergence / (size * distance) : 0;
}

/* One clip: its frames overlap in dx, so they are added one after another. */
static void clip_backward(void *arg, int task, int worker)
{
    const struct node *n = arg;
    const struct stft_conf *c = n->conf;
    int samples = n->in[0]->shape[2];
    double dy = (double)n->dy[0];
    float *spectrum = node_scratch(n, worker), *scratch = spectrum + c->spectrum;
    float *dx = node_grad(n, 0) + (size_t)task * (size_t)samples;

    if (!n->add[0])
        memset(dx, 0, (size_t)samples * sizeof *dx);
    for (size_t f = 0; f < c->frames; f++) {
        const float *row = frame_row(n, (size_t)task, f);

        distance_gradient(row, row + c->spectrum, c->bins, offset_used(c), (float)(dy * c->linear),
                          (float)(dy * c->log), (float)(dy * c->convergence), spectrum);
        stft_frame_adjoint(c->stft, spectrum, samples, (int)f, dx, scratch);
    }
}

static void stft_loss_backward(struct node *n)
{
    assert(!node_grad(n, 1));
    pool_run(net_pool(n->net), node_batch(n->in[0]), clip_backward, n);
}

static void stft_loss_release(struct node *n)
{
    stft_free(((struct stft_conf *)n->conf)->stft);
}

struct node *net_stft_loss(struct net *net, struct node *x, struct node *target, struct stft_loss how)
{
    static const struct op op = {"stft_loss", stft_loss_forward, stft_loss_backward, stft_loss_release};
    struct stft_conf *c;
    struct node *n;
    size_t frames;

    if (!x || !target)
        return NULL;
    if (!x->batched || !target->batched || x->shape[1] != 1 || target->shape[1] != 1 ||
        x->shape[2] != target->shape[2])
        return net_refuse(net, "stft_loss: x [%d, %d] and target [%d, %d] are not one channel of one length",
                          x->shape[1], x->shape[2], target->shape[1], target->shape[2]);
    if (target->wants)
        return net_refuse(net, "stft_loss: there is no gradient for the target");
    if (how.fft < 2 || how.hop < 1)
        return net_refuse(net, "stft_loss: frames of %d samples every %d", how.fft, how.hop);
    if (how.log != 0 && !(how.log_offset > 0))
        return net_refuse(net, "stft_loss: the logarithm's offset is %g, not positive",
                          (double)how.log_offset);
    n = net_add_scalar(net, &op, 2, (struct node *[]){x, target}, sizeof *c);
    if (!n)
        return NULL;
    c = n->conf;
    c->how = how;
    c->stft = stft_new(how.fft, how.hop, WINDOW_HANN);
    c->frames = (size_t)stft_frames(c->stft, x->shape[2]);
    c->bins = (size_t)stft_bins(c->stft);
    c->spectrum = stft_row(c->stft);
    c->row = c->spectrum + (c->bins + 15) / 16 * 16;   /* rows stay aligned */
    frames = (size_t)x->shape[0] * c->frames;
    n->work_floats = frames * c->row + frames * SUMS * (sizeof(double) / sizeof(float));
    n->worker_floats = c->spectrum + stft_scratch(c->stft);
    return n;
}
