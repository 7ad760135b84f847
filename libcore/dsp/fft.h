/* Fourier transforms of real signals, single precision (FFTW). */
#ifndef DSP_FFT_H
#define DSP_FFT_H

/* Arrays given to a transform start on a 64-byte boundary, as those of
 * mem_floats do, and rows of them whose stride is a multiple of 16 floats. */
enum { FFT_ALIGN_FLOATS = 16 };

struct fft;

/* A plan for n >= 1 real samples. May be used by several threads at once; the
 * same n gives the same results in every run. */
/* "fftw-3.3.10-sse2-avx": the library, and for which vector units it has code. */
const char *fft_version(void);

struct fft *fft_new(int n);
void fft_free(struct fft *f);

int fft_bins(const struct fft *f); /* n / 2 + 1 */

/* spectrum[k] = sum over t of x[t] e^(-2 pi i k t / n), k = 0 .. n / 2, as
 * pairs of real and imaginary part. x [n] is kept. */
void fft_forward(const struct fft *f, const float *x, float *spectrum);

/* x = n times the signal that fft_forward would turn into spectrum, which is destroyed. */
void fft_inverse(const struct fft *f, float *spectrum, float *x);

/* Complex signals, one of which carries two real ones: n values as pairs of real
 * and imaginary part, from one array (kept) to another. */
struct fft *fft_complex_new(int n);
/* y[k] = sum over t of x[t] e^(-2 pi i k t / n); inverse: e^(+2 pi i k t / n) */
void fft_complex_forward(const struct fft *f, const float *x, float *y);
void fft_complex_inverse(const struct fft *f, const float *x, float *y);

#endif
