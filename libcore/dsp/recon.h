/* How far a reconstruction is from the sound it stands for. */
#ifndef DSP_RECON_H
#define DSP_RECON_H

#include <stdint.h>

struct recon_meter;

struct recon {
    double msls;    /* mean distance of log magnitudes, dB */
    double sc;      /* spectral convergence: 0 alike, 1 as far as silence is */
    double snr;     /* of the waveforms, dB */
};

/* Plans for a sample rate, for one thread. */
struct recon_meter *recon_meter_new(double rate);
void recon_meter_free(struct recon_meter *m);

/* Compares reference and estimate, [channels, samples] each. With X and Y the
 * short-time magnitudes of dsp/spectrum.h at five frame sizes n (64, 128, 256,
 * 512, 1024 at 3 kHz, times rate / 3000 to the nearest power of two) and a hop
 * of n / 4, and means over the five:
 *     msls = mean |20 log10 (max(X, f) / max(Y, f))|, f = max X / 1000
 *     sc   = |X - Y| / |X|, norms over all frames and bins (Arik et al. 2019)
 *     snr  = 10 log10 (sum x^2 / (sum (x - y)^2 + 1e-12))
 * Not numbers (NaN) where the reference is silent. */
struct recon recon_measure(struct recon_meter *m, const float *reference, const float *estimate,
                           int64_t channels, int64_t samples);

#endif
