/* Peaks of a spectrum by pitch class. */
#include "dsp/chroma.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"

/* Pitches to either side that a peak is measured against. */
enum { AROUND = 7, BASS_UNDER = 52, CLASSES = 12 };
/* Pitches in Hz; width of one in half tones and, at least, in bins; weight of the bass. */
static const double lowest = 80, highest = 1500, width = 0.4, width_bins = 0.6, bass_weight = 0.7;
/* Of the whole: a bass that is less is as good as none. */
static const double bass_least = 0.05;
/* Standard deviations from a pitch at which single precision has no weight left. */
static const double farthest = 6;

struct chroma {
    int bins, first, pitches;
    float gain;
    float *weight; /* [pitches, bins] */
    int *span;     /* [pitches, 2]: bins whose weight counts, from one to before another */
};

static double pitch_hz(int pitch)
{
    return 440 * exp2((pitch - 69) / 12.0);
}

struct chroma *chroma_new(double rate, int fft, double corner)
{
    struct chroma *c = mem_zero(1, sizeof *c);
    double top = 0.95 * fmin(corner > 0 ? fmin(corner, rate / 2) : rate / 2, highest), hz = rate / fft;

    c->first = (int)ceil(69 + 12 * log2(lowest / 440));
    c->pitches = (int)fmax(0, floor(69 + 12 * log2(top / 440)) - c->first + 1); /* below the lowest there are none */
    c->bins = (int)fmin(ceil(1.05 * top / hz), fft / 2) + 1;
    c->gain = (float)(100 / sqrt(0.375 * fft));
    c->weight = mem_zero((size_t)c->pitches * (size_t)c->bins, sizeof *c->weight);
    c->span = mem_zero(2 * (size_t)c->pitches, sizeof *c->span);
    for (int p = 0; p < c->pitches; p++) {
        float *w = c->weight + (size_t)p * (size_t)c->bins;
        double middle = pitch_hz(c->first + p), sd = fmax(middle * (exp2(width / 12) - 1), width_bins * hz), sum = 0;

        c->span[2 * p] = (int)fmax(0, ceil((middle - farthest * sd) / hz));
        c->span[2 * p + 1] = (int)fmin(c->bins, floor((middle + farthest * sd) / hz) + 1);
        for (int k = 0; k < c->bins; k++)
            sum += exp(-0.5 * pow((k * hz - middle) / sd, 2));
        for (int k = 0; k < c->bins; k++)
            w[k] = (float)(exp(-0.5 * pow((k * hz - middle) / sd, 2)) / sum);
    }
    return c;
}

void chroma_free(struct chroma *c)
{
    if (!c)
        return;
    free(c->weight);
    free(c->span);
    free(c);
}

int chroma_bins(const struct chroma *c)
{
    return c->bins;
}

/* What each pitch stands out by over the mean of those about it, added to its class. */
static void gather(const struct chroma *c, const float *pitch, float out[CHROMA])
{
    for (int p = 0; p < c->pitches; p++) {
        int from = p > AROUND ? p - AROUND : 0, to = p + AROUND < c->pitches ? p + AROUND : c->pitches - 1;
        float sum = 0;

        for (int i = from; i <= to; i++)
            sum += pitch[i];
        sum = pitch[p] - sum / (float)(to - from + 1);
        if (sum <= 0)
            continue;
        out[(c->first + p) % CLASSES] += sum;
        if (c->first + p < BASS_UNDER)
            out[CLASSES + (c->first + p) % CLASSES] += sum;
    }
}

static double length_of(const float *x)
{
    double sum = 0;

    for (int i = 0; i < CLASSES; i++)
        sum += (double)(x[i] * x[i]);
    return sqrt(sum);
}

/* As if x were least long at least. */
static void to_length(float *x, double least, double length)
{
    double is = fmax(length_of(x), least);

    for (int i = 0; i < CLASSES; i++)
        x[i] *= (float)(is > 0 ? length / is : 0);
}

/* log (1 + gain e^level), exact where that is little, too. */
KERNEL(loudness, (const float *level, float gain, float *loud, int n), (level, gain, loud, n))
{
    for (int k = 0; k < n; k++) {
        float x = gain * kernel_exp(level[k]), above = 1 + x, rounded = above - 1;

        loud[k] = rounded > 0 ? kernel_log(above) * (x / rounded) : x;
    }
}

KERNEL(pitches_sum, (const float *weight, const int *span, const float *loud, int pitches, int bins, float *pitch),
       (weight, span, loud, pitches, bins, pitch))
{
    for (int p = 0; p < pitches; p++, weight += bins, span += 2) {
        float sum = 0;

        KERNEL_SUM(sum, float, 8, k, span[0], span[1], weight[k] * loud[k]);
        pitch[p] = sum;
    }
}

void chroma_of(const struct chroma *c, const float *level, float out[CHROMA])
{
    float *loud = mem_zero((size_t)c->bins, sizeof *loud), *pitch = mem_zero((size_t)c->pitches, sizeof *pitch);

    loudness(level, c->gain, loud, c->bins);
    pitches_sum(c->weight, c->span, loud, c->pitches, c->bins, pitch);
    memset(out, 0, CHROMA * sizeof *out);
    gather(c, pitch, out);
    to_length(out + CLASSES, bass_least * length_of(out), bass_weight);
    to_length(out, 0, 1);
    free(pitch);
    free(loud);
}
