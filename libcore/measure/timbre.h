/* Figures of the short-time spectrum of a clip: what kind of sound it is. */
#ifndef MEASURE_TIMBRE_H
#define MEASURE_TIMBRE_H

#include <stdint.h>

enum { TIMBRE_BANDS_MAX = 16 };

/* With P the power of a frame and bin as dsp/spectrum.h has it, plus 1e-10,
 * frames of about 85 ms, hop a quarter of it, and means over all frames: */
struct timbre {
    double flatness;  /* geometric over arithmetic mean of P: 0 a tone, about .56 white noise, 1 silence */
    double peakiness; /* 10 log10 (largest P / mean P), dB */
    double centroid;  /* sum f P / sum P, Hz */
    double bandwidth; /* square root of sum (f - centroid)^2 P / sum P, Hz */
    double rolloff;   /* least f below or at which .85 of the sum of P lies, Hz */
    double dynamics;  /* standard deviation over frames of 10 log10 (mean P + 1e-9), dB */
    double flux;      /* what 10 log10 (P + 1e-6) rises, falls counting 0, mean over bins and frames, dB */
    double rhythm;    /* largest autocorrelation of that rise of frames at lags of .2 to 1.2 s, over lag 0 */
    int bands;        /* octaves: the centre of band b is 31.25 x 2^b Hz, the last one ends at rate / 2 */
    double band[TIMBRE_BANDS_MAX]; /* its share of the mean square, in dB of full scale */
};

struct timbre_meter;

/* Plans for a sample rate, for one thread. */
struct timbre_meter *timbre_meter_new(double rate);
void timbre_meter_free(struct timbre_meter *m);
double timbre_meter_rate(const struct timbre_meter *m);

/* x [channels, samples]: P is the mean over channels. A clip too short for a
 * figure, or silent where that leaves it undefined, has NaN there. */
struct timbre timbre_measure(struct timbre_meter *m, const float *x, int64_t channels, int64_t samples);

/* Of the clip that was measured last, how much more its rises repeat at the
 * beat than between: their autocorrelation, over lag 0, at 1, 2 and 4 beats,
 * less that at 1/3, 1/2, 2/3, 4/3, 3/2 and 5/3, means of both. beat in
 * seconds. NaN: shorter than 4 beats, or without rises. */
double timbre_contrast(const struct timbre_meter *m, double beat);

#endif
