/* Magnitudes per band and frame, and back from bands to bins. */
#include "dsp/features.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/reflect.h"
#include "dsp/window.h"

enum { TILE = 16, PER_OCTAVE = 96, RATE_LEAST = 3000, RATE_MOST = 48000 };

struct band {
    int first, bins; /* bins that it takes in */
    size_t weights;  /* where its weights of power begin */
};

struct features {
    int fft, bins, channels;
    int plain; /* channels before this one are the bin of the same number */
    struct fft *transform;
    float *window;
    struct band *band; /* [channels] */
    float *weight;
    float *width;   /* [channels] bins that it stands for */
    double *middle; /* [channels] in bins */
    int *below;     /* [bins] the channel whose middle is at or below a bin, */
    float *part;    /* [bins] and how far the bin is on the way to the next one */
};

int features_defaults(double rate, int *fft, int *hop, double *corner)
{
    double wanted = rate * 2048 / 22050;

    if (!(rate >= RATE_LEAST && rate <= RATE_MOST))
        return error_set("a rate of %g Hz: expected %d to %d", rate, RATE_LEAST, RATE_MOST);
    *fft = 512;
    while (*fft * M_SQRT2 < wanted)
        *fft *= 2;
    *hop = *fft / 4;
    *corner = rate > 4000 ? 2000 : 0;
    return 0;
}

/* ---- bands ---- */

/* Middles of the bands in bins: each bin up to the corner, then 96 to the octave, at least a bin apart. */
static int middles(double *c, int bins, double corner)
{
    int n = 0, last = bins - 1;
    double f = floor(corner);

    for (int k = 0; k <= (int)f; k++)
        c[n++] = k;
    for (;;) {
        f = fmax(f * exp2(1.0 / PER_OCTAVE), c[n - 1] + 1);
        if (f > last)
            break;
        c[n++] = f;
    }
    if (c[n - 1] < last)
        c[n++] = last;
    return n;
}

static double triangle(const double *c, int n, int i, int k)
{
    double low = i > 0 ? c[i - 1] : c[i] - 1, high = i + 1 < n ? c[i + 1] : c[i] + 1;

    return fmax(0, fmin((k - low) / (c[i] - low), (high - k) / (high - c[i])));
}

/* The weights of one band add up to 1. A band too narrow for any bin takes the nearest one. */
static void band_fill(struct band *b, float **weight, size_t *used, const double *c, int n, int i, int bins)
{
    int first = i > 0 ? (int)ceil(c[i - 1]) : 0, end = i + 1 < n ? (int)floor(c[i + 1]) + 1 : bins;
    double sum = 0;

    first = first < 0 ? 0 : first;
    end = end > bins ? bins : end;
    while (first < end && triangle(c, n, i, first) == 0)
        first++;
    while (first < end && triangle(c, n, i, end - 1) == 0)
        end--;
    for (int k = first; k < end; k++)
        sum += triangle(c, n, i, k);
    if (first == end) {
        first = (int)lrint(c[i]);
        end = first + 1;
    }
    *b = (struct band){.first = first, .bins = end - first, .weights = *used};
    *weight = mem_grow(*weight, *used + (size_t)b->bins, sizeof **weight);
    for (int k = first; k < end; k++)
        (*weight)[(*used)++] = sum > 0 ? (float)(triangle(c, n, i, k) / sum) : 1;
}

static void bands_fill(struct features *f, double corner)
{
    double *c = mem_zero((size_t)f->bins + 1, sizeof *c);
    size_t used = 0;
    int low = 0;

    f->channels = middles(c, f->bins, corner);
    f->band = mem_zero((size_t)f->channels, sizeof *f->band);
    for (int i = 0; i < f->channels; i++)
        band_fill(&f->band[i], &f->weight, &used, c, f->channels, i, f->bins);
    f->width = mem_floats((size_t)f->channels);
    for (int i = 0; i < f->channels; i++)
        f->width[i] = (float)(((i + 1 < f->channels ? c[i + 1] : c[i]) - (i > 0 ? c[i - 1] : c[i])) / 2);
    while (f->plain < f->channels && f->band[f->plain].first == f->plain && f->band[f->plain].bins == 1)
        f->plain++;
    for (int k = 0; k < f->bins; k++) {
        while (low + 2 < f->channels && c[low + 1] <= k)
            low++;
        f->below[k] = low;
        f->part[k] = (float)((k - c[low]) / (c[low + 1] - c[low]));
    }
    f->middle = c;
}

struct features *features_new(double rate, int fft, double corner)
{
    struct features *f = mem_zero(1, sizeof *f);
    double bins = corner * fft / rate; /* the corner, in bins */

    assert(rate > 0 && fft >= 2 && fft % 2 == 0 && corner >= 0);
    f->fft = fft;
    f->bins = fft / 2 + 1;
    f->transform = fft_new(fft);
    f->window = mem_floats((size_t)fft);
    window_hann(f->window, fft);
    f->below = mem_zero((size_t)f->bins, sizeof *f->below);
    f->part = mem_floats((size_t)f->bins);
    bands_fill(f, bins > 0 && bins < f->bins - 1 ? bins : f->bins - 1);
    return f;
}

void features_free(struct features *f)
{
    if (!f)
        return;
    fft_free(f->transform);
    free(f->window);
    free(f->band);
    free(f->weight);
    free(f->width);
    free(f->middle);
    free(f->below);
    free(f->part);
    free(f);
}

int features_channels(const struct features *f)
{
    return f->channels;
}

int features_bins(const struct features *f)
{
    return f->bins;
}

double features_middle(const struct features *f, int channel)
{
    return f->middle[channel];
}

/* ---- frames ---- */

KERNEL(window_apply, (const float *restrict w, const float *restrict x, float *restrict y, int n), (w, x, y, n))
{
    for (int i = 0; i < n; i++)
        y[i] = w[i] * x[i];
}

static void frame_spectrum(const struct features *f, const float *x, int64_t from, int64_t samples, int64_t centre,
                           float *y, float *spectrum)
{
    int64_t start = centre - f->fft / 2;

    if (start >= 0 && start + f->fft <= samples)
        window_apply(f->window, x + (start - from), y, f->fft);
    else
        for (int i = 0; i < f->fft; i++)
            y[i] = f->window[i] * x[reflect(start + i, samples) - from];
    fft_forward(f->transform, y, spectrum);
}

KERNEL(frame_power, (const float *restrict spectrum, float *restrict power, int bins), (spectrum, power, bins))
{
    for (int k = 0; k < bins; k++)
        power[k] = spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1];
}

/* power [TILE, bins] to magnitude, frame by frame; a value is the same whatever count is. */
KERNEL(tile_bands,
       (const struct features *f, const float *restrict power, int count, float *restrict magnitude, size_t stride),
       (f, power, count, magnitude, stride))
{
    for (int t = 0; t < count; t++)
        for (int k = 0; k < f->plain; k++)
            magnitude[(size_t)t * stride + (size_t)k] = sqrtf(power[(size_t)t * (size_t)f->bins + (size_t)k]);
    for (int c = f->plain; c < f->channels; c++) {
        const struct band *b = &f->band[c];
        float sum[TILE];

        for (int t = 0; t < TILE; t++) {
            const float *p = power + (size_t)t * (size_t)f->bins + b->first;
            const float *w = f->weight + b->weights;

            sum[t] = w[0] * p[0];
            for (int k = 1; k < b->bins; k++)
                sum[t] += w[k] * p[k];
        }
        for (int t = 0; t < TILE; t++)
            sum[t] = sqrtf(sum[t]);
        for (int t = 0; t < count; t++)
            magnitude[(size_t)t * stride + (size_t)c] = sum[t];
    }
}

void features_magnitude(const struct features *f, struct grid grid, const float *x, int channels, int64_t from,
                        int64_t samples, int64_t first, int frames, float *magnitude)
{
    size_t row = ((size_t)f->fft + 2 + FFT_ALIGN_FLOATS - 1) / FFT_ALIGN_FLOATS * FFT_ALIGN_FLOATS;
    size_t bins = (size_t)f->bins, tile = TILE * bins, sets = channels == 2 ? 3 : 1;
    float *y = mem_floats(3 * row + sets * tile), *left = y + row, *right = left + row, *power = right + row;

    assert((channels == 1 || channels == 2) && 0 <= from && from < samples && first >= 0 && frames >= 0);
    for (int t = 0; t < frames; t += TILE) {
        int count = frames - t < TILE ? frames - t : TILE;

        for (int i = 0; i < count; i++) {
            int64_t at = grid_at(grid, first + t + i);
            float *p = power + (size_t)i * bins;

            frame_spectrum(f, x, from, samples, at, y, left);
            if (channels == 2) {
                frame_spectrum(f, x + (samples - from), from, samples, at, y, right);
                frame_power(left, p + tile, f->bins);
                frame_power(right, p + 2 * tile, f->bins);
                for (int k = 0; k < 2 * f->bins; k++)
                    left[k] = 0.5f * (left[k] + right[k]);
            }
            frame_power(left, p, f->bins);
        }
        for (size_t k = 0; k < sets; k++)
            tile_bands(f, power + k * tile, count, magnitude + ((size_t)t * sets + k) * (size_t)f->channels,
                       sets * (size_t)f->channels);
    }
    free(y);
}

KERNEL(power_sum, (const float *restrict level, const float *restrict width, int channels, float *sum),
       (level, width, channels, sum))
{
    *sum = 0;
    KERNEL_SUM(*sum, float, 16, c, 0, channels, width[c] * kernel_exp(2 * level[c]));
}

double features_rms(const struct features *f, const float *level)
{
    float sum;

    power_sum(level, f->width, f->channels, &sum);
    /* both halves of the spectrum; the squares of a Hann window have a mean of 3/8 */
    return sqrt(2 * (double)sum / 0.375) / f->fft;
}

KERNEL(unwarp,
       (const float *restrict level, const int *restrict below, const float *restrict part, float *restrict bin,
        int bins),
       (level, below, part, bin, bins))
{
    for (int k = 0; k < bins; k++)
        bin[k] = (1 - part[k]) * level[below[k]] + part[k] * level[below[k] + 1];
}

void features_unwarp(const struct features *f, const float *level, float *bins)
{
    if (f->plain == f->bins)
        memcpy(bins, level, (size_t)f->bins * sizeof *bins);
    else
        unwarp(level, f->below, f->part, bins, f->bins);
}
