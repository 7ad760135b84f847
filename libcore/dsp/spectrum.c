/* Power spectra of a sound, frame by frame. */
#include "dsp/spectrum.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/reflect.h"
#include "dsp/window.h"

struct spectrum {
    int size, hop;
    struct fft *fft;
    float *window, *in, *out;
};

struct spectrum *spectrum_new(int size, int hop)
{
    struct spectrum *s = mem_zero(1, sizeof *s);
    double energy = 0;

    assert(size >= 2 && size % 2 == 0 && hop >= 1);
    s->size = size;
    s->hop = hop;
    s->fft = fft_new(size);
    s->window = mem_floats((size_t)size);
    s->in = mem_floats((size_t)size);
    s->out = mem_floats((size_t)size + 2);
    window_fill(WINDOW_HANN, s->window, size);
    for (int i = 0; i < size; i++)
        energy += (double)s->window[i] * s->window[i];
    for (int i = 0; i < size; i++)
        s->window[i] = (float)(s->window[i] / sqrt(energy));
    return s;
}

void spectrum_free(struct spectrum *s)
{
    if (!s)
        return;
    fft_free(s->fft);
    free(s->window);
    free(s->in);
    free(s->out);
    free(s);
}

int spectrum_size(const struct spectrum *s)
{
    return s->size;
}

int spectrum_hop(const struct spectrum *s)
{
    return s->hop;
}

int spectrum_bins(const struct spectrum *s)
{
    return s->size / 2 + 1;
}

int64_t spectrum_frames(const struct spectrum *s, int64_t samples)
{
    return 1 + samples / s->hop;
}

/* The windowed frame that starts at start, the sound continued by zeros or by reflection. */
static void frame_fill(const struct spectrum *s, const float *x, int64_t samples, int64_t start, bool reflected)
{
    int from = start < 0 ? (int)-start : 0, to = s->size;

    if (samples - start < to)
        to = samples - start > from ? (int)(samples - start) : from;
    for (int i = from; i < to; i++)
        s->in[i] = s->window[i] * x[start + i];
    for (int i = 0; i < from; i++)
        s->in[i] = reflected ? s->window[i] * x[reflect(start + i, samples)] : 0;
    for (int i = to; i < s->size; i++)
        s->in[i] = reflected ? s->window[i] * x[reflect(start + i, samples)] : 0;
}

static void power_take(struct spectrum *s, const float *x, int64_t channels, int64_t samples, int64_t frame,
                       bool reflected, double *power)
{
    int bins = spectrum_bins(s);

    for (int64_t c = 0; c < channels; c++, x += samples) {
        frame_fill(s, x, samples, frame * s->hop - s->size / 2, reflected);
        fft_forward(s->fft, s->in, s->out);
        for (int k = 0; k < bins; k++) {
            double re = s->out[2 * k], im = s->out[2 * k + 1], p = (re * re + im * im) / (double)channels;

            power[k] = c > 0 ? power[k] + p : p;
        }
    }
}

void spectrum_power(struct spectrum *s, const float *x, int64_t channels, int64_t samples, int64_t frame, double *power)
{
    power_take(s, x, channels, samples, frame, false, power);
}

bool spectrum_inside(const struct spectrum *s, int64_t samples, int64_t frame)
{
    int64_t start = frame * s->hop - s->size / 2;

    return start >= 0 && start + s->size <= samples;
}

void spectrum_power_reflected(struct spectrum *s, const float *x, int64_t channels, int64_t samples, int64_t frame,
                              double *power)
{
    power_take(s, x, channels, samples, frame, true, power);
}

int spectrum_size_near(double rate, double seconds)
{
    double power = nearbyint(log2(rate * seconds));

    return power < 4 ? 16 : power > 24 ? 1 << 24 : 1 << (int)power;
}

struct spectrum *spectrum_new_standard(double rate)
{
    int size = spectrum_size_near(rate, 0.085);

    return spectrum_new(size, size / 4);
}
