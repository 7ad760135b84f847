/* Figures of the short-time spectrum of a clip. */
#include "measure/timbre.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "dsp/spectrum.h"

static const double lowest_band = 31.25, rolloff_share = 0.85;

struct timbre_meter {
    double rate;
    struct spectrum *spectrum;
    float *power;  /* [2, bins] of two frames, without the 1e-10 */
    float *db;     /* of the frame before: 10 log10 (P + 1e-6) */
    double *all;   /* power of all frames */
    double *rises; /* of the clip measured last: of frame 1 and on, less their mean */
    int64_t count;
};

static int octave_count(double rate)
{
    int n = 0;

    while (n < TIMBRE_BANDS_MAX && ldexp(lowest_band, n) / sqrt(2) < rate / 2)
        n++;
    return n;
}

struct timbre_meter *timbre_meter_new(double rate)
{
    struct timbre_meter *m = mem_zero(1, sizeof *m);
    size_t bins;

    assert(rate > 0);
    m->rate = rate;
    m->spectrum = spectrum_new_standard(rate);
    bins = (size_t)spectrum_bins(m->spectrum);
    m->power = mem_zero(2 * bins, sizeof *m->power);
    m->db = mem_zero(bins, sizeof *m->db);
    m->all = mem_zero(bins, sizeof *m->all);
    return m;
}

void timbre_meter_free(struct timbre_meter *m)
{
    if (!m)
        return;
    spectrum_free(m->spectrum);
    free(m->power);
    free(m->db);
    free(m->all);
    free(m->rises);
    free(m);
}

double timbre_meter_rate(const struct timbre_meter *m)
{
    return m->rate;
}

enum { LANES = 8 };

/* Sums over the bins k of a frame, each lane of some of them, P with its 1e-10. */
struct sums {
    double total[LANES], moment[LANES], square[LANES]; /* P, k P, k^2 P */
    float logs[LANES], peak[LANES];                    /* ln P; the largest P */
    float rise[LANES];                                 /* of the level, dB */
};

KERNEL_INLINE void bin_add(struct sums *s, int lane, float power, int bin, float *db, double *all)
{
    float level = 4.34294481903f * kernel_log(power + 1e-6f), rise = level - *db;
    double p = power + 1e-10;

    s->total[lane] += p;
    s->moment[lane] += bin * p;
    s->square[lane] += bin * (bin * p);
    s->logs[lane] += kernel_log(power + 1e-10f);
    s->peak[lane] = power > s->peak[lane] ? power : s->peak[lane];
    s->rise[lane] += rise > 0 ? rise : 0;
    *db = level;
    *all += power;
}

KERNEL(bins_add, (const float *power, int bins, float *restrict db, double *restrict all, struct sums *out),
       (power, bins, db, all, out))
{
    struct sums s = {0};
    int k = 0;

    for (; k + LANES <= bins; k += LANES)
        for (int i = 0; i < LANES; i++)
            bin_add(&s, i, power[k + i], k + i, db + k + i, all + k + i);
    for (; k < bins; k++)
        bin_add(&s, 0, power[k], k, db + k, all + k);
    for (int i = 1; i < LANES; i++) {
        s.total[0] += s.total[i];
        s.moment[0] += s.moment[i];
        s.square[0] += s.square[i];
        s.logs[0] += s.logs[i];
        s.peak[0] = s.peak[i] > s.peak[0] ? s.peak[i] : s.peak[0];
        s.rise[0] += s.rise[i];
    }
    *out = s;
}

/* Adds a frame's figures to t; rise: mean over bins of what the level rose since the frame before. Returns its energy
 * in dB. */
static double frame_timbre(const struct timbre_meter *m, const float *power, struct timbre *t, double *rise)
{
    int bins = spectrum_bins(m->spectrum), k = 0;
    double hertz = m->rate / spectrum_size(m->spectrum), below, mean, centroid;
    struct sums s;

    bins_add(power, bins, m->db, m->all, &s);
    mean = s.total[0] / bins;
    centroid = s.moment[0] / s.total[0];
    for (below = power[0] + 1e-10; below < rolloff_share * s.total[0]; below += power[k] + 1e-10)
        k++;
    t->flatness += exp(s.logs[0] / (float)bins) / mean;
    t->peakiness += 10 * log10((s.peak[0] + 1e-10) / mean);
    t->centroid += hertz * centroid;
    t->bandwidth += hertz * sqrt(fmax(0, s.square[0] / s.total[0] - centroid * centroid));
    t->rolloff += k * hertz;
    *rise = s.rise[0] / (float)bins;
    return 10 * log10(mean + 1e-9);
}

/* Levels of octaves from the power of all frames: both halves of the spectrum count, the first and last bin once. */
static void octaves_measure(const struct timbre_meter *m, int64_t frames, struct timbre *t)
{
    int bins = spectrum_bins(m->spectrum), k = 0;
    double hertz = m->rate / spectrum_size(m->spectrum), count = (double)frames * spectrum_size(m->spectrum);

    while (k < bins && k * hertz < lowest_band / sqrt(2))
        k++;
    for (int b = 0; b < t->bands; b++) {
        double sum = 0;

        for (; k < bins && k * hertz < ldexp(lowest_band, b) * sqrt(2); k++)
            sum += m->all[k] * (k == 0 || k == bins - 1 ? 1 : 2);
        t->band[b] = 10 * log10(sum / count);
    }
}

static void rises_center(double *x, int64_t n)
{
    double mean = 0;

    for (int64_t t = 0; t < n; t++)
        mean += x[t] / (double)n;
    for (int64_t t = 0; t < n; t++)
        x[t] -= mean;
}

/* Autocorrelation of x [n] at lag < n, not divided by anything. */
static double repeats(const double *x, int64_t n, int64_t lag)
{
    double sum = 0;

    for (int64_t t = lag; t < n; t++)
        sum += x[t] * x[t - lag];
    return sum;
}

/* Lag 0; NaN where that is no more than rounding. */
static double repeats_most(const double *x, int64_t n)
{
    double zero = repeats(x, n, 0);

    return zero > 1e-12 * (double)n ? zero : NAN;
}

/* Largest autocorrelation of x [n] at lags from..to-1, over lag 0. */
static double pulse_strongest(const double *x, int64_t n, int64_t from, int64_t to)
{
    double best = -INFINITY;

    for (int64_t lag = from; lag < to && lag < n; lag++)
        best = fmax(best, repeats(x, n, lag));
    return isfinite(best) ? best / repeats_most(x, n) : NAN;
}

/* Autocorrelation between two lags. */
static double repeats_at(const double *x, int64_t n, double lag)
{
    int64_t below = (int64_t)lag;
    double part = lag - (double)below;

    return (1 - part) * repeats(x, n, below) + (part > 0 ? part * repeats(x, n, below + 1) : 0);
}

double timbre_contrast(const struct timbre_meter *m, double beat)
{
    static const double on[] = {1, 2, 4}, off[] = {1.0 / 3, 1.0 / 2, 2.0 / 3, 4.0 / 3, 3.0 / 2, 5.0 / 3};
    double lag = beat * m->rate / spectrum_hop(m->spectrum), contrast = 0;

    assert(beat > 0);
    if (4 * lag > (double)(m->count - 1))
        return NAN;
    for (int i = 0; i < 3; i++)
        contrast += repeats_at(m->rises, m->count, on[i] * lag) / 3;
    for (int i = 0; i < 6; i++)
        contrast -= repeats_at(m->rises, m->count, off[i] * lag) / 6;
    return contrast / repeats_most(m->rises, m->count);
}

struct timbre timbre_measure(struct timbre_meter *m, const float *x, int64_t channels, int64_t samples)
{
    int64_t frames = spectrum_frames(m->spectrum, samples);
    double n = (double)frames, flux = 0, energies = 0, squares = 0;
    double hop = spectrum_hop(m->spectrum) / m->rate;
    struct timbre t = {.bands = octave_count(m->rate)};
    double *const means[] = {&t.flatness, &t.peakiness, &t.centroid, &t.bandwidth, &t.rolloff};

    assert(channels >= 1 && samples >= 1);
    m->count = frames - 1;
    m->rises = mem_grow(m->rises, (size_t)frames, sizeof *m->rises);
    memset(m->all, 0, (size_t)spectrum_bins(m->spectrum) * sizeof *m->all);
    for (int64_t f = 0; f < frames; f++) {
        double rise, energy;

        if (f % 2 == 0)
            spectrum_power(m->spectrum, x, channels, samples, f, 2, false, m->power);
        energy = frame_timbre(m, m->power + f % 2 * spectrum_bins(m->spectrum), &t, &rise);
        energies += energy;
        squares += energy * energy;
        flux += f > 0 ? rise : 0;
        if (f > 0)
            m->rises[f - 1] = rise;
    }
    rises_center(m->rises, m->count);
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        *means[i] /= n;
    t.dynamics = sqrt(fmax(0, squares / n - (energies / n) * (energies / n)));
    t.flux = frames > 1 ? flux / (n - 1) : NAN;
    t.rhythm = pulse_strongest(m->rises, m->count, (int64_t)(0.2 / hop), (int64_t)(1.2 / hop));
    octaves_measure(m, frames, &t);
    return t;
}
