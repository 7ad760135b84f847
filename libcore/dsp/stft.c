/* Short-time Fourier transform of one channel. */
#include "dsp/stft.h"

#include <assert.h>
#include <stdlib.h>

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

int stft_bins(const struct stft *s)
{
    return fft_bins(s->fft);
}

int stft_frames(const struct stft *s, int samples)
{
    assert(samples >= 1);
    return (samples - s->size % 2) / s->hop + 1; /* an odd frame reaches one sample less to each side */
}

size_t stft_row(const struct stft *s)
{
    return aligned(2 * (size_t)stft_bins(s));
}

size_t stft_scratch(const struct stft *s)
{
    return aligned((size_t)s->size);
}

void stft_frame(const struct stft *s, const float *x, int samples, int frame, float *spectrum, float *scratch)
{
    long start = (long)frame * s->hop - s->size / 2;

    if (start >= 0 && start + s->size <= samples)
        for (int i = 0; i < s->size; i++)
            scratch[i] = s->window[i] * x[start + i];
    else
        for (int i = 0; i < s->size; i++)
            scratch[i] = s->window[i] * x[reflect(start + i, samples)];
    fft_forward(s->fft, scratch, spectrum);
}
