/* Levels by power spectra. */
#include "levels.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/mel.h"
#include "dsp/spectrum.h"

static const double rounding = 1e-15; /* of powers beside that of the peak, which is no sound */

/* Samples in a frame: a power of two, about a twelfth of a second, or a sixteenth of the clip if that is less. */
static int frame_size(double rate, int samples)
{
    return (int)exp2(round(log2(fmin(8192, fmax(16, fmin(rate / 12, samples / 16.0))))));
}

/* A channel without its mean, over a peak so that powers stay in range. */
static void channel_copy(float *to, const float *from, int samples, double peak)
{
    double mean = 0;

    for (int i = 0; i < samples; i++)
        mean += from[i] / (double)samples;
    for (int i = 0; i < samples; i++)
        to[i] = (float)((from[i] - mean) / peak);
}

static double peak_of(const struct clip *clip)
{
    double peak = 0;

    for (int64_t i = 0; i < clip->channels * clip->samples; i++)
        peak = fmax(peak, fabsf(clip->data[i]));
    return peak > 0 ? peak : 1;
}

/* Lower edge of row i of so many over the bins, 0 to bins - 1. */
static double row_edge(int i, int rows, int bins, double rate, bool linear)
{
    double part = (double)i / rows;

    return (bins - 1) * (linear ? part : mel_to_hertz(part * mel_of(rate / 2)) / (rate / 2));
}

/* The largest power of the bins from lo to hi, or that of the nearest one. */
static double power_between(const float *spectrum, double lo, double hi)
{
    int first = (int)ceil(lo), end = (int)ceil(hi);
    double most = 0;

    if (first == end)
        first = (int)((lo + hi) / 2 + 0.5);
    for (int b = first; b < end || b == first; b++)
        most = fmax(most, spectrum[b]);
    return most;
}

/* Adds the powers of a channel, put together to rows and columns. */
static void power_add(const struct levels *s, struct spectrum *spectrum, const float *x, int samples,
                      const double *edges, double *power)
{
    int64_t frames = spectrum_frames(spectrum, samples);
    float *bins = mem_zero((size_t)spectrum_bins(spectrum), sizeof *bins);

    for (int64_t f = 0; f < frames; f++) {
        double *column = power + f * s->columns / frames * s->rows;

        spectrum_power(spectrum, x, 1, samples, f, 1, true, bins);
        for (int i = 0; i < s->rows; i++)
            column[i] += power_between(bins, edges[i], edges[i + 1]);
    }
    free(bins);
}

/* Number of frames i that i * columns / frames puts into a column. */
static double share(int64_t frames, int64_t columns, int64_t column)
{
    return (double)(((column + 1) * frames + columns - 1) / columns - (column * frames + columns - 1) / columns);
}

struct levels *levels_new(const struct clip *clip, int columns_most, int rows, bool linear)
{
    int samples = (int)clip->samples, size = frame_size(clip->rate, samples), frames;
    int hop = (int)fmin(size / 4, fmax(1, samples / (2 * columns_most)));
    struct levels *s = mem_zero(1, sizeof *s);
    struct spectrum *spectrum = spectrum_new(size, hop);
    double *edges, *power, full, peak = peak_of(clip);
    float *x = mem_floats((size_t)samples);

    frames = (int)spectrum_frames(spectrum, samples);
    s->columns = frames < columns_most ? frames : columns_most;
    s->rows = rows;
    edges = mem_alloc((size_t)(s->rows + 1) * sizeof *edges);
    for (int i = 0; i <= s->rows; i++)
        edges[i] = row_edge(i, s->rows, size / 2 + 1, clip->rate, linear);
    power = mem_zero((size_t)s->columns * (size_t)s->rows, sizeof *power);
    for (int64_t i = 0; i < clip->channels; i++) {
        channel_copy(x, clip->data + i * samples, samples, peak);
        power_add(s, spectrum, x, samples, edges, power);
    }
    full = size / 6.0 * (double)clip->channels; /* power of sines of amplitude 1 under the window */
    s->db = mem_floats((size_t)s->columns * (size_t)s->rows);
    for (int i = 0; i < s->columns * s->rows; i++) {
        double mean = power[i] / share(frames, s->columns, i / s->rows) / full;

        s->db[i] = mean > rounding ? (float)(10 * log10(mean) + 20 * log10(peak)) : LEVEL_NONE;
    }
    free(power);
    free(edges);
    free(x);
    spectrum_free(spectrum);
    return s;
}

void levels_free(struct levels *s)
{
    free(s->db);
    free(s);
}

float levels_loudest(const struct levels *s, int column)
{
    float loudest = LEVEL_NONE;

    for (int i = 0; i < s->rows; i++)
        loudest = fmaxf(loudest, s->db[(int64_t)column * s->rows + i]);
    return loudest;
}
