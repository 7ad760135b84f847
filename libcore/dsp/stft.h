/* Short-time Fourier transform of one channel. Frames are centred: frame f
 * stands for the samples around f hop, and the signal is continued at both
 * ends by reflection (x[-1] = x[1]), as librosa and PyTorch do by default.
 * A plan may be used by several threads at once. */
#ifndef DSP_STFT_H
#define DSP_STFT_H

#include <stddef.h>

#include "dsp/window.h"

struct stft;

/* size >= 1 samples in a frame, a new frame every hop >= 1 samples. */
struct stft *stft_new(int size, int hop, enum window window);
void stft_free(struct stft *s);

int stft_bins(const struct stft *s);                /* size / 2 + 1 */
int stft_frames(const struct stft *s, int samples); /* of a signal of that length, 1 or more */

/* ---- frame by frame, without allocation; spectrum and scratch as dsp/fft.h wants arrays ---- */

size_t stft_row(const struct stft *s);     /* floats of a spectrum, rounded up so that rows stay aligned */
size_t stft_scratch(const struct stft *s); /* floats of scratch */
void stft_frame(const struct stft *s, const float *x, int samples, int frame, float *spectrum, float *scratch);

#endif
