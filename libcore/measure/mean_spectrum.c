/* A mean spectrum, and one steady sound made of it. */
#include "measure/mean_spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "measure/levels.h"
#include "dsp/spectrum.h"
#include "dsp/vocoder.h"

enum { PIECE = 256 }; /* frames given to the vocoder at once */

struct mean_spectrum {
    struct spectrum *spectrum;
    float *power; /* of a frame */
    double *sum;  /* over all frames, dB */
    int64_t frames;
};

struct mean_spectrum *mean_spectrum_new(double rate)
{
    struct mean_spectrum *m = mem_zero(1, sizeof *m);
    size_t bins;

    m->spectrum = spectrum_new_standard(rate);
    bins = (size_t)spectrum_bins(m->spectrum);
    m->power = mem_zero(bins, sizeof *m->power);
    m->sum = mem_zero(bins, sizeof *m->sum);
    return m;
}

void mean_spectrum_free(struct mean_spectrum *m)
{
    if (!m)
        return;
    spectrum_free(m->spectrum);
    free(m->power);
    free(m->sum);
    free(m);
}

void mean_spectrum_add(struct mean_spectrum *m, const float *x, int64_t channels, int64_t samples)
{
    double gain = MEAN_SPECTRUM_RMS / level_rms(x, channels * samples);
    int64_t frames = spectrum_frames(m->spectrum, samples);

    if (!isfinite(gain))
        return;
    for (int64_t f = 0; f < frames; f++) {
        spectrum_power(m->spectrum, x, channels, samples, f, 1, false, m->power);
        for (int k = 0; k < spectrum_bins(m->spectrum); k++)
            m->sum[k] += 10 * log10(gain * gain * m->power[k] + 1e-6);
    }
    m->frames += frames;
}

float *mean_spectrum_sound(const struct mean_spectrum *m, int64_t samples, uint64_t seed)
{
    size_t bins = (size_t)spectrum_bins(m->spectrum), size = (size_t)samples, done = 0;
    float *x = mem_zero(size, sizeof *x), *magnitude = mem_alloc(PIECE * bins * sizeof *magnitude);
    struct vocoder_how how = vocoder_defaults();
    struct vocoder *v;
    double unit = sqrt(0.375 * spectrum_size(m->spectrum)); /* norm of the vocoder's window */

    how.seed = seed;
    for (size_t k = 0; k < bins; k++)
        magnitude[k] = m->frames > 0 ? (float)(unit * pow(10, m->sum[k] / (double)m->frames / 20)) : 0;
    for (size_t t = 1; t < PIECE; t++)
        memcpy(magnitude + t * bins, magnitude, bins * sizeof *magnitude);
    v = vocoder_new(spectrum_size(m->spectrum), how);
    vocoder_begin(v, grid_fixed(spectrum_size(m->spectrum) / 4));
    for (int64_t left = spectrum_frames(m->spectrum, samples); left > 0; left -= PIECE) {
        vocoder_push(v, magnitude, left < PIECE ? (int)left : PIECE);
        if (left > PIECE)
            done += vocoder_pull(v, x + done, size - done);
    }
    vocoder_end(v, samples);
    vocoder_pull(v, x + done, size - done);
    vocoder_free(v);
    free(magnitude);
    return x;
}
