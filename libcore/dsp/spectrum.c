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
    window_hann(s->window, size);
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

bool spectrum_inside(const struct spectrum *s, int64_t samples, int64_t frame)
{
    int64_t start = frame * s->hop - s->size / 2;

    return start >= 0 && start + s->size <= samples;
}

/* A frame under the window, the sound continued by zeros or by reflection. */
static void frame_fill(const struct spectrum *s, const float *x, int64_t samples, int64_t frame, bool reflected)
{
    int64_t start = frame * s->hop - s->size / 2;
    bool inside = spectrum_inside(s, samples, frame);

    for (int i = 0; inside && i < s->size; i++)
        s->in[i] = s->window[i] * x[start + i];
    for (int i = 0; !inside && i < s->size; i++) {
        int64_t at = start + i, there = at >= 0 && at < samples ? at : reflected ? reflect(at, samples) : -1;

        s->in[i] = there >= 0 ? s->window[i] * x[there] : 0;
    }
}

void spectrum_power(struct spectrum *s, const float *x, int64_t channels, int64_t samples, int64_t frame,
                    bool reflected, double *power)
{
    int bins = spectrum_bins(s);

    for (int64_t c = 0; c < channels; c++, x += samples) {
        frame_fill(s, x, samples, frame, reflected);
        fft_forward(s->fft, s->in, s->out);
        for (int k = 0; k < bins; k++) {
            double re = s->out[2 * k], im = s->out[2 * k + 1], p = (re * re + im * im) / (double)channels;

            power[k] = c > 0 ? power[k] + p : p;
        }
    }
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
