/* Onset strength: rise of the level of bands from frame to frame. */
#include "dsp/onset.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "base/mem.h"
#include "dsp/spectrum.h"

/* Frames of about 45 ms, a quarter of that apart; bands of a quarter of an
 * octave that hold at least one bin. */
static const double frame_seconds = 0.045, lowest = 30, highest = 10000, low_below = 200;
static const double steps_per_octave = 4;

/* Power per bin, over that of the clip, that counts as silence: 40 dB under white noise. */
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

/* Levels of the bands of a frame; scale: 1 over the power of the clip. */
KERNEL(frame_levels, (const struct bands *b, const float *power, float scale, float least, float *level),
       (b, power, scale, least, level))
{
    for (int i = 0; i < b->count; i++) {
        float sum = 0;

        KERNEL_SUM(sum, float, 8, k, b->edge[i], b->edge[i + 1], power[k]);
        level[i] = sum / (float)(b->edge[i + 1] - b->edge[i]);
    }
    for (int i = 0; i < b->count; i++)
        level[i] = 4.34294481903f * kernel_log(level[i] * scale + least);
}

static float rise(const float *now, const float *before, int from, int to)
{
    float sum = 0;

    for (int i = from; i < to; i++)
        sum += now[i] > before[i] ? now[i] - before[i] : 0;
    return sum;
}

struct onset onset_find(const float *x, int64_t samples, double rate)
{
    int size = spectrum_size_near(rate, frame_seconds);
    struct spectrum *s = spectrum_new(size, size / 4);
    struct onset o = {.frames = spectrum_frames(s, samples), .step = spectrum_hop(s) / rate};
    struct bands b = bands_new(rate, size);
    double clip_power = squares_sum(x, samples) / (double)samples;
    int bins = spectrum_bins(s);
    float *power = mem_floats(2 * (size_t)bins), *level = mem_floats(2 * (size_t)b.count);

    assert(samples >= 1 && b.low >= 1 && b.count > b.low);
    o.rise = mem_floats((size_t)o.frames);
    o.low = mem_floats((size_t)o.frames);
    for (int64_t f = 0; f < o.frames; f++) {
        float *now = level + (f % 2 ? b.count : 0), *before = level + (f % 2 ? 0 : b.count);

        if (f % 2 == 0)
            spectrum_power(s, x, 1, samples, f, 2, false, power);
        frame_levels(&b, power + f % 2 * bins, clip_power > 0 ? (float)(1 / clip_power) : 0, (float)silence, now);
        if (f > 0) {
            float low = rise(now, before, 0, b.low);

            o.low[f] = low / (float)b.low;
            o.rise[f] = (low + rise(now, before, b.low, b.count)) / (float)b.count;
        }
    }
    spectrum_free(s);
    free(b.edge);
    free(power);
    free(level);
    return o;
}

void onset_free(struct onset *o)
{
    free(o->rise);
    free(o->low);
    *o = (struct onset){0};
}
