/* Onset strength: rise of the level of bands from frame to frame. */
#include "dsp/onset.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/spectrum.h"
#include "dsp/window.h"

/* Frames of about 45 ms, a quarter of that apart; bands of a quarter of an
 * octave that hold at least one bin. */
static const double frame_seconds = 0.045, lowest = 30, highest = 10000, low_below = 200;
static const double steps_per_octave = 4;

/* Power per bin, of a clip of RMS 1, that counts as silence: 40 dB under white noise. */
static const double silence = 1e-4;

struct bands {
    int count, low; /* the first low are the low ones */
    int *edge;      /* [count + 1]: band b is the bins edge[b] .. edge[b + 1] - 1 */
};

static struct bands bands_new(double rate, int size)
{
    struct bands b = {0, 0, mem_zero((size_t)size / 2 + 2, sizeof *b.edge)};
    double top = fmin(highest, rate / 2), hertz = rate / size, f;
    int edges = 0;

    for (int i = 0; (f = lowest * exp2(i / steps_per_octave)) < top; i++) {
        int bin = (int)ceil(f / hertz);

        if (bin <= size / 2 && (edges == 0 || bin > b.edge[edges - 1]))
            b.edge[edges++] = bin;
    }
    b.count = edges - 1;
    while (b.low < b.count && b.edge[b.low] * hertz < low_below)
        b.low++;
    return b;
}

static void frame_levels(const struct bands *b, const float *spectrum, float *level)
{
    for (int i = 0; i < b->count; i++) {
        float sum = 0;

        for (int k = b->edge[i]; k < b->edge[i + 1]; k++)
            sum += spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1];
        level[i] = 10 * log10f(sum / (float)(b->edge[i + 1] - b->edge[i]) + (float)silence);
    }
}

static float rise(const float *now, const float *before, int from, int to)
{
    float sum = 0;

    for (int i = from; i < to; i++)
        sum += fmaxf(0, now[i] - before[i]);
    return sum;
}

/* A Hann window, scaled so that bins have the power that they would have were the RMS of the clip 1. */
static float *window_scaled(int size, const float *x, int64_t samples)
{
    float *w = mem_floats((size_t)size);
    double energy = 0, power = 0;

    window_hann(w, size);
    for (int i = 0; i < size; i++)
        energy += (double)w[i] * w[i];
    for (int64_t i = 0; i < samples; i++)
        power += (double)x[i] * x[i] / (double)samples;
    for (int i = 0; i < size; i++)
        w[i] = power > 0 ? (float)(w[i] / sqrt(energy * power)) : 0;
    return w;
}

struct onset onset_find(const float *x, int64_t samples, double rate)
{
    int size = spectrum_size_near(rate, frame_seconds), hop = size / 4;
    struct onset o = {.frames = 1 + samples / hop, .step = hop / rate};
    struct bands b = bands_new(rate, size);
    struct fft *fft = fft_new(size);
    float *window = window_scaled(size, x, samples), *in = mem_floats((size_t)size);
    float *spectrum = mem_floats((size_t)size + 2), *level = mem_floats(2 * (size_t)b.count);

    assert(samples >= 1 && b.low >= 1 && b.count > b.low);
    o.rise = mem_floats((size_t)o.frames);
    o.low = mem_floats((size_t)o.frames);
    for (int64_t f = 0; f < o.frames; f++) {
        float *now = level + (f % 2 ? b.count : 0), *before = level + (f % 2 ? 0 : b.count);
        int64_t start = f * hop - size / 2;

        for (int i = 0; i < size; i++)
            in[i] = start + i >= 0 && start + i < samples ? window[i] * x[start + i] : 0;
        fft_forward(fft, in, spectrum);
        frame_levels(&b, spectrum, now);
        if (f > 0) {
            float low = rise(now, before, 0, b.low);

            o.low[f] = low / (float)b.low;
            o.rise[f] = (low + rise(now, before, b.low, b.count)) / (float)b.count;
        }
    }
    fft_free(fft);
    free(b.edge);
    free(window);
    free(in);
    free(spectrum);
    free(level);
    return o;
}

void onset_free(struct onset *o)
{
    free(o->rise);
    free(o->low);
    *o = (struct onset){0};
}
