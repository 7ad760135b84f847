/* Peaks of a spectrum by pitch class. */
#include "dsp/chroma.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Pitches to either side that a peak is measured against. */
enum { AROUND = 7, BASS_UNDER = 52, CLASSES = 12 };
/* Pitches in Hz; width of one in half tones and, at least, in bins; weight of the bass. */
static const double lowest = 80, highest = 1500, width = 0.4, width_bins = 0.6, bass_weight = 0.7;
/* Of the whole: a bass that is less is as good as none. */
static const double bass_least = 0.05;

struct chroma {
    int bins, first, pitches;
    float gain;
    float *weight; /* [pitches, bins] */
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
    c->pitches = (int)floor(69 + 12 * log2(top / 440)) - c->first + 1;
    c->bins = (int)fmin(ceil(1.05 * top / hz), fft / 2) + 1;
    c->gain = (float)(100 / sqrt(0.375 * fft));
    c->weight = mem_zero((size_t)c->pitches * (size_t)c->bins, sizeof *c->weight);
    for (int p = 0; p < c->pitches; p++) {
        float *w = c->weight + (size_t)p * (size_t)c->bins;
        double middle = pitch_hz(c->first + p), sd = fmax(middle * (exp2(width / 12) - 1), width_bins * hz), sum = 0;

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

void chroma_of(const struct chroma *c, const float *level, float out[CHROMA])
{
    float *loud = mem_zero((size_t)c->bins, sizeof *loud), *pitch = mem_zero((size_t)c->pitches, sizeof *pitch);

    for (int k = 0; k < c->bins; k++)
        loud[k] = log1pf(c->gain * expf(level[k]));
    for (int p = 0; p < c->pitches; p++)
        for (int k = 0; k < c->bins; k++)
            pitch[p] += c->weight[(size_t)p * (size_t)c->bins + (size_t)k] * loud[k];
    memset(out, 0, CHROMA * sizeof *out);
    gather(c, pitch, out);
    to_length(out + CLASSES, bass_least * length_of(out), bass_weight);
    to_length(out, 0, 1);
    free(pitch);
    free(loud);
}
