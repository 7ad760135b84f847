/* Spectral distances of a reconstruction at five frame sizes, and its signal-to-noise ratio. */
#include "dsp/recon.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/spectrum.h"

enum { SIZES = 5 };

struct recon_meter {
    struct spectrum *spectra[SIZES];
    double *x, *y;                   /* power of a frame of the largest size */
};

struct recon_meter *recon_meter_new(double rate)
{
    struct recon_meter *m = mem_zero(1, sizeof *m);
    double factor = exp2(nearbyint(log2(rate / 3000)));
    size_t bins;

    assert(rate > 0);
    for (int i = 0; i < SIZES; i++) {
        int size = (int)fmax(16, ldexp(64, i) * factor);

        m->spectra[i] = spectrum_new(size, size / 4);
    }
    bins = (size_t)spectrum_bins(m->spectra[SIZES - 1]);
    m->x = mem_zero(bins, sizeof *m->x);
    m->y = mem_zero(bins, sizeof *m->y);
    return m;
}

void recon_meter_free(struct recon_meter *m)
{
    if (!m)
        return;
    for (int i = 0; i < SIZES; i++)
        spectrum_free(m->spectra[i]);
    free(m->x);
    free(m->y);
    free(m);
}

/* Largest power of any bin in any frame of any channel. */
static double power_peak(struct recon_meter *m, struct spectrum *s, const float *x, int64_t channels,
                         int64_t samples)
{
    double peak = 0;

    for (int64_t c = 0; c < channels; c++)
        for (int64_t f = 0; f < spectrum_frames(s, samples); f++) {
            spectrum_power(s, x + c * samples, 1, samples, f, m->x);
            for (int k = 0; k < spectrum_bins(s); k++)
                peak = fmax(peak, m->x[k]);
        }
    return peak;
}

/* Distances at one frame size: log spectral in dB, and convergence. */
static void distances(struct recon_meter *m, struct spectrum *s, const float *x, const float *y,
                      int64_t channels, int64_t samples, double *log_distance, double *convergence)
{
    double floor = power_peak(m, s, x, channels, samples) * 1e-6;   /* 60 dB below */
    double logs = 0, difference = 0, energy = 0, count = 0;

    for (int64_t c = 0; c < channels; c++)
        for (int64_t f = 0; f < spectrum_frames(s, samples); f++) {
            spectrum_power(s, x + c * samples, 1, samples, f, m->x);
            spectrum_power(s, y + c * samples, 1, samples, f, m->y);
            for (int k = 0; k < spectrum_bins(s); k++) {
                double d = sqrt(m->x[k]) - sqrt(m->y[k]);

                logs += fabs(log10(fmax(m->x[k], floor) / fmax(m->y[k], floor)));
                difference += d * d;
                energy += m->x[k];
            }
            count += spectrum_bins(s);
        }
    *log_distance = energy > 0 ? 10 * logs / count : NAN;
    *convergence = energy > 0 ? sqrt(difference / energy) : NAN;
}

struct recon recon_measure(struct recon_meter *m, const float *reference, const float *estimate,
                           int64_t channels, int64_t samples)
{
    struct recon r = { 0 };
    double energy = 0, error = 0;

    for (int i = 0; i < SIZES; i++) {
        double msls, sc;

        distances(m, m->spectra[i], reference, estimate, channels, samples, &msls, &sc);
        r.msls += msls / SIZES;
        r.sc += sc / SIZES;
    }
    for (int64_t i = 0; i < channels * samples; i++) {
        double d = (double)reference[i] - estimate[i];

        energy += (double)reference[i] * reference[i];
        error += d * d;
    }
    r.snr = energy > 0 ? 10 * log10(energy / (error + 1e-12)) : NAN;
    return r;
}
