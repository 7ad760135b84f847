/* Transforms against their definition, the window, spectra of frames inside and at the edges. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "dsp/fft.h"
#include "dsp/spectrum.h"
#include "dsp/window.h"

static float *noise(size_t count, uint64_t stream)
{
    float *x = mem_floats(count);
    struct rng r = rng_new(7, stream);

    rng_normal(&r, x, count);
    return x;
}

static void test_fft(int n)
{
    float *x = noise((size_t)n, 1), *kept = noise((size_t)n, 1);
    struct fft *f = fft_new(n);
    float *spectrum = mem_floats(2 * (size_t)fft_bins(f)), *back = mem_floats((size_t)n);
    double worst = 0, off = 0;

    fft_forward(f, x, spectrum);
    for (int k = 0; k < fft_bins(f); k++) {
        double re = 0, im = 0;

        for (int t = 0; t < n; t++) {
            re += (double)x[t] * cos(2 * M_PI * k * t / n);
            im -= (double)x[t] * sin(2 * M_PI * k * t / n);
        }
        worst = fmax(worst, hypot(re - (double)spectrum[2 * k], im - (double)spectrum[2 * k + 1]));
    }
    check(fft_bins(f) == n / 2 + 1 && worst < 1e-5 * n && !memcmp(x, kept, (size_t)n * sizeof *x),
          "fft of %d is its definition (%.1e), input kept", n, worst);
    fft_inverse(f, spectrum, back);
    for (int t = 0; t < n; t++)
        off = fmax(off, fabs((double)back[t] / n - (double)x[t]));
    check(off < 1e-5, "inverse fft of %d gives %d times the signal (%.1e)", n, n, off);
    fft_free(f);
    free(x);
    free(kept);
    free(spectrum);
    free(back);
}

static void test_window(void)
{
    float w[8];
    double sum = 0;

    window_hann(w, 8);
    for (int i = 0; i < 8; i++)
        sum += (double)w[i];
    check(w[0] == 0 && w[4] == 1 && fabsf(w[2] - 0.5f) < 1e-7f && fabsf(w[1] - w[7]) < 1e-7f && fabs(sum - 4) < 1e-6,
          "periodic Hann window");
}

/* The sample at t, beyond the ends 0 or the one that reflection puts there, step by step. */
static double sample_at(const float *x, int samples, int t, bool reflected)
{
    if (!reflected && (t < 0 || t >= samples))
        return 0;
    while (t < 0 || t >= samples)
        t = samples == 1 ? 0 : t < 0 ? -t : 2 * (samples - 1) - t;
    return (double)x[t];
}

/* The power of bin k of a frame by its definition. */
static double power_at(const float *x, int samples, int size, int start, int k, bool reflected)
{
    double re = 0, im = 0;

    for (int i = 0; i < size; i++) {
        double v = sample_at(x, samples, start + i, reflected) * (0.5 - 0.5 * cos(2 * M_PI * i / size));

        re += v * cos(2 * M_PI * k * i / size);
        im -= v * sin(2 * M_PI * k * i / size);
    }
    return (re * re + im * im) / (0.375 * size);
}

static void test_spectrum(int size, int hop, int samples, bool reflected)
{
    struct spectrum *s = spectrum_new(size, hop);
    float *x = noise((size_t)samples, 2);
    float *power = mem_floats((size_t)spectrum_bins(s));
    double worst = 0;

    for (int f = 0; f < spectrum_frames(s, samples); f++) {
        spectrum_power(s, x, 1, samples, f, 1, reflected, power);
        for (int k = 0; k < spectrum_bins(s); k++)
            worst = fmax(worst, fabs((double)power[k] - power_at(x, samples, size, f * hop - size / 2, k, reflected)));
    }
    check(spectrum_bins(s) == size / 2 + 1 && spectrum_frames(s, samples) == 1 + samples / hop && worst < 1e-4,
          "spectra %d by %d of %d samples (%.1e)", size, hop, samples, worst);
    spectrum_free(s);
    free(x);
    free(power);
}

static void plan_task(void *arg, int task, int worker)
{
    struct spectrum *s = spectrum_new(16 + 2 * (task % 5), 4);
    float *x = noise(100, 5);
    float power[13];

    (void)worker;
    spectrum_power(s, x, 1, 100, 1, 1, true, power);
    ((float *)arg)[task] = power[0];
    free(x);
    spectrum_free(s);
}

static void test_threads(void)
{
    enum { TASKS = 200 };
    float one[TASKS], many[TASKS];
    struct pool *pool = pool_new(4);

    pool_run(NULL, TASKS, plan_task, one);
    pool_run(pool, TASKS, plan_task, many);
    check(!memcmp(one, many, sizeof one), "plans made, used and freed by 4 threads at once");
    pool_free(pool);
}

int main(void)
{
    static const int sizes[] = {1, 2, 3, 8, 9, 30, 97, 128, 1000};
    static const int shapes[][3] = {{8, 2, 40},   {32, 8, 200}, {12, 5, 41}, {64, 16, 20},
                                    {16, 40, 17}, {4, 1, 5},    {8, 3, 1},   {8, 3, 2}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        test_fft(sizes[i]);
    test_window();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int reflected = 0; reflected < 2; reflected++)
            test_spectrum(shapes[i][0], shapes[i][1], shapes[i][2], reflected);
    test_threads();
    return check_done();
}
