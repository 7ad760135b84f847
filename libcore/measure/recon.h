/* How far a reconstruction is from the sound it stands for. */
#ifndef MEASURE_RECON_H
#define MEASURE_RECON_H

#include <stdbool.h>
#include <stdint.h>

enum recon_figure { RECON_MSLS, RECON_SC, RECON_MEL, RECON_DAC_MEL, RECON_DAC_STFT, RECON_GAIN, RECON_COUNT };

struct recon {
    double value[RECON_COUNT];
};

struct recon_meter;

/* Plans for a sample rate, for one thread. */
struct recon_meter *recon_meter_new(double rate);
void recon_meter_free(struct recon_meter *m);

struct recon_estimate {
    const float *x; /* [channels, samples]; NULL: silence */
    bool as_it_is;  /* the gain is only told */
};

enum { RECON_ESTIMATES_MOST = 8 };

/* Compares a sound [channels, samples] with count estimates of it, each
 * brought to its RMS first, by
 *     gain_db = 20 log10 (RMS of the reference / RMS of the estimate)
 * With X and Y the short-time magnitudes of dsp/spectrum.h (hop a quarter of
 * the frame), norms and means over all frames and bins, channels one by one:
 *     msls     = mean |20 log10 (max(X, f) / max(Y, f))|, f = max X / 1000
 *     sc       = |X - Y| / |X| (Arik et al. 2019)
 * both the mean over five frame sizes (64, 128, 256, 512, 1024 at 3 kHz, times
 * rate / 3000 to the nearest power of two), and at the third of these
 *     mel      = mean |10 log10 (max(W X^2, f) / max(W Y^2, f))|, f = max W X^2 / 10^8
 * W 80 triangles from 0 Hz to rate / 2 (MELBANK_SUM).
 *
 * The other two are the distances that the Descript Audio Codec is trained with
 * and measured by (Kumar et al. 2023; its repository descript-audio-codec,
 * dac/nn/loss.py with the settings of conf/base.yml). A and B are the
 * magnitudes with a Hann window that is not scaled, the sound continued by
 * reflection, in frames of n samples at any rate:
 *     dac_mel  = sum over n of mean |log10 (max(V A, e) / max(V B, e))|, e = 1e-5,
 *                n = 32, 64, 128, 256, 512, 1024, 2048, V 5, 10, 20, 40, 80, 160,
 *                320 triangles (MELBANK_AREA)
 *     dac_stft = sum over n = 2048, 512 of mean |2 log10 (max(A, e) / max(B, e))| + mean |A - B|
 * Not numbers (NaN) where the reference is silent; a silent estimate has no gain. */
void recon_measure(struct recon_meter *m, const float *reference, const struct recon_estimate *estimates, int count,
                   int64_t channels, int64_t samples, struct recon *r);

#endif
