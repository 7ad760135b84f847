/* Power spectra of a sound, frame by frame. */
#include "dsp/spectrum.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/reflect.h"
#include "dsp/window.h"

/* One complex transform takes two frames, the second as imaginary part: FFTW has wide vector code for that alone. For low
 * bins one of half the size takes the even samples of a frame, the odd ones as imaginary part: high bins, which are the
 * difference of these, would lose digits to loud low ones. */
struct spectrum {
    int size, hop, bins;
    struct fft *fft;
    float *window;   /* [size] */
    float *in, *out; /* [size] pairs */
    float *re, *im;  /* [size] of out */
    float *turns;    /* [2, bins] for low bins: cosine and sine of 2 pi k / size; or NULL */
};

static struct spectrum *make(int size, int hop, int bins, bool low)
{
    struct spectrum *s = mem_zero(1, sizeof *s);
    double energy = 0;

    assert(size >= 2 && size % 2 == 0 && hop >= 1);
    s->size = size;
    s->hop = hop;
    s->bins = low ? bins : size / 2 + 1;
    s->fft = fft_complex_new(low ? size / 2 : size);
    s->turns = low ? mem_floats(2 * (size_t)bins) : NULL;
    for (int k = 0; low && k < bins; k++) {
        s->turns[k] = (float)cos(2 * M_PI * k / size);
        s->turns[bins + k] = (float)sin(2 * M_PI * k / size);
    }
    s->window = mem_floats((size_t)size);
    s->in = mem_floats(2 * (size_t)size);
    s->out = mem_floats(2 * (size_t)size);
    s->re = s->in; /* which is done with by then */
    s->im = s->in + size;
    window_hann(s->window, size);
    for (int i = 0; i < size; i++)
        energy += (double)s->window[i] * s->window[i];
    for (int i = 0; i < size; i++)
        s->window[i] = (float)(s->window[i] / sqrt(energy));
    return s;
}

struct spectrum *spectrum_new(int size, int hop)
{
    return make(size, hop, size / 2 + 1, false);
}

struct spectrum *spectrum_new_low(int size, int hop, int bins)
{
    return make(size, hop, bins, bins <= size / 8);
}

void spectrum_free(struct spectrum *s)
{
    if (!s)
        return;
    fft_free(s->fft);
    free(s->window);
    free(s->in);
    free(s->out);
    free(s->turns);
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
    return s->bins;
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

KERNEL(window_apply, (const float *restrict window, const float *restrict x, float *restrict out, int n),
       (window, x, out, n))
{
    for (int i = 0; i < n; i++)
        out[i] = window[i] * x[i];
}

KERNEL(pairs_fill, (const float *restrict window, const float *x, const float *next, float *restrict out, int n),
       (window, x, next, out, n))
{
    for (int i = 0; i < n; i++) {
        out[2 * i] = window[i] * x[i];
        out[2 * i + 1] = window[i] * next[i];
    }
}

/* A frame under the window, the sound continued by zeros or by reflection, to values of out that are step apart. */
static void edge_fill(const struct spectrum *s, const float *x, int64_t samples, int64_t frame, bool reflected,
                      float *out, int step)
{
    int64_t start = frame * s->hop - s->size / 2;

    for (int i = 0; i < s->size; i++) {
        int64_t at = start + i, there = at >= 0 && at < samples ? at : reflected ? reflect(at, samples) : -1;

        out[step * i] = there >= 0 ? s->window[i] * x[there] : 0;
    }
}

static void frames_fill(const struct spectrum *s, const float *x, int64_t samples, int64_t frame, int count,
                        bool reflected)
{
    const float *start = x + frame * s->hop - s->size / 2;

    if (s->turns && spectrum_inside(s, samples, frame))
        window_apply(s->window, start, s->in, s->size);
    else if (s->turns)
        edge_fill(s, x, samples, frame, reflected, s->in, 1);
    if (s->turns)
        return;
    if (count == 2 && spectrum_inside(s, samples, frame) && spectrum_inside(s, samples, frame + 1)) {
        pairs_fill(s->window, start, start + s->hop, s->in, s->size);
        return;
    }
    memset(s->in, 0, 2 * (size_t)s->size * sizeof *s->in);
    for (int i = 0; i < count; i++)
        edge_fill(s, x, samples, frame + i, reflected, s->in + i, 2);
}

KERNEL(parts_take, (const float *restrict z, float *restrict re, float *restrict im, int n), (z, re, im, n))
{
    for (int k = 0; k < n; k++) {
        re[k] = z[2 * k];
        im[k] = z[2 * k + 1];
    }
}

/* Adds scale |X|^2 of bins 1 to n - 1 to power, of a frame of which re + i im [half] is the transform of even samples plus
 * i times that of odd ones. */
KERNEL(low_add,
       (const float *restrict re, const float *restrict im, const float *restrict turns, float scale,
        float *restrict power, int n, int half),
       (re, im, turns, scale, power, n, half))
{
    for (int k = 1; k < n; k++) {
        float odd_re = im[k] + im[half - k], odd_im = re[half - k] - re[k], cosine = turns[k], sine = turns[n + k];
        float a = re[k] + re[half - k] + cosine * odd_re + sine * odd_im;
        float b = im[k] - im[half - k] + cosine * odd_im - sine * odd_re;

        power[k] += scale * (a * a + b * b);
    }
}

static void low_power(struct spectrum *s, float scale, float *power)
{
    int half = s->size / 2;

    parts_take(s->out, s->re, s->im, half);
    low_add(s->re, s->im, s->turns, scale / 4, power, s->bins, half);
    power[0] += scale * (s->re[0] + s->im[0]) * (s->re[0] + s->im[0]);
}

/* Adds scale |X|^2 of bins 1 to n / 2 of both frames, whose transform re + i im [n] is: the spectrum of the first is
 * what of it is symmetric, conjugated, that of the second the rest. */
KERNEL(powers_add,
       (const float *restrict re, const float *restrict im, float scale, float *restrict first, float *restrict second,
        int n),
       (re, im, scale, first, second, n))
{
    for (int k = 1; k <= n / 2; k++) {
        float a = re[k] + re[n - k], b = im[k] - im[n - k], c = im[k] + im[n - k], d = re[k] - re[n - k];

        first[k] += scale * (a * a + b * b);
        second[k] += scale * (c * c + d * d);
    }
}

void spectrum_power(struct spectrum *s, const float *x, int64_t channels, int64_t samples, int64_t frame, int count,
                    bool reflected, float *power)
{
    size_t bins = (size_t)spectrum_bins(s);
    float scale = 1 / (float)channels, *second = count == 2 ? power + bins : s->out; /* taken apart by then */

    assert(count == 1 || count == 2);
    memset(power, 0, (size_t)count * bins * sizeof *power);
    for (int64_t c = 0; c < channels; c++, x += samples) {
        for (int i = 0; s->turns && i < count; i++) {
            frames_fill(s, x, samples, frame + i, 1, reflected);
            fft_complex_forward(s->fft, s->in, s->out);
            low_power(s, scale, power + (size_t)i * bins);
        }
        if (s->turns)
            continue;
        frames_fill(s, x, samples, frame, count, reflected);
        fft_complex_forward(s->fft, s->in, s->out);
        parts_take(s->out, s->re, s->im, s->size);
        powers_add(s->re, s->im, scale / 4, power, second, s->size);
        power[0] += scale * s->re[0] * s->re[0];
        second[0] += scale * s->im[0] * s->im[0];
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
