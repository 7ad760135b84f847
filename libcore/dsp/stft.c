/* Short-time Fourier transform of one channel, and its adjoint. */
#include "dsp/stft.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/fft.h"
#include "dsp/reflect.h"

struct stft {
    int size, hop;
    struct fft *fft;
    float *window;
};

static size_t aligned(size_t floats)
{
    return (floats + FFT_ALIGN_FLOATS - 1) / FFT_ALIGN_FLOATS * FFT_ALIGN_FLOATS;
}

struct stft *stft_new(int size, int hop, enum window window)
{
    struct stft *s = mem_zero(1, sizeof *s);

    assert(size >= 1 && hop >= 1);
    s->size = size;
    s->hop = hop;
    s->fft = fft_new(size);
    s->window = mem_floats((size_t)size);
    window_fill(window, s->window, size);
    return s;
}

void stft_free(struct stft *s)
{
    if (!s)
        return;
    fft_free(s->fft);
    free(s->window);
    free(s);
}

int stft_size(const struct stft *s)
{
    return s->size;
}

int stft_bins(const struct stft *s)
{
    return fft_bins(s->fft);
}

int stft_frames(const struct stft *s, int samples)
{
    assert(samples >= 1);
    return (samples - s->size % 2) / s->hop + 1;   /* an odd frame reaches one sample less to each side */
}

size_t stft_row(const struct stft *s)
{
    return aligned(2 * (size_t)stft_bins(s));
}

size_t stft_scratch(const struct stft *s)
{
    return aligned((size_t)s->size);
}

static long frame_start(const struct stft *s, int frame)
{
    return (long)frame * s->hop - s->size / 2;
}

static int frame_inside(const struct stft *s, int samples, long start)
{
    return start >= 0 && start + s->size <= samples;
}

void stft_frame(const struct stft *s, const float *x, int samples, int frame, float *spectrum, float *scratch)
{
    long start = frame_start(s, frame);

    if (frame_inside(s, samples, start))
        for (int i = 0; i < s->size; i++)
            scratch[i] = s->window[i] * x[start + i];
    else
        for (int i = 0; i < s->size; i++)
            scratch[i] = s->window[i] * x[reflect(start + i, samples)];
    fft_forward(s->fft, scratch, spectrum);
}

/* The inverse transform takes each bin between 0 and size / 2 for itself and
 * for its mirror image, so what comes from one bin only is halved first. */
void stft_frame_adjoint(const struct stft *s, float *dspectrum, int samples, int frame, float *dx,
                        float *scratch)
{
    long start = frame_start(s, frame);
    int mirrored = (s->size + 1) / 2;   /* first bin that has no mirror image, if there is one besides 0 */

    for (int i = 2; i < 2 * mirrored; i++)
        dspectrum[i] *= 0.5f;
    dspectrum[1] = 0;                   /* bins without an imaginary part */
    if (s->size % 2 == 0)
        dspectrum[2 * mirrored + 1] = 0;
    fft_inverse(s->fft, dspectrum, scratch);
    if (frame_inside(s, samples, start))
        for (int i = 0; i < s->size; i++)
            dx[start + i] += s->window[i] * scratch[i];
    else
        for (int i = 0; i < s->size; i++)
            dx[reflect(start + i, samples)] += s->window[i] * scratch[i];
}

void stft_forward(const struct stft *s, const float *x, int samples, float *spectrum)
{
    size_t values = 2 * (size_t)stft_bins(s);
    float *row = mem_floats(stft_row(s) + stft_scratch(s));

    for (int f = 0; f < stft_frames(s, samples); f++) {
        stft_frame(s, x, samples, f, row, row + stft_row(s));
        memcpy(spectrum + (size_t)f * values, row, values * sizeof *row);
    }
    free(row);
}

void stft_magnitude(const struct stft *s, const float *x, int samples, float *magnitude)
{
    size_t bins = (size_t)stft_bins(s);
    float *row = mem_floats(stft_row(s) + stft_scratch(s));

    for (int f = 0; f < stft_frames(s, samples); f++) {
        stft_frame(s, x, samples, f, row, row + stft_row(s));
        for (size_t k = 0; k < bins; k++) {
            float re = row[2 * k], im = row[2 * k + 1];

            magnitude[(size_t)f * bins + k] = sqrtf(re * re + im * im);
        }
    }
    free(row);
}
