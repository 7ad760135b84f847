/* Transforms against their definition, windows, frames at the edges, and the
 * adjoint against the inner product it has to keep. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "dsp/fft.h"
#include "dsp/stft.h"

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
    float w[8], one;
    double sum = 0;

    window_fill(WINDOW_HANN, w, 8);
    for (int i = 0; i < 8; i++)
        sum += (double)w[i];
    check(w[0] == 0 && w[4] == 1 && fabsf(w[2] - 0.5f) < 1e-7f && fabsf(w[1] - w[7]) < 1e-7f && fabs(sum - 4) < 1e-6,
          "periodic Hann window");
    window_fill(WINDOW_HANN, &one, 1);
    check(one == 1, "Hann window of 1");
    window_fill(WINDOW_RECTANGLE, w, 8);
    check(w[0] == 1 && w[7] == 1, "rectangular window");
}

/* The sample that reflection puts at t, step by step. */
static double mirror(const float *x, int samples, int t)
{
    while (t < 0 || t >= samples)
        t = samples == 1 ? 0 : t < 0 ? -t : 2 * (samples - 1) - t;
    return (double)x[t];
}

/* The frame's spectrum by its definition against that of the library. */
static double frame_error(const struct stft *s, int size, int hop, const float *x, int samples, int f, float *row,
                          float *scratch)
{
    double worst = 0;

    stft_frame(s, x, samples, f, row, scratch);
    for (int k = 0; k < stft_bins(s); k++) {
        double re = 0, im = 0;

        for (int i = 0; i < size; i++) {
            double v =
                mirror(x, samples, f * hop - size / 2 + i) * (size == 1 ? 1 : 0.5 - 0.5 * cos(2 * M_PI * i / size));

            re += v * cos(2 * M_PI * k * i / size);
            im -= v * sin(2 * M_PI * k * i / size);
        }
        worst = fmax(worst, hypot(re - (double)row[2 * k], im - (double)row[2 * k + 1]));
    }
    return worst;
}

static void test_stft(int size, int hop, int samples)
{
    struct stft *s = stft_new(size, hop, WINDOW_HANN);
    int frames = stft_frames(s, samples), expected = 0;
    float *x = noise((size_t)samples, 2), *row = mem_floats(stft_row(s)), *scratch = mem_floats(stft_scratch(s));
    double worst = 0;

    while (expected * hop + size <= samples + size / 2 * 2)
        expected++;
    for (int f = 0; f < frames; f++)
        worst = fmax(worst, frame_error(s, size, hop, x, samples, f, row, scratch));
    check(stft_bins(s) == size / 2 + 1 && frames == expected && worst < 1e-4,
          "stft %d by %d of %d samples: %d frames (%.1e)", size, hop, samples, frames, worst);
    stft_free(s);
    free(x);
    free(row);
    free(scratch);
}

static void plan_task(void *arg, int task, int worker)
{
    struct stft *s = stft_new(16 + 2 * (task % 5), 4, WINDOW_HANN);
    float *x = noise(100, 5), *row = mem_floats(stft_row(s)), *scratch = mem_floats(stft_scratch(s));

    (void)worker;
    stft_frame(s, x, 100, 1, row, scratch);
    ((float *)arg)[task] = row[0];
    free(x);
    free(row);
    free(scratch);
    stft_free(s);
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
    static const int shapes[][3] = {{8, 2, 40},   {32, 8, 200}, {9, 4, 33}, {12, 5, 41}, {64, 16, 20},
                                    {16, 40, 17}, {2, 1, 5},    {1, 1, 4},  {8, 3, 1},   {8, 3, 2}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        test_fft(sizes[i]);
    test_window();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        test_stft(shapes[i][0], shapes[i][1], shapes[i][2]);
    test_threads();
    return check_done();
}
