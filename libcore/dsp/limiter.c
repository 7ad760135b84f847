/* A look-ahead limiter.
 *
 * A sample of peak p wants a reduction of max(0, 1 - most / p). What is applied
 * to a sample is the mean, over the latency + 1 samples from it on, of an
 * envelope; the envelope is the largest reduction wanted by as many samples up
 * to its own, or its own last value decayed, if that is more. So each of the
 * values in the mean is at least what the sample wants, and the gain moves by
 * ramps of the latency.
 *
 * Reductions are whole numbers: a running sum of them is exact, ends at 0, and
 * is the same however the signal is cut. */
#include "dsp/limiter.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const double seconds_ahead = 0.005, seconds_release = 0.05;

static const double whole = 1 << 24; /* the reduction that leaves nothing */

struct limiter {
    int channels, kept;         /* kept: latency + 1 */
    double most, decay;         /* decay: what a sample leaves of a reduction */
    float *late;                /* [channels][kept]: input that waits; sample t stands in place t % kept */
    int64_t *wanted, *envelope; /* [kept] */
    int64_t largest;            /* of wanted */
    int64_t sum;                /* of envelope */
    double least;               /* the least gain so far */
    int place, waiting;         /* where the next sample goes, how many wait */
};

struct limiter *limiter_new(int channels, double rate, double most)
{
    struct limiter *l = mem_zero(1, sizeof *l);

    assert(channels >= 1 && rate > 0 && most > 0);
    l->channels = channels;
    l->kept = 1 + (int)ceil(seconds_ahead * rate);
    l->most = most;
    l->least = 1;
    l->decay = exp(-1 / (seconds_release * rate));
    l->late = mem_floats((size_t)channels * (size_t)l->kept);
    l->wanted = mem_zero((size_t)l->kept, sizeof *l->wanted);
    l->envelope = mem_zero((size_t)l->kept, sizeof *l->envelope);
    return l;
}

void limiter_free(struct limiter *l)
{
    if (!l)
        return;
    free(l->late);
    free(l->wanted);
    free(l->envelope);
    free(l);
}

int64_t limiter_latency(const struct limiter *l)
{
    return l->kept - 1;
}

double limiter_least(const struct limiter *l)
{
    return l->least;
}

/* What a sample wants, rounded up. */
static int64_t reduction(const struct limiter *l, const float *x, int64_t stride)
{
    double peak = 0;

    for (int c = 0; c < l->channels; c++) {
        double v = fabs((double)x[c * stride]);

        peak = v > peak ? v : peak; /* not fmax, at which gcc 12 for aarch64 ends with an error of its own */
    }
    return peak > l->most ? (int64_t)ceil((1 - l->most / peak) * whole) : 0;
}

/* Puts a value into place and keeps the largest. */
static void want(struct limiter *l, int64_t value)
{
    int64_t gone = l->wanted[l->place];

    l->wanted[l->place] = value;
    if (value >= l->largest) {
        l->largest = value;
    } else if (gone == l->largest) {
        l->largest = 0;
        for (int i = 0; i < l->kept; i++)
            l->largest = l->wanted[i] > l->largest ? l->wanted[i] : l->largest;
    }
}

/* The envelope at this sample, and the sum. */
static void follow(struct limiter *l)
{
    int64_t last = l->envelope[(l->place + l->kept - 1) % l->kept];
    int64_t now = (int64_t)((double)last * l->decay);

    now = now > l->largest ? now : l->largest;
    l->sum += now - l->envelope[l->place];
    l->envelope[l->place] = now;
}

/* One sample in, of channels x_stride apart; the one that is latency behind to y, if there is one. */
static int64_t one(struct limiter *l, const float *x, int64_t x_stride, float *y, int64_t stride)
{
    int now = l->place, next = (now + 1) % l->kept;
    double gain;

    want(l, reduction(l, x, x_stride));
    follow(l);
    for (int c = 0; c < l->channels; c++)
        l->late[c * l->kept + now] = x[c * x_stride];
    l->place = next;
    if (l->waiting < l->kept - 1)
        return l->waiting++, 0;
    gain = 1 - (double)l->sum / (whole * l->kept);
    l->least = gain < l->least ? gain : l->least;
    for (int c = 0; c < l->channels; c++) {
        float late = l->late[c * l->kept + next];

        y[c * stride] = l->sum > 0 ? (float)(gain * (double)late) : late;
    }
    return 1;
}

int64_t limiter_push(struct limiter *l, const float *x, int64_t count, float *y, int64_t stride)
{
    int64_t done = 0;

    for (int64_t t = 0; t < count; t++)
        done += one(l, x + t, stride, y + done, stride);
    return done;
}

int64_t limiter_end(struct limiter *l, float *y, int64_t stride)
{
    int64_t left = l->waiting, done = 0;
    float silence = 0;

    while (done < left)
        done += one(l, &silence, 0, y + done, stride);
    memset(l->wanted, 0, (size_t)l->kept * sizeof *l->wanted);
    memset(l->envelope, 0, (size_t)l->kept * sizeof *l->envelope);
    l->largest = l->sum = 0;
    l->place = l->waiting = 0;
    return done;
}
