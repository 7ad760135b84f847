/* Log-mel maps, and the patches and windows that are cut out of them. */
#include "dsp/melmap.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/levels.h"
#include "dsp/spectrum.h"

static const double lowest = 40, loudness = 0.1;

struct melmap {
    double rate;
    struct spectrum *spectrum;
    double *power;             /* [bins] */
    double *weights;           /* [MEL_BANDS, bins] */
    int from[MEL_BANDS], to[MEL_BANDS];   /* bins whose weight is not 0 */
};

static double mel(double hertz)
{
    return 2595 * log10(1 + hertz / 700);
}

static double mel_hertz(double m)
{
    return 700 * (pow(10, m / 2595) - 1);
}

/* A triangle from a over b to c, or the bin nearest to b when none lies inside. */
static void band_fill(struct melmap *m, int band, double a, double b, double c)
{
    int bins = spectrum_bins(m->spectrum), nearest = 0;
    double *w = m->weights + (size_t)band * (size_t)bins, sum = 0,
           hertz = m->rate / spectrum_size(m->spectrum);

    for (int k = 0; k < bins; k++) {
        double f = k * hertz;

        w[k] = fmax(0, fmin((f - a) / (b - a), (c - f) / (c - b)));
        sum += w[k];
        if (fabs(f - b) < fabs(nearest * hertz - b))
            nearest = k;
    }
    if (sum <= 0)
        sum = w[nearest] = 1;
    m->from[band] = bins;
    for (int k = 0; k < bins; k++)
        if (w[k] > 0) {
            w[k] /= sum;
            m->from[band] = k < m->from[band] ? k : m->from[band];
            m->to[band] = k + 1;
        }
}

struct melmap *melmap_new(double rate)
{
    struct melmap *m = mem_zero(1, sizeof *m);
    double low = mel(lowest), step = (mel(rate / 2) - low) / (MEL_BANDS + 1);
    size_t bins;

    assert(rate >= 1000);
    m->rate = rate;
    m->spectrum = spectrum_new_standard(rate);
    bins = (size_t)spectrum_bins(m->spectrum);
    m->power = mem_zero(bins, sizeof *m->power);
    m->weights = mem_zero(MEL_BANDS * bins, sizeof *m->weights);
    for (int i = 0; i < MEL_BANDS; i++)
        band_fill(m, i, mel_hertz(low + i * step), mel_hertz(low + (i + 1) * step),
                  mel_hertz(low + (i + 2) * step));
    return m;
}

void melmap_free(struct melmap *m)
{
    if (!m)
        return;
    spectrum_free(m->spectrum);
    free(m->power);
    free(m->weights);
    free(m);
}

double melmap_rate(const struct melmap *m)
{
    return m->rate;
}

int64_t melmap_frames(const struct melmap *m, int64_t samples)
{
    return spectrum_frames(m->spectrum, samples);
}

void melmap_make(struct melmap *m, const float *x, int64_t channels, int64_t samples, float *map)
{
    size_t bins = (size_t)spectrum_bins(m->spectrum);
    double gain = loudness / (level_rms(x, channels * samples) + 1e-9);

    for (int64_t f = 0; f < melmap_frames(m, samples); f++) {
        spectrum_power(m->spectrum, x, channels, samples, f, m->power);
        for (int i = 0; i < MEL_BANDS; i++) {
            const double *w = m->weights + (size_t)i * bins;
            double sum = 0;

            for (int k = m->from[i]; k < m->to[i]; k++)
                sum += w[k] * m->power[k];
            map[f * MEL_BANDS + i] = (float)(10 * log10(sum * gain * gain + 1e-6));
        }
    }
}

int64_t patch_count(int64_t frames)
{
    return frames > PATCH_FRAMES ? (frames - PATCH_FRAMES) / PATCH_STRIDE : 0;
}

int64_t window_smooth(float *map, int64_t frames)
{
    int64_t left = frames - (WINDOW_STEP - 1);

    for (int64_t i = 0; i < left * MEL_BANDS; i++) {
        float sum = 0;

        for (int64_t j = 0; j < WINDOW_STEP; j++)
            sum += map[i + j * MEL_BANDS];
        map[i] = sum / WINDOW_STEP;
    }
    return left > 0 ? left : 0;
}

int64_t window_count(int64_t frames, int64_t hop)
{
    int64_t starts = frames - (WINDOW_FRAMES - 1) * WINDOW_STEP;

    return starts > 0 ? (starts - 1) / hop + 1 : 0;
}

void window_take(const float *map, int64_t start, float *window)
{
    for (int64_t j = 0; j < WINDOW_FRAMES; j++)
        memcpy(window + j * MEL_BANDS, map + (start + j * WINDOW_STEP) * MEL_BANDS, MEL_BANDS * sizeof *map);
}
