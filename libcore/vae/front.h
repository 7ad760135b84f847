/* The front of the network 'spectral': clips brought to one level, as frames
 * of standardised log magnitudes, and back to magnitudes. */
#ifndef VAE_FRONT_H
#define VAE_FRONT_H

#include <stdint.h>

#include "base/pool.h"
#include "dsp/features.h"

/* The level that every clip is brought to, as RMS, before anything is learnt of it. */
#define FRONT_LEVEL 0.1

struct front {
    double rate, corner;         /* Hz; corner: see dsp/features.h */
    int fft, hop;
    struct features *bands;
};

/* The default front end of that rate; -1: not a rate it is made for. */
int front_begin(struct front *f, double rate);
/* A front end with given frames, as a model says. */
void front_set(struct front *f, double rate, int fft, int hop, double corner);
void front_end(struct front *f);

/* RMS of a signal, 0 for silence. */
double front_rms(const float *x, int64_t samples);

/* y [channels, stride] = ln max(gain |X|, floor) of frames first .. first + frames - 1. */
void front_levels(const struct front *f, const float *x, int64_t samples, double gain, double floor, int64_t first,
                  int frames, float *y, size_t stride);

/* ln of the largest magnitude that a loss lets through: a factor of 2 over the most of any channel (most as the
 * front end's statistics have it, standardised). */
float front_top(int channels, const float *mean, const float *sd, const float *most);

/* y = (y - mean) / sd per channel. */
void front_standardise(int channels, int frames, size_t stride, const float *mean, const float *sd, float *y);

#endif
