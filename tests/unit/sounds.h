/* Sounds for tests of the vocoder, their magnitudes, and how far others are from these. */
#ifndef TESTS_SOUNDS_H
#define TESTS_SOUNDS_H

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "dsp/features.h"
#include "dsp/vocoder.h"

static float *noise(size_t count, uint64_t stream)
{
    float *x = mem_floats(count);
    struct rng r = rng_new(7, stream);

    rng_normal(&r, x, count);
    return x;
}

/* Some chords with soft onsets: more like music than noise is. */
static float *chords(int samples, double rate)
{
    float *x = mem_floats((size_t)samples);

    for (int t = 0; t < samples; t++) {
        double s = t / rate, since = fmod(s, 0.4), sum = 0;
        int chord = (int)(s / 0.4);

        for (int note = 0; note < 3; note++)
            for (int h = 1; h <= 4; h++)
                sum += sin(2 * M_PI * h * s * 110 * pow(2, (chord * 5 % 12 + 4 * note) / 12.0)) / h;
        x[t] = (float)(sum * 0.05 * exp(-5 * since) * (1 - exp(-100 * since)));
    }
    return x;
}

/* [frames, bins] */
static float *magnitudes(const float *x, int samples, int fft, struct grid grid)
{
    struct features *f = features_new(8000, fft, 0);
    int frames = (int)grid_frames(grid, samples), bins = fft / 2 + 1;
    float *y = mem_floats((size_t)(frames * bins));

    features_magnitude(f, grid, x, 1, 0, samples, 0, frames, y);
    features_free(f);
    return y;
}

/* How far magnitudes of x are from m, relative. */
static double misfit(const float *x, int samples, int fft, struct grid grid, const float *m)
{
    float *y = magnitudes(x, samples, fft, grid);
    double off = 0, all = 0;

    for (int i = 0; i < (int)grid_frames(grid, samples) * (fft / 2 + 1); i++) {
        off += pow((double)y[i] - (double)m[i], 2);
        all += pow((double)m[i], 2);
    }
    free(y);
    return sqrt(off / all);
}

/* A whole clip: m to y [samples]. */
static void vocode(int fft, struct vocoder_how how, struct grid grid, const float *m, float *y, int samples)
{
    struct vocoder *v = vocoder_new(fft, how);

    vocoder_begin(v, grid);
    vocoder_push(v, m, (int)grid_frames(grid, samples));
    vocoder_end(v, samples);
    vocoder_pull(v, y, (size_t)samples);
    vocoder_free(v);
}

#endif
