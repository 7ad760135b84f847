/* Levels and log magnitudes. */
#include "vae/front.h"

#include <math.h>

#include "base/error.h"
#include "dsp/tempo.h"

/* Beats that a meta may say, in seconds. */
static const double shortest = 0.05, longest = 4;

int front_begin(struct front *f, double rate, bool beat)
{
    f->rate = rate;
    f->beat = beat;
    if (features_defaults(rate, &f->fft, &f->hop, &f->corner))
        return error_set("a sample rate of %g Hz: the network 'spectral' takes 3000 to 48000, see cv-load -r", rate);
    /* shorter frames keep onsets apart at low rates; where the fixed ones are short already they stay */
    if (beat && rate < 4000) {
        f->fft /= 2;
        f->hop /= 2;
    }
    f->bands = features_new(rate, f->fft, f->corner);
    return 0;
}

void front_set(struct front *f, double rate, int fft, int hop, double corner, bool beat)
{
    *f = (struct front){rate, corner, fft, hop, beat, features_new(rate, fft, corner)};
}

void front_end(struct front *f)
{
    if (f->bands)
        features_free(f->bands);
    f->bands = NULL;
}

double front_rms(const float *x, int64_t samples)
{
    double sum = 0;

    for (int64_t i = 0; i < samples; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum / (double)samples);
}

struct timing front_timing_beat(const struct front *f, double period, double phase)
{
    double beat, step, first;

    if (!f->beat)
        return (struct timing){grid_fixed(f->hop), 0, 0, false};
    beat = tempo_fold(period) * f->rate;
    step = beat / BEAT_FRAMES;
    /* from less than a beat before the clip on, so that all of it is covered */
    first = phase * f->rate - step;
    first -= beat * floor(first / beat) + beat;
    return (struct timing){{first, step}, period, phase, true};
}

double front_beat(const struct meta *meta)
{
    double tempo;

    if (meta && meta_get_real(meta, "tempo", &tempo) && tempo >= 60 / longest && tempo <= 60 / shortest)
        return 60 / tempo;
    return 0;
}

struct timing front_timing(const struct front *f, const struct meta *meta, const float *x, int64_t samples)
{
    struct tempo found = {0, 0, 0};
    double period = front_beat(meta), beat = -1;
    struct timing t;

    if (!f->beat)
        return front_timing_beat(f, 0, 0);
    if (period > 0) {
        if (!meta_get_real(meta, "beat", &beat) || !(beat > -1e6 && beat < 1e6))
            beat = 0;
        return front_timing_beat(f, period, beat - period * floor(beat / period));
    }
    if (x && tempo_find(x, samples, f->rate, &found))
        return front_timing_beat(f, found.period, found.phase);
    t = front_timing_beat(f, BEAT_NOMINAL, 0);
    t.steady = false;
    return t;
}

void front_timing_note(const struct timing *t, struct meta *meta)
{
    if (!t->steady)
        return;
    meta_set(meta, "tempo", meta_real(60 / t->period));
    meta_set(meta, "beat", meta_real(t->phase));
}

int64_t front_frames(struct grid grid, int64_t samples, int stride)
{
    return (grid_frames(grid, samples) + stride - 1) / stride * stride;
}

void front_levels(const struct front *f, struct grid grid, const float *x, int64_t samples, double gain,
                  double floor, int64_t first, int frames, float *y, size_t stride)
{
    int channels = features_channels(f->bands);

    features_magnitude(f->bands, grid, x, samples, first, frames, y, stride);
    for (int c = 0; c < channels; c++)
        for (int t = 0; t < frames; t++) {
            float *v = &y[(size_t)c * stride + (size_t)t];
            double level = gain * (double)*v;

            *v = logf((float)(level > floor ? level : floor));
        }
}

float front_top(int channels, const float *mean, const float *sd, const float *most)
{
    float top = -1e30f;

    for (int c = 0; c < channels; c++)
        if (most[c] * sd[c] + mean[c] > top)
            top = most[c] * sd[c] + mean[c];
    return top + 0.7f;
}

void front_standardise(int channels, int frames, size_t stride, const float *mean, const float *sd, float *y)
{
    for (int c = 0; c < channels; c++)
        for (int t = 0; t < frames; t++) {
            float *v = &y[(size_t)c * stride + (size_t)t];

            *v = (*v - mean[c]) / sd[c];
        }
}
