/* Figures of the short-time spectrum of a clip. */
#include "measure/timbre.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "dsp/spectrum.h"

static const double lowest_band = 31.25, rolloff_share = 0.85;

struct timbre_meter {
    double rate;
    struct spectrum *spectrum;
    double *power;               /* of a frame, without the 1e-10 */
    float *log, *db, *db_before; /* of a frame: ln P; 10 log10 (P + 1e-6), this one's and the last one's */
    int *octave;                 /* of a bin, -1: none */
    double *rises;               /* of the clip measured last: of frame 1 and on, less their mean */
    int64_t count;
};

static int octave_count(double rate)
{
    int n = 0;

    while (n < TIMBRE_BANDS_MAX && ldexp(lowest_band, n) / sqrt(2) < rate / 2)
        n++;
    return n;
}

static void octaves_place(struct timbre_meter *m)
{
    int bands = octave_count(m->rate), b = -1;
    double hertz = m->rate / spectrum_size(m->spectrum);

    for (int k = 0; k < spectrum_bins(m->spectrum); k++) {
        while (b + 1 < bands && k * hertz >= ldexp(lowest_band, b + 1) / sqrt(2))
            b++;
        m->octave[k] = b >= 0 && k * hertz < ldexp(lowest_band, b) * sqrt(2) ? b : -1;
    }
}

struct timbre_meter *timbre_meter_new(double rate)
{
    struct timbre_meter *m = mem_zero(1, sizeof *m);
    size_t bins;

    assert(rate > 0);
    m->rate = rate;
    m->spectrum = spectrum_new_standard(rate);
    bins = (size_t)spectrum_bins(m->spectrum);
    m->power = mem_zero(bins, sizeof *m->power);
    m->octave = mem_zero(bins, sizeof *m->octave);
    octaves_place(m);
    m->log = mem_zero(bins, sizeof *m->log);
    m->db = mem_zero(bins, sizeof *m->db);
    m->db_before = mem_zero(bins, sizeof *m->db_before);
    return m;
}

void timbre_meter_free(struct timbre_meter *m)
{
    if (!m)
        return;
    spectrum_free(m->spectrum);
    free(m->power);
    free(m->octave);
    free(m->log);
    free(m->db);
    free(m->db_before);
    free(m->rises);
    free(m);
}

double timbre_meter_rate(const struct timbre_meter *m)
{
    return m->rate;
}

KERNEL(logarithms, (const double *power, float *log, float *db, int n), (power, log, db, n))
{
    for (int k = 0; k < n; k++) {
        log[k] = kernel_log((float)power[k] + 1e-10f);
        db[k] = 4.34294481903f * kernel_log((float)power[k] + 1e-6f);
    }
}

/* Adds the power of a frame to its octaves: both halves of the spectrum count, the first and last bin once. */
static void octaves_add(const struct timbre_meter *m, double *band)
{
    int bins = spectrum_bins(m->spectrum);

    for (int k = 0; k < bins; k++)
        if (m->octave[k] >= 0)
            band[m->octave[k]] += m->power[k] * (k == 0 || k == bins - 1 ? 1 : 2) / spectrum_size(m->spectrum);
}

/* Adds a frame's figures to t; returns its energy in dB. */
static double frame_timbre(const struct timbre_meter *m, struct timbre *t)
{
    int bins = spectrum_bins(m->spectrum), k = 0;
    double hertz = m->rate / spectrum_size(m->spectrum);
    double total = 0, logs = 0, peak = 0, moment = 0, square = 0, below, mean, centroid;

    for (int i = 0; i < bins; i++) {
        double p = m->power[i] + 1e-10;

        total += p;
        logs += m->log[i];
        peak = p > peak ? p : peak;
        moment += i * p;
        square += (double)i * i * p;
    }
    mean = total / bins;
    centroid = moment / total;
    for (below = m->power[0] + 1e-10; below < rolloff_share * total; below += m->power[k] + 1e-10)
        k++;
    t->flatness += exp(logs / bins) / mean;
    t->peakiness += 10 * log10(peak / mean);
    t->centroid += hertz * centroid;
    t->bandwidth += hertz * sqrt(fmax(0, square / total - centroid * centroid));
    t->rolloff += k * hertz;
    return 10 * log10(mean + 1e-9);
}

/* Mean over bins of what the level rose since the frame before. */
static double frame_rise(const struct timbre_meter *m)
{
    int bins = spectrum_bins(m->spectrum);
    double rise = 0;

    for (int k = 0; k < bins; k++)
        rise += m->db[k] > m->db_before[k] ? (double)(m->db[k] - m->db_before[k]) : 0;
    return rise / bins;
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
    for (int64_t f = 0; f < frames; f++) {
        double rise, energy;
        float *swap = m->db_before;

        m->db_before = m->db;
        m->db = swap;
        spectrum_power(m->spectrum, x, channels, samples, f, false, m->power);
        logarithms(m->power, m->log, m->db, spectrum_bins(m->spectrum));
        octaves_add(m, t.band);
        energy = frame_timbre(m, &t);
        energies += energy;
        squares += energy * energy;
        rise = f > 0 ? frame_rise(m) : 0;
        flux += rise;
        if (f > 0)
            m->rises[f - 1] = rise;
    }
    rises_center(m->rises, m->count);
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        *means[i] /= n;
    t.dynamics = sqrt(fmax(0, squares / n - (energies / n) * (energies / n)));
    t.flux = frames > 1 ? flux / (n - 1) : NAN;
    t.rhythm = pulse_strongest(m->rises, m->count, (int64_t)(0.2 / hop), (int64_t)(1.2 / hop));
    for (int b = 0; b < t.bands; b++)
        t.band[b] = 10 * log10(t.band[b] / n);
    return t;
}
