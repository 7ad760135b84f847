/* Sound from magnitudes: against Griffin-Lim written down plainly, in pieces
 * and whole, of any length; and how well it fits. */
#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "dsp/features.h"
#include "dsp/vocoder.h"

static struct vocoder_how how(enum vocoder_start start, int iterations)
{
    return (struct vocoder_how){ .start = start, .iterations = iterations, .momentum = 0.99f, .seed = 5 };
}

static float *noise(size_t count, uint64_t stream)
{
    float *x = mem_floats(count);
    struct rng r = rng_new(7, stream);

    rng_normal(&r, x, count);
    return x;
}

/* Some chords with soft onsets: more like music than noise is. */
static float *chords(int samples, double rate)
{
    float *x = mem_floats((size_t)samples);

    for (int t = 0; t < samples; t++) {
        double s = t / rate, since = fmod(s, 0.4), sum = 0;
        int chord = (int)(s / 0.4);

        for (int note = 0; note < 3; note++)
            for (int h = 1; h <= 4; h++)
                sum += sin(2 * M_PI * h * s * 110 * pow(2, (chord * 5 % 12 + 4 * note) / 12.0)) / h;
        x[t] = (float)(sum * 0.05 * exp(-5 * since) * (1 - exp(-100 * since)));
    }
    return x;
}

/* [frames, bins] */
static float *magnitudes(const float *x, int samples, int fft)
{
    struct features *f = features_new(8000, fft, fft / 4, 0);
    int frames = (int)features_frames(f, samples), bins = fft / 2 + 1;
    float *y = mem_floats((size_t)(frames * bins)), *m = mem_floats((size_t)(frames * bins));

    features_magnitude(f, x, samples, 0, frames, y, (size_t)frames);
    for (int k = 0; k < bins; k++)
        for (int t = 0; t < frames; t++)
            m[t * bins + k] = y[k * frames + t];
    features_free(f);
    free(y);
    return m;
}

/* How far magnitudes of x are from m, relative. */
static double misfit(const float *x, int samples, int fft, const float *m)
{
    float *y = magnitudes(x, samples, fft);
    double off = 0, all = 0;

    for (int i = 0; i < (1 + samples / (fft / 4)) * (fft / 2 + 1); i++) {
        off += pow((double)y[i] - (double)m[i], 2);
        all += pow((double)m[i], 2);
    }
    free(y);
    return sqrt(off / all);
}

/* ---- Griffin-Lim in double precision, each transform by its definition ---- */

static int mirror(int t, int samples)
{
    while (t < 0 || t >= samples)
        t = samples == 1 ? 0 : t < 0 ? -t : 2 * (samples - 1) - t;
    return t;
}

static double hann(int i, int n)
{
    return 0.5 - 0.5 * cos(2 * M_PI * i / n);
}

static void plain_inverse(const double complex *c, int frames, int fft, double *x, int samples)
{
    double *sum = mem_zero((size_t)samples, sizeof *sum);
    int bins = fft / 2 + 1;

    memset(x, 0, (size_t)samples * sizeof *x);
    for (int f = 0; f < frames; f++)
        for (int i = 0; i < fft; i++) {
            int t = f * (fft / 4) - fft / 2 + i;
            double v = 0;

            if (t < 0 || t >= samples)
                continue;
            for (int k = 0; k < bins; k++)
                v += (k == 0 || k == fft / 2 ? 1 : 2) *
                     creal(c[f * bins + k] * cexp(2 * M_PI * I * k * i / fft));
            x[t] += hann(i, fft) * v / fft;
            sum[t] += hann(i, fft) * hann(i, fft);
        }
    for (int t = 0; t < samples; t++)
        x[t] /= sum[t];
    free(sum);
}

static void plain_forward(const double *x, int samples, int fft, double complex *c)
{
    int frames = 1 + samples / (fft / 4), bins = fft / 2 + 1;

    for (int f = 0; f < frames; f++)
        for (int k = 0; k < bins; k++) {
            double complex v = 0;

            for (int i = 0; i < fft; i++)
                v += hann(i, fft) * x[mirror(f * (fft / 4) - fft / 2 + i, samples)] *
                     cexp(-2 * M_PI * I * k * i / fft);
            c[f * bins + k] = v;
        }
}

static void plain_griffin_lim(int fft, struct vocoder_how h, const float *m, double *x, int samples)
{
    int frames = 1 + samples / (fft / 4), bins = fft / 2 + 1, n = frames * bins;
    double complex *c = mem_zero((size_t)n, sizeof *c), *now = mem_zero((size_t)n, sizeof *c);
    double complex *last = mem_zero((size_t)n, sizeof *c);
    double a = (double)h.momentum / (1 + (double)h.momentum);

    for (int f = 0; f < frames; f++) {
        struct rng r = rng_new(h.seed, (uint64_t)f);

        for (int k = 0; k < bins; k++)
            c[f * bins + k] = (double)m[f * bins + k] * cexp(2 * M_PI * I * rng_word(&r) * 0x1p-32);
    }
    for (int i = 0; i < h.iterations; i++) {
        plain_inverse(c, frames, fft, x, samples);
        plain_forward(x, samples, fft, now);
        for (int j = 0; j < n; j++) {
            c[j] = now[j] - a * last[j];
            last[j] = now[j];
            c[j] *= (double)m[j] / (cabs(c[j]) + 1e-12);
        }
    }
    plain_inverse(c, frames, fft, x, samples);
    free(c);
    free(now);
    free(last);
}

static void test_definition(int fft, int samples, int iterations)
{
    struct vocoder_how h = how(VOCODER_RANDOM, iterations);
    int frames = 1 + samples / (fft / 4);
    float *x = noise((size_t)samples, 1), *m = magnitudes(x, samples, fft), *y = mem_floats((size_t)samples);
    double *expected = mem_zero((size_t)samples, sizeof *expected), worst = 0;

    plain_griffin_lim(fft, h, m, expected, samples);
    vocoder_run(fft, h, m, frames, y, samples);
    for (int t = 0; t < samples; t++)
        worst = fmax(worst, fabs(expected[t] - (double)y[t]));
    check(worst < 2e-3, "%d iterations for %d samples, transforms of %d: as written down (%.1e)", iterations,
          samples, fft, worst);
    free(x);
    free(m);
    free(y);
    free(expected);
}

/* ---- any cut, any length ---- */

static void test_pieces(enum vocoder_start start)
{
    enum { FFT = 64, SAMPLES = 7777, BINS = FFT / 2 + 1, FRAMES = 1 + SAMPLES / (FFT / 4), ITERATIONS = 9 };
    struct vocoder *v = vocoder_new(FFT, how(start, ITERATIONS));
    float *x = chords(SAMPLES, 8000), *m = magnitudes(x, SAMPLES, FFT), *whole = mem_floats(SAMPLES);
    float *y = mem_floats(SAMPLES + 1);

    vocoder_run(FFT, how(start, ITERATIONS), m, FRAMES, whole, SAMPLES);
    for (int run = 0; run < 3; run++) {   /* again in the same vocoder, after a clip left in its middle */
        size_t got = 0;
        int slow = 0;

        vocoder_begin(v, SAMPLES);
        memset(y, 0, SAMPLES * sizeof *y);
        for (int f = 0, count = 1; f < FRAMES; f += count, count = (count * 5 + run) % 23) {
            count = count < FRAMES - f ? count : FRAMES - f;
            vocoder_push(v, m + (size_t)f * BINS, count);
            got += vocoder_pull(v, y + got, run == 2 ? 100 : SAMPLES - got);
            if (run < 2 && (int)got < (f + count - 3 * (ITERATIONS + 1) - 4) * (FFT / 4))
                slow = 1;
        }
        for (size_t more = 1; more; got += more)
            more = vocoder_pull(v, y + got, got < SAMPLES ? 1 + (SAMPLES - got) / 2 : 1);
        check(got == SAMPLES && !memcmp(y, whole, SAMPLES * sizeof *y),
              "start %d: in pieces the same bytes, %d", start, run);
        check(!slow, "start %d: samples come three frames late per iteration", start);
        vocoder_begin(v, 100);
        vocoder_push(v, m, 3);
    }
    vocoder_free(v);
    free(x);
    free(m);
    free(whole);
    free(y);
}

static void test_lengths(enum vocoder_start start)
{
    enum { FFT = 32, BINS = FFT / 2 + 1, MOST = 130 };
    struct vocoder *v = vocoder_new(FFT, how(start, 6));
    float *x = noise(MOST, 2), *y = mem_floats(MOST + 1);
    int exact = 1, finite = 1;

    for (int samples = 1; samples <= MOST; samples++) {
        float *m = magnitudes(x, samples, FFT);
        size_t got;

        vocoder_begin(v, samples);
        vocoder_push(v, m, 1 + samples / (FFT / 4));
        got = vocoder_pull(v, y, MOST + 1);
        exact = exact && got == (size_t)samples;
        for (size_t t = 0; t < got; t++)
            finite = finite && isfinite(y[t]) && fabsf(y[t]) < 100;
        free(m);
    }
    check(exact, "start %d: as many samples as asked for, 1 to %d", start, MOST);
    check(finite, "start %d: of a size like those they stand for", start);
    vocoder_free(v);
    free(x);
    free(y);
}

/* More frames than a clip has are ignored, missing ones are as the last. */
static void test_frames(void)
{
    enum { FFT = 64, BINS = FFT / 2 + 1, FRAMES = 40, SAMPLES = (FRAMES - 1) * (FFT / 4) + 3 };
    struct vocoder *v = vocoder_new(FFT, how(VOCODER_GRADIENT, 5));
    float *x = chords(2 * SAMPLES, 8000), *m = magnitudes(x, 2 * SAMPLES, FFT), *y = mem_floats(SAMPLES);
    float *more = mem_floats(SAMPLES), *fewer = mem_floats(SAMPLES), *none = mem_floats(SAMPLES);
    size_t got[3];
    int silent = 1;

    vocoder_run(FFT, how(VOCODER_GRADIENT, 5), m, FRAMES, y, SAMPLES);
    vocoder_begin(v, SAMPLES);
    vocoder_push(v, m, FRAMES + 7);
    got[0] = vocoder_pull(v, more, SAMPLES);
    check(got[0] == SAMPLES && !memcmp(more, y, SAMPLES * sizeof *y), "frames beyond the clip are ignored");
    memcpy(m + (FRAMES - 2) * BINS, m + (FRAMES - 3) * BINS, BINS * sizeof *m);
    memcpy(m + (FRAMES - 1) * BINS, m + (FRAMES - 3) * BINS, BINS * sizeof *m);
    vocoder_run(FFT, how(VOCODER_GRADIENT, 5), m, FRAMES, y, SAMPLES);
    vocoder_begin(v, SAMPLES);
    vocoder_push(v, m, FRAMES - 2);
    vocoder_end(v);
    got[1] = vocoder_pull(v, fewer, SAMPLES);
    check(got[1] == SAMPLES && !memcmp(fewer, y, SAMPLES * sizeof *y),
          "the last frame stands for missing ones");
    vocoder_begin(v, SAMPLES);
    vocoder_end(v);
    got[2] = vocoder_pull(v, none, SAMPLES);
    for (int t = 0; t < SAMPLES; t++)
        silent = silent && none[t] == 0;
    check(got[2] == SAMPLES && silent, "no frame at all is silence");
    vocoder_free(v);
    free(x);
    free(m);
    free(y);
    free(more);
    free(fewer);
    free(none);
}

static void test_seeds(enum vocoder_start start)
{
    enum { FFT = 64, SAMPLES = 4000, FRAMES = 1 + SAMPLES / (FFT / 4) };
    struct vocoder_how h = how(start, 4);
    float *x = chords(SAMPLES, 8000), *m = magnitudes(x, SAMPLES, FFT), *a = mem_floats(SAMPLES);
    float *b = mem_floats(SAMPLES), *c = mem_floats(SAMPLES);

    vocoder_run(FFT, h, m, FRAMES, a, SAMPLES);
    vocoder_run(FFT, h, m, FRAMES, b, SAMPLES);
    h.seed++;
    vocoder_run(FFT, h, m, FRAMES, c, SAMPLES);
    check(!memcmp(a, b, SAMPLES * sizeof *a), "start %d: one seed, one sound", start);
    check(memcmp(a, c, SAMPLES * sizeof *a) != 0, "start %d: another seed, another sound", start);
    free(x);
    free(m);
    free(a);
    free(b);
    free(c);
}

/* ---- sound ---- */

static void test_silence(enum vocoder_start start)
{
    enum { FFT = 64, SAMPLES = 3200, BINS = FFT / 2 + 1, FRAMES = 1 + SAMPLES / (FFT / 4) };
    float *m = mem_floats(FRAMES * BINS), *y = mem_floats(SAMPLES), *x = chords(SAMPLES, 8000), *sound;
    int silent = 1, kept = 1, heard = 0;

    vocoder_run(FFT, how(start, 8), m, FRAMES, y, SAMPLES);
    for (int t = 0; t < SAMPLES; t++)
        silent = silent && y[t] == 0;
    check(silent, "start %d: silence stays silent", start);
    sound = magnitudes(x, SAMPLES, FFT);
    memset(sound, 0, 100 * BINS * sizeof *sound);
    memset(sound + 150 * BINS, 0, (FRAMES - 150) * BINS * sizeof *sound);
    vocoder_run(FFT, how(start, 8), sound, FRAMES, y, SAMPLES);
    for (int t = 0; t < SAMPLES; t++) {
        int frame = t / (FFT / 4);

        if (frame < 100 - 2 || frame > 150 + 2)
            kept = kept && y[t] == 0;
        else
            heard = heard || fabsf(y[t]) > 1e-3f;
    }
    check(kept && heard && misfit(y, SAMPLES, FFT, sound) < 0.4, "start %d: sound between silences", start);
    free(m);
    free(x);
    free(y);
    free(sound);
}

/* With momentum the way is not quite monotonic, but there are no long steps back. */
static void test_convergence(enum vocoder_start start, double first_most, double last_most)
{
    enum { FFT = 256, SAMPLES = 16000, FRAMES = 1 + SAMPLES / (FFT / 4) };
    static const int iterations[] = {0, 2, 4, 8, 16, 32, 64};
    enum { RUNS = sizeof iterations / sizeof *iterations };
    float *x = chords(SAMPLES, 8000), *m = magnitudes(x, SAMPLES, FFT), *y = mem_floats(SAMPLES);
    double off[RUNS];
    int down = 1;

    for (int i = 0; i < RUNS; i++) {
        vocoder_run(FFT, how(start, iterations[i]), m, FRAMES, y, SAMPLES);
        off[i] = misfit(y, SAMPLES, FFT, m);
        down = down && (i == 0 || off[i] < off[i - 1] * 1.02);
    }
    check(down && off[0] < first_most && off[RUNS - 1] < last_most && off[RUNS - 1] < 0.6 * off[0],
          "start %d: misfit falls from %.3f over %.3f (8) and %.3f (32) to %.3f", start, off[0], off[3],
          off[5], off[RUNS - 1]);
    free(x);
    free(m);
    free(y);
}

/* A steady tone out of integrated phases is that tone, without any iteration. */
static void test_tone(double frequency)
{
    enum { FFT = 256, SAMPLES = 8000, FRAMES = 1 + SAMPLES / (FFT / 4), EDGE = 2 * FFT };
    float *x = mem_floats(SAMPLES), *m, *y = mem_floats(SAMPLES);
    double re = 0, im = 0, all = 0, share;

    for (int t = 0; t < SAMPLES; t++)
        x[t] = (float)sin(2 * M_PI * frequency * t / 8000);
    m = magnitudes(x, SAMPLES, FFT);
    vocoder_run(FFT, how(VOCODER_GRADIENT, 0), m, FRAMES, y, SAMPLES);
    for (int t = EDGE; t < SAMPLES - EDGE; t++) {
        re += (double)y[t] * cos(2 * M_PI * frequency * t / 8000);
        im += (double)y[t] * sin(2 * M_PI * frequency * t / 8000);
        all += (double)y[t] * (double)y[t];
    }
    share = 2 * (re * re + im * im) / (SAMPLES - 2 * EDGE) / all;   /* of the power, at that very frequency */
    all /= SAMPLES - 2 * EDGE;
    check(share > 0.98 && fabs(all - 0.5) < 0.05, "a tone of %g Hz stays one (%.4f of %.3f)", frequency,
          share, all);
    free(x);
    free(m);
    free(y);
}

int main(void)
{
    static const int lengths[] = {1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 47, 48, 100, 131};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int iterations = 0; iterations < 6; iterations += 1 + iterations / 2)
            test_definition(32, lengths[i], iterations);
    test_definition(48, 200, 3);
    for (int start = VOCODER_RANDOM; start <= VOCODER_GRADIENT; start++) {
        test_pieces((enum vocoder_start)start);
        test_lengths((enum vocoder_start)start);
        test_seeds((enum vocoder_start)start);
        test_silence((enum vocoder_start)start);
    }
    test_frames();
    test_convergence(VOCODER_RANDOM, 0.8, 0.2);
    test_convergence(VOCODER_GRADIENT, 0.3, 0.1);
    test_tone(1000);
    test_tone(1234.5);
    test_tone(440);
    return check_done();
}
