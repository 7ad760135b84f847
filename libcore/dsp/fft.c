/* Fourier transforms: FFTW plans behind a few calls. */
#include "dsp/fft.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include <fftw3.h>

#include "base/mem.h"

struct fft {
    int n;
    fftwf_plan forward, inverse;
};

/* FFTW may execute plans in several threads, but make and destroy them only in one. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

static struct fft *make(int n, bool complex)
{
    struct fft *f = mem_zero(1, sizeof *f);
    float *x, *y;
    fftwf_complex *from, *to;

    assert(n >= 1);
    f->n = n;
    x = mem_floats(2 * (size_t)n);
    y = mem_floats(2 * (size_t)n + 2);
    from = (fftwf_complex *)x;
    to = (fftwf_complex *)y;
    pthread_mutex_lock(&planner);
    /* measured plans would differ from run to run, and with them the last bits */
    f->forward = complex ? fftwf_plan_dft_1d(n, from, to, FFTW_FORWARD, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
                         : fftwf_plan_dft_r2c_1d(n, x, to, FFTW_ESTIMATE);
    f->inverse = complex ? fftwf_plan_dft_1d(n, from, to, FFTW_BACKWARD, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
                         : fftwf_plan_dft_c2r_1d(n, to, x, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
    assert(f->forward && f->inverse);
    free(x);
    free(y);
    return f;
}

struct fft *fft_new(int n)
{
    return make(n, false);
}

struct fft *fft_complex_new(int n)
{
    return make(n, true);
}

void fft_free(struct fft *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&planner);
    fftwf_destroy_plan(f->forward);
    fftwf_destroy_plan(f->inverse);
    pthread_mutex_unlock(&planner);
    free(f);
}

int fft_bins(const struct fft *f)
{
    return f->n / 2 + 1;
}

void fft_forward(const struct fft *f, const float *x, float *spectrum)
{
    float *in = (float *)x; /* out of place, real to complex: FFTW keeps its input */

    assert(fftwf_alignment_of(in) == 0 && fftwf_alignment_of(spectrum) == 0);
    fftwf_execute_dft_r2c(f->forward, in, (fftwf_complex *)spectrum);
}

void fft_inverse(const struct fft *f, float *spectrum, float *x)
{
    assert(fftwf_alignment_of(x) == 0 && fftwf_alignment_of(spectrum) == 0);
    fftwf_execute_dft_c2r(f->inverse, (fftwf_complex *)spectrum, x);
}

static void complex_run(fftwf_plan plan, const float *x, float *y)
{
    float *in = (float *)x; /* the plan keeps its input */

    assert(fftwf_alignment_of(in) == 0 && fftwf_alignment_of(y) == 0);
    fftwf_execute_dft(plan, (fftwf_complex *)in, (fftwf_complex *)y);
}

void fft_complex_forward(const struct fft *f, const float *x, float *y)
{
    complex_run(f->forward, x, y);
}

void fft_complex_inverse(const struct fft *f, const float *x, float *y)
{
    complex_run(f->inverse, x, y);
}

const char *fft_version(void)
{
    return fftwf_version;
}
