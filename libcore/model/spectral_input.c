/* Levels and log magnitudes. */
#include "model/spectral_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/kernel.h"
#include "base/mem.h"
#include "measure/levels.h"
#include "dsp/tempo.h"

/* Beats that a meta may say, in seconds. */
static const double shortest = 0.05, longest = 4;

int input_begin(struct spectral_input *f, double rate, int channels, bool beat)
{
    *f = (struct spectral_input){.rate = rate, .beat = beat, .channels = channels};
    if (features_defaults(rate, &f->fft, &f->hop, &f->corner))
        return error_set("a sample rate of %g Hz: the network 'spectral' takes 3000 to 48000, see cv-load -r", rate);
    /* shorter frames keep onsets apart at low rates; where the fixed ones are short already they stay */
    if (beat && rate < 4000) {
        f->fft /= 2;
        f->hop /= 2;
    }
    input_set(f, rate, channels, f->fft, f->hop, f->corner, beat);
    return 0;
}

void input_set(struct spectral_input *f, double rate, int channels, int fft, int hop, double corner, bool beat)
{
    *f = (struct spectral_input){rate, corner, fft, hop, beat, channels, features_new(rate, fft, corner), NULL};
    if (channels > 1)
        f->stereo = stereo_new(f->bands, rate, fft);
}

void input_end(struct spectral_input *f)
{
    if (f->bands)
        features_free(f->bands);
    stereo_free(f->stereo);
    f->bands = NULL;
    f->stereo = NULL;
}

int input_features(const struct spectral_input *f)
{
    return features_channels(f->bands) + (f->stereo ? 2 * STEREO_BANDS : 0);
}

struct timing input_timing_beat(const struct spectral_input *f, double period, double phase)
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

double input_beat(const struct meta *meta)
{
    double tempo;

    if (meta && meta_get_real(meta, "tempo", &tempo) && tempo >= 60 / longest && tempo <= 60 / shortest)
        return 60 / tempo;
    return 0;
}

struct timing input_timing(const struct spectral_input *f, const struct meta *meta, const float *x, int64_t samples)
{
    struct tempo found = {0, 0};
    double period = input_beat(meta), beat = -1, tempo;
    bool none = meta && meta_get_real(meta, "tempo", &tempo) && tempo >= 0 && tempo <= 0;
    struct timing t;

    if (!f->beat)
        return input_timing_beat(f, 0, 0);
    if (period > 0) {
        if (!meta_get_real(meta, "beat", &beat) || !(beat > -1e6 && beat < 1e6))
            beat = 0;
        return input_timing_beat(f, period, beat - period * floor(beat / period));
    }
    if (x && !none && tempo_find(x, f->channels, samples, samples, f->rate, &found))
        return input_timing_beat(f, found.period, found.phase);
    t = input_timing_beat(f, BEAT_NOMINAL, 0);
    t.steady = false;
    return t;
}

void input_timing_note(const struct timing *t, struct meta *meta)
{
    if (!t->steady)
        return;
    meta_set(meta, "tempo", meta_real(60 / t->period));
    meta_set(meta, "beat", meta_real(t->phase));
}

int64_t input_frames(struct grid grid, int64_t samples, int stride)
{
    return (grid_frames(grid, samples) + stride - 1) / stride * stride;
}

double input_level(const struct spectral_input *f, const float *x, int64_t samples)
{
    return level_sounding(x, f->channels, samples, f->rate);
}

double input_gain(double level)
{
    return level > 0 ? INPUT_LEVEL / level : 1;
}

KERNEL(to_levels, (float *y, int count, float gain, float least), (y, count, gain, least))
{
    for (int i = 0; i < count; i++) {
        float v = gain * y[i];

        y[i] = kernel_log(v > least ? v : least);
    }
}

/* Magnitudes of the mean and bands of both channels, a few frames at a time. */
static void stereo_magnitudes(const struct spectral_input *f, struct grid grid, const float *x, int64_t from,
                              int64_t samples, int64_t first, int frames, float *y)
{
    enum { AT_ONCE = 16 };
    size_t each = (size_t)features_channels(f->bands);
    float *three = mem_alloc(AT_ONCE * 3 * each * sizeof *three), *m;

    for (int t = 0; t < frames; t++, y += input_features(f)) {
        m = three + (size_t)(t % AT_ONCE) * 3 * each;
        if (t % AT_ONCE == 0)
            features_magnitude(f->bands, grid, x, 2, from, samples, first + t,
                               frames - t < AT_ONCE ? frames - t : AT_ONCE, m);
        memcpy(y, m, each * sizeof *y);
        stereo_bands(f->stereo, m + each, y + each);
        stereo_bands(f->stereo, m + 2 * each, y + each + STEREO_BANDS);
    }
    free(three);
}

void input_levels(const struct spectral_input *f, struct grid grid, const float *x, int64_t from, int64_t samples,
                  double gain, int64_t first, int frames, float *y)
{
    int all = input_features(f);

    if (f->stereo)
        stereo_magnitudes(f, grid, x, from, samples, first, frames, y);
    else
        features_magnitude(f->bands, grid, x, 1, from, samples, first, frames, y);
    for (int t = 0; t < frames; t++)
        to_levels(y + (size_t)t * (size_t)all, all, (float)gain, (float)INPUT_LEAST);
}

/* ---- statistics ---- */

void input_declare(struct net *net, int features)
{
    static const char *const each[] = {"front/mean", "front/fill", "front/most", "front/lift", "front/spread"};

    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        net_statistic(net, each[i], 1, (int64_t[]){features}, INIT_ZERO);
    net_statistic(net, "front/scale", 1, (int64_t[]){1}, INIT_ONE);
    net_statistic(net, "front/floor", 1, (int64_t[]){1}, INIT_ZERO);
    net_statistic(net, "front/loudest", 1, (int64_t[]){1}, INIT_ONE);
}

struct input_values input_values(const struct params *p)
{
    return (struct input_values){
        .mean = params_values(p, "front/mean"),
        .fill = params_values(p, "front/fill"),
        .most = params_values(p, "front/most"),
        .lift = params_values(p, "front/lift"),
        .spread = params_values(p, "front/spread"),
        .scale = params_values(p, "front/scale"),
        .floor = params_values(p, "front/floor"),
        .loudest = params_values(p, "front/loudest"),
        .features = (int)params_find(p, "front/mean")->count,
    };
}

float input_top(const struct input_values *v)
{
    float top = -1e30f;

    for (int c = 0; c < v->features; c++)
        top = v->most[c] > top ? v->most[c] : top;
    return top + 0.7f;
}

void input_standardise(const struct input_values *v, float *y, int64_t count)
{
    for (int64_t t = 0; t < count; t++, y += v->features)
        for (int c = 0; c < v->features; c++)
            y[c] = ((y[c] > *v->floor ? y[c] : *v->floor) - v->mean[c]) / *v->scale;
}

double input_rms(const struct spectral_input *f, const float *level)
{
    return f->stereo ? stereo_rms(f->stereo, level + features_channels(f->bands)) : features_rms(f->bands, level);
}

KERNEL(exponentials, (float *x, int count, float gain), (x, count, gain))
{
    for (int i = 0; i < count; i++)
        x[i] = gain * kernel_exp(x[i]);
}

void input_magnitudes(const struct spectral_input *f, const struct input_values *v, const float *y, double lift,
                      bool limit, double gain, float *scratch, float *out)
{
    int bins = features_bins(f->bands);

    for (int c = 0; c < v->features; c++) {
        float level = *v->scale * y[c] + v->mean[c];

        level = level < v->most[c] ? level : v->most[c];
        scratch[c] = level > *v->floor + 0.05f ? level + (float)lift * v->lift[c] : v->fill[c];
    }
    if (limit) {
        double rms = input_rms(f, scratch);

        gain *= rms > (double)*v->loudest ? (double)*v->loudest / rms : 1;
    }
    features_unwarp(f->bands, scratch, out);
    exponentials(out, bins, (float)gain);
    out[0] = 0; /* an offset is no sound */
    if (f->stereo)
        stereo_sides(f->stereo, scratch, scratch + features_channels(f->bands), out + bins, out + 2 * bins);
}
