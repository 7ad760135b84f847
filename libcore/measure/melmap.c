/* Log-mel maps, and the patches and windows that are cut out of them. */
#include "measure/melmap.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "measure/levels.h"
#include "measure/melbank.h"
#include "dsp/spectrum.h"

static const double lowest = 40, low_highest = 1500, loudness = 0.1;

struct melmap {
    double rate;
    struct spectrum *spectrum;
    float *power; /* [2, bins] */
    struct melbank *bank, *low;
    struct form_meter *form;
};

struct melmap *melmap_new(double rate)
{
    struct melmap *m = mem_zero(1, sizeof *m);

    assert(rate >= 1000);
    m->rate = rate;
    m->spectrum = spectrum_new_standard(rate);
    m->power = mem_zero(2 * (size_t)spectrum_bins(m->spectrum), sizeof *m->power);
    m->bank = melbank_new(MELBANK_SUM, MEL_BANDS, lowest, rate / 2, spectrum_size(m->spectrum), rate);
    m->low = melbank_new(MELBANK_SUM, MEL_BANDS, lowest, fmin(low_highest, rate / 2), spectrum_size(m->spectrum), rate);
    m->form = form_meter_new(rate);
    return m;
}

void melmap_free(struct melmap *m)
{
    if (!m)
        return;
    spectrum_free(m->spectrum);
    free(m->power);
    melbank_free(m->bank);
    melbank_free(m->low);
    form_meter_free(m->form);
    free(m);
}

double melmap_rate(const struct melmap *m)
{
    return m->rate;
}

int64_t melmap_frames(const struct melmap *m, int64_t samples)
{
    return spectrum_frames(m->spectrum, samples);
}

double melmap_hop(const struct melmap *m)
{
    return spectrum_hop(m->spectrum) / m->rate;
}

/* gain: of powers */
KERNEL(levels, (const float *bands, float gain, float *out), (bands, gain, out))
{
    for (int i = 0; i < MEL_BANDS; i++)
        out[i] = 4.34294481903f * kernel_log(bands[i] * gain + 1e-6f) + 40;
}

static void levels_of(const struct melbank *bank, const float *power, double gain, float *out)
{
    float bands[MEL_BANDS];

    melbank_apply(bank, power, bands);
    levels(bands, (float)(gain * gain), out);
}

void melmap_make(struct melmap *m, const float *x, int64_t channels, int64_t samples, float *map, float *low)
{
    double gain = loudness / (level_rms(x, channels * samples) + 1e-9);

    for (int64_t f = 0; f < melmap_frames(m, samples); f++) {
        const float *power = m->power + f % 2 * spectrum_bins(m->spectrum);

        if (f % 2 == 0)
            spectrum_power(m->spectrum, x, channels, samples, f, 2, false, m->power);
        if (map)
            levels_of(m->bank, power, gain, map + f * MEL_BANDS);
        if (low)
            levels_of(m->low, power, gain, low + f * MEL_BANDS);
    }
}

struct map map_make(struct melmap *m, const char *track, const float *x, int64_t channels, int64_t samples,
                    const struct tempo *beat)
{
    struct map map = {.track = mem_text(track), .frames = melmap_frames(m, samples)};
    float *low = beat ? mem_alloc((size_t)map.frames * MEL_BANDS * sizeof *low) : NULL;

    map.data = mem_alloc((size_t)map.frames * MEL_BANDS * sizeof *map.data);
    melmap_make(m, x, channels, samples, map.data, low);
    if (beat)
        map.form = form_of(m->form, x, channels, samples, beat, low, map.frames, melmap_hop(m));
    free(low);
    return map;
}

void map_free(struct map *m)
{
    free(m->track);
    free(m->data);
    form_free(&m->form);
}

int64_t patch_count(int64_t frames)
{
    return frames > PATCH_FRAMES ? (frames - PATCH_FRAMES) / PATCH_STRIDE : 0;
}

int64_t window_smooth(float *map, int64_t frames)
{
    int64_t left = frames - (WINDOW_STEP - 1);

    for (int64_t i = 0; i < left * MEL_BANDS; i++) {
        float sum = 0;

        for (int64_t j = 0; j < WINDOW_STEP; j++)
            sum += map[i + j * MEL_BANDS];
        map[i] = sum / WINDOW_STEP;
    }
    return left > 0 ? left : 0;
}

int64_t window_count(int64_t frames, int64_t hop)
{
    int64_t starts = frames - (WINDOW_FRAMES - 1) * WINDOW_STEP;

    return starts > 0 ? (starts - 1) / hop + 1 : 0;
}

void window_take(const float *map, int64_t start, float *window)
{
    for (int64_t j = 0; j < WINDOW_FRAMES; j++)
        memcpy(window + j * MEL_BANDS, map + (start + j * WINDOW_STEP) * MEL_BANDS, MEL_BANDS * sizeof *map);
}

float *windows_take(const float *map, int64_t frames, int64_t hop, int64_t *count)
{
    float *windows = mem_alloc((size_t)window_count(frames, hop) * WINDOW_DIMS * sizeof *windows);

    *count = window_count(frames, hop);
    for (int64_t i = 0; i < *count; i++)
        window_take(map, i * hop, windows + i * WINDOW_DIMS);
    return windows;
}
