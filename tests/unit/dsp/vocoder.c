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
#include "dsp/phase.h"
#include "dsp/reflect.h"
#include "dsp/vocoder.h"
#include "sounds.h"

static struct vocoder_how how(int iterations)
{
    return (struct vocoder_how){.iterations = iterations, .most = 1.5f, .momentum = 0.99f, .seed = 5};
}

/* ---- Griffin-Lim in double precision, each transform by its definition ---- */

/* Frames as the vocoder has them: four of the first ones in reverse, then those that reach into the clip. */
struct plain {
    int fft, bins, frames;
    int *row;            /* [frames] which of the clip's frames has the magnitudes */
    int *at;             /* [frames] its first sample, counted from that of frame 0 */
    int origin, samples; /* where that is in the clip, and all samples that frames reach */
};

static struct plain plain_new(int fft, struct grid grid, int samples)
{
    int all = (int)grid_frames(grid, samples), skip = 0;
    struct plain p = {.fft = fft, .bins = fft / 2 + 1};

    while (skip < all && grid_at(grid, skip) + fft / 2 <= 0)
        skip++;
    p.frames = all - skip + 4;
    p.row = mem_zero((size_t)p.frames, sizeof *p.row);
    p.at = mem_zero((size_t)p.frames, sizeof *p.at);
    p.origin = (int)floor(grid.first + (skip - 4) * grid.step + 0.5) - fft / 2;
    for (int f = 0; f < p.frames; f++) {
        p.row[f] = skip + (abs(f - 4) < all - skip ? abs(f - 4) : all - skip - 1);
        p.at[f] = (int)floor(grid.first + (skip + f - 4) * grid.step + 0.5) - fft / 2 - p.origin;
    }
    p.samples = p.at[p.frames - 1] + fft;
    return p;
}

static double hann(int i, int n)
{
    return 0.5 - 0.5 * cos(2 * M_PI * i / n);
}

static void plain_inverse(const struct plain *p, const double complex *c, double *x)
{
    double *sum = mem_zero((size_t)p->samples, sizeof *sum);

    memset(x, 0, (size_t)p->samples * sizeof *x);
    for (int f = 0; f < p->frames; f++)
        for (int i = 0; i < p->fft; i++) {
            double v = 0;

            for (int k = 0; k < p->bins; k++)
                v += (k == 0 || k == p->fft / 2 ? 1 : 2) *
                     creal(c[f * p->bins + k] * cexp(2 * M_PI * I * k * i / p->fft));
            x[p->at[f] + i] += hann(i, p->fft) * v / p->fft;
            sum[p->at[f] + i] += hann(i, p->fft) * hann(i, p->fft);
        }
    for (int t = 0; t < p->samples; t++)
        x[t] /= fmax(sum[t], 0.05);
    free(sum);
}

static void plain_forward(const struct plain *p, const double *x, double complex *c)
{
    for (int f = 0; f < p->frames; f++)
        for (int k = 0; k < p->bins; k++) {
            double complex v = 0;

            for (int i = 0; i < p->fft; i++)
                v += hann(i, p->fft) * x[p->at[f] + i] * cexp(-2 * M_PI * I * k * i / p->fft);
            c[f * p->bins + k] = v;
        }
}

/* The magnitudes of a frame; at the ends those of a neighbour. */
static const float *plain_row(const struct plain *p, const float *m, int f)
{
    return m + p->row[reflect(f, p->frames)] * p->bins;
}

/* m [frames of the clip, bins] to x [p->samples] */
static void plain_griffin_lim(const struct plain *p, struct vocoder_how h, struct grid grid, const float *m, double *x)
{
    int bins = p->bins, n = p->frames * bins;
    double complex *c = mem_zero((size_t)n, sizeof *c), *now = mem_zero((size_t)n, sizeof *c);
    double complex *last = mem_zero((size_t)n, sizeof *c);
    struct phase *phase = phase_new(p->fft);
    float *turns = mem_floats((size_t)bins);
    double a = (double)h.momentum / (1 + (double)h.momentum);

    phase_begin(phase, grid, p->row[4] - 4, h.seed);
    for (int f = 0; f < p->frames; f++) {
        phase_next(phase, plain_row(p, m, f - 1), plain_row(p, m, f), plain_row(p, m, f + 1), turns);
        for (int k = 0; k < bins; k++)
            c[f * bins + k] = (double)m[p->row[f] * bins + k] * cexp(2 * M_PI * I * (double)turns[k]);
    }
    for (int i = 0; i < h.iterations; i++) {
        plain_inverse(p, c, x);
        for (int t = 0; t < p->samples; t++)
            x[t] = fmax(-(double)h.most, fmin((double)h.most, x[t]));
        plain_forward(p, x, now);
        for (int j = 0; j < n; j++) {
            c[j] = now[j] - a * last[j];
            last[j] = now[j];
            c[j] *= (double)m[p->row[j / bins] * bins + j % bins] / (cabs(c[j]) + 1e-12);
        }
    }
    plain_inverse(p, c, x);
    phase_free(phase);
    free(turns);
    free(c);
    free(now);
    free(last);
}

static void test_definition(int fft, struct grid grid, int samples, int iterations)
{
    struct vocoder_how h = how(iterations);
    float *x = noise((size_t)samples, 1), *m = magnitudes(x, samples, fft, grid);
    float *y = mem_floats((size_t)samples);
    struct plain p = plain_new(fft, grid, samples);
    double *expected = mem_zero((size_t)p.samples, sizeof *expected), worst = 0;
    int begin = p.origin + p.at[4]; /* samples to this one are before all frames of the clip */

    plain_griffin_lim(&p, h, grid, m, expected);
    vocode(fft, h, grid, m, y, samples);
    for (int t = 0; t < samples; t++) {
        double want = t > begin && t - p.origin < p.samples ? expected[t - p.origin] : 0;
        int fade_in = fft / 64, fade_out = fft / 128 < samples ? fft / 128 : samples, left = samples - 1 - t;

        want *= t < fade_in ? (t + 0.5) / fade_in : 1;
        want *= left < fade_out ? (left + 0.5) / fade_out : 1;
        worst = fmax(worst, fabs(want - (double)y[t]));
    }
    check(worst < 2e-3, "%d iterations for %d samples, %d every %g from %g: as written down (%.1e)", iterations,
          samples, fft, grid.step, grid.first, worst);
    free(x);
    free(m);
    free(y);
    free(expected);
    free(p.row);
    free(p.at);
}

/* ---- any cut, any length ---- */

static void test_pieces(struct grid grid)
{
    enum { FFT = 64, SAMPLES = 7777, BINS = FFT / 2 + 1, ITERATIONS = 9 };
    struct vocoder *v = vocoder_new(FFT, how(ITERATIONS));
    float *x = chords(SAMPLES, 8000), *m = magnitudes(x, SAMPLES, FFT, grid), *whole = mem_floats(SAMPLES);
    float *y = mem_floats(SAMPLES + 1);
    int frames = (int)grid_frames(grid, SAMPLES);

    vocode(FFT, how(ITERATIONS), grid, m, whole, SAMPLES);
    for (int run = 0; run < 3; run++) { /* again in the same vocoder, another clip left in between */
        size_t got = 0;
        int slow = 0;

        vocoder_begin(v, grid);
        memset(y, 0, SAMPLES * sizeof *y);
        for (int f = 0, count = 1; f < frames; f += count, count = (count * 5 + run) % 23) {
            count = count < frames - f ? count : frames - f;
            vocoder_push(v, m + (size_t)f * BINS, count);
            got += vocoder_pull(v, y + got, run == 2 ? 100 : SAMPLES - got);
            if (run < 2 && (double)got < grid.first + (f + count - 6) * grid.step - FFT * (ITERATIONS + 1))
                slow = 1;
        }
        vocoder_end(v, SAMPLES);
        for (size_t more = 1; more; got += more)
            more = vocoder_pull(v, y + got, got < SAMPLES ? 1 + (SAMPLES - got) / 2 : 1);
        check(got == SAMPLES && !memcmp(y, whole, SAMPLES * sizeof *y),
              "frames every %g from %g: in pieces the same bytes, %d", grid.step, grid.first, run);
        check(!slow, "frames every %g from %g: samples come one transform late per iteration", grid.step, grid.first);
        vocoder_begin(v, (struct grid){-20 * run, 3 + 40 * run});
        vocoder_push(v, m, 3);
    }
    vocoder_free(v);
    free(x);
    free(m);
    free(whole);
    free(y);
}

static void test_lengths(struct grid grid)
{
    enum { FFT = 32, BINS = FFT / 2 + 1, MOST = 130 };
    struct vocoder *v = vocoder_new(FFT, how(6));
    float *x = noise(MOST, 2), *y = mem_floats(MOST + 1);
    int exact = 1, finite = 1;

    for (int samples = 1; samples <= MOST; samples++) {
        float *m = magnitudes(x, samples, FFT, grid);
        size_t got;

        vocoder_begin(v, grid);
        vocoder_push(v, m, (int)grid_frames(grid, samples));
        vocoder_end(v, samples);
        got = vocoder_pull(v, y, MOST + 1);
        exact = exact && got == (size_t)samples;
        for (size_t t = 0; t < got; t++)
            finite = finite && isfinite(y[t]) && fabsf(y[t]) < 100;
        free(m);
    }
    check(exact, "frames every %g from %g: as many samples as asked for, 1 to %d", grid.step, grid.first, MOST);
    check(finite, "frames every %g from %g: of a size like those they stand for", grid.step, grid.first);
    vocoder_free(v);
    free(x);
    free(y);
}

/* More frames than a clip has are those of a longer one that is cut off, missing ones are as the last. */
static void test_frames(void)
{
    enum { FFT = 64, BINS = FFT / 2 + 1, FRAMES = 40, SAMPLES = (FRAMES - 1) * (FFT / 4) + 3 };
    enum { LONGER = SAMPLES + 7 * (FFT / 4) };
    struct vocoder *v = vocoder_new(FFT, how(5));
    float *x = chords(2 * SAMPLES, 8000), *m = magnitudes(x, 2 * SAMPLES, FFT, grid_fixed(FFT / 4));
    float *y = mem_floats(LONGER);
    float *more = mem_floats(SAMPLES), *fewer = mem_floats(SAMPLES), *none = mem_floats(SAMPLES);
    size_t got[3];
    int silent = 1;

    vocode(FFT, how(5), grid_fixed(FFT / 4), m, y, LONGER);
    vocoder_begin(v, grid_fixed(FFT / 4));
    vocoder_push(v, m, FRAMES + 7);
    vocoder_end(v, SAMPLES);
    got[0] = vocoder_pull(v, more, LONGER);
    check(got[0] == SAMPLES && !memcmp(more, y, SAMPLES * sizeof *y), "with frames beyond the clip: one cut off");
    memcpy(m + (FRAMES - 2) * BINS, m + (FRAMES - 3) * BINS, BINS * sizeof *m);
    memcpy(m + (FRAMES - 1) * BINS, m + (FRAMES - 3) * BINS, BINS * sizeof *m);
    vocode(FFT, how(5), grid_fixed(FFT / 4), m, y, SAMPLES);
    vocoder_begin(v, grid_fixed(FFT / 4));
    vocoder_push(v, m, FRAMES - 2);
    vocoder_end(v, SAMPLES);
    got[1] = vocoder_pull(v, fewer, SAMPLES);
    check(got[1] == SAMPLES && !memcmp(fewer, y, SAMPLES * sizeof *y), "the last frame stands for missing ones");
    vocoder_begin(v, grid_fixed(FFT / 4));
    vocoder_end(v, SAMPLES);
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

/* What is taken before the end is known is what would have come later, up to the fade; other clips are cut off there. */
static void test_early(int iterations, int beyond)
{
    enum { FFT = 256, BINS = FFT / 2 + 1, FRAMES = 40, SAMPLES = (FRAMES - 1) * (FFT / 4) + 3 };
    struct vocoder *v = vocoder_new(FFT, how(iterations));
    float *x = chords(2 * SAMPLES, 8000), *m = magnitudes(x, 2 * SAMPLES, FFT, grid_fixed(FFT / 4));
    float *whole = mem_floats(SAMPLES), *y = mem_floats(SAMPLES + 1);
    size_t sure = SAMPLES - (size_t)vocoder_fade(FFT), got;

    vocoder_begin(v, grid_fixed(FFT / 4));
    vocoder_push(v, m, FRAMES + beyond);
    vocoder_end(v, SAMPLES);
    vocoder_pull(v, whole, SAMPLES);
    vocoder_begin(v, grid_fixed(FFT / 4));
    vocoder_push(v, m, FRAMES + beyond);
    got = vocoder_pull(v, y, sure);
    vocoder_end(v, SAMPLES);
    got += vocoder_pull(v, y + got, SAMPLES + 1 - got);
    check(got == SAMPLES && !memcmp(y, whole, SAMPLES * sizeof *y), "%d iterations, %d frames beyond: taken early",
          iterations, beyond);
    vocoder_free(v);
    free(x);
    free(m);
    free(whole);
    free(y);
}

static void test_seeds(void)
{
    enum { FFT = 64, SAMPLES = 4000, FRAMES = 1 + SAMPLES / (FFT / 4) };
    struct vocoder_how h = how(4);
    float *x = chords(SAMPLES, 8000), *m = magnitudes(x, SAMPLES, FFT, grid_fixed(FFT / 4));
    float *a = mem_floats(SAMPLES);
    float *b = mem_floats(SAMPLES), *c = mem_floats(SAMPLES);

    vocode(FFT, h, grid_fixed(FFT / 4), m, a, SAMPLES);
    vocode(FFT, h, grid_fixed(FFT / 4), m, b, SAMPLES);
    h.seed++;
    vocode(FFT, h, grid_fixed(FFT / 4), m, c, SAMPLES);
    check(!memcmp(a, b, SAMPLES * sizeof *a), "one seed, one sound");
    check(memcmp(a, c, SAMPLES * sizeof *a) != 0, "another seed, another sound");
    free(x);
    free(m);
    free(a);
    free(b);
    free(c);
}

/* ---- sound ---- */

static void test_silence(void)
{
    enum { FFT = 64, SAMPLES = 3200, BINS = FFT / 2 + 1, FRAMES = 1 + SAMPLES / (FFT / 4) };
    float *m = mem_floats(FRAMES * BINS), *y = mem_floats(SAMPLES), *x = chords(SAMPLES, 8000), *sound;
    int silent = 1, kept = 1, heard = 0;

    vocode(FFT, how(8), grid_fixed(FFT / 4), m, y, SAMPLES);
    for (int t = 0; t < SAMPLES; t++)
        silent = silent && y[t] == 0;
    check(silent, "silence stays silent");
    sound = magnitudes(x, SAMPLES, FFT, grid_fixed(FFT / 4));
    memset(sound, 0, 100 * BINS * sizeof *sound);
    memset(sound + 150 * BINS, 0, (FRAMES - 150) * BINS * sizeof *sound);
    vocode(FFT, how(8), grid_fixed(FFT / 4), sound, y, SAMPLES);
    for (int t = 0; t < SAMPLES; t++) {
        int frame = t / (FFT / 4);

        if (frame < 100 - 2 || frame > 150 + 2)
            kept = kept && y[t] == 0;
        else
            heard = heard || fabsf(y[t]) > 1e-3f;
    }
    check(kept && heard && misfit(y, SAMPLES, FFT, grid_fixed(FFT / 4), sound) < 0.4, "sound between silences");
    free(m);
    free(x);
    free(y);
    free(sound);
}

/* What a grid leaves out: samples before the first frame, between frames that are too far apart, and
 * all of a clip that no frame reaches. */
static void test_gaps(void)
{
    enum { FFT = 32, SAMPLES = 1000 };
    static const struct grid grids[] = {{500, 8}, {-10, 50.3}, {1100, 8}, {-90, 1200}, {-90, 1095}, {-300, 5000}};

    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
        float *x = noise(SAMPLES, 3), *m = magnitudes(x, SAMPLES, FFT, grids[i]), *y = mem_floats(SAMPLES);
        int silent = 1, heard = 0, reached = 0, frames = (int)grid_frames(grids[i], SAMPLES);

        vocode(FFT, how(5), grids[i], m, y, SAMPLES);
        for (int t = 0; t < SAMPLES; t++) {
            int seen = 0;

            for (int f = 0; f < frames; f++)
                seen = seen || llabs(t - grid_at(grids[i], f)) < FFT / 2;
            reached += seen;
            silent = silent && (seen || y[t] == 0);
            heard += seen && fabsf(y[t]) > 0.01f;
        }
        check(silent && 4 * heard >= 3 * reached, "frames every %g from %g: %d samples heard of %d, else silence",
              grids[i].step, grids[i].first, heard, reached);
        free(x);
        free(m);
        free(y);
    }
}

/* With momentum the way is not quite monotonic, but there are no long steps back. */
static void test_convergence(struct grid grid)
{
    enum { FFT = 256, SAMPLES = 16000 };
    static const int iterations[] = {0, 2, 4, 8, 16, 32, 64};
    enum { RUNS = sizeof iterations / sizeof *iterations };
    float *x = chords(SAMPLES, 8000), *m = magnitudes(x, SAMPLES, FFT, grid), *y = mem_floats(SAMPLES);
    double off[RUNS];
    int down = 1;

    for (int i = 0; i < RUNS; i++) {
        vocode(FFT, how(iterations[i]), grid, m, y, SAMPLES);
        off[i] = misfit(y, SAMPLES, FFT, grid, m);
        down = down && (i == 0 || off[i] < off[i - 1] * 1.02);
    }
    check(down && off[0] < 0.3 && off[RUNS - 1] < 0.1 && off[RUNS - 1] < 0.6 * off[0],
          "frames every %g: misfit falls from %.3f over %.3f (8) and %.3f (32) to %.3f", grid.step, off[0], off[3],
          off[5], off[RUNS - 1]);
    free(x);
    free(m);
    free(y);
}

/* A steady tone out of integrated phases is that tone, without any iteration. */
static void test_tone(double frequency, struct grid grid)
{
    enum { FFT = 256, SAMPLES = 8000, EDGE = 2 * FFT };
    float *x = mem_floats(SAMPLES), *m, *y = mem_floats(SAMPLES);
    double re = 0, im = 0, all = 0, share;

    for (int t = 0; t < SAMPLES; t++)
        x[t] = (float)sin(2 * M_PI * frequency * t / 8000);
    m = magnitudes(x, SAMPLES, FFT, grid);
    vocode(FFT, how(0), grid, m, y, SAMPLES);
    for (int t = EDGE; t < SAMPLES - EDGE; t++) {
        re += (double)y[t] * cos(2 * M_PI * frequency * t / 8000);
        im += (double)y[t] * sin(2 * M_PI * frequency * t / 8000);
        all += (double)y[t] * (double)y[t];
    }
    share = 2 * (re * re + im * im) / (SAMPLES - 2 * EDGE) / all; /* of the power, at that very frequency */
    all /= SAMPLES - 2 * EDGE;
    check(share > 0.98 && fabs(all - 0.5) < 0.05, "frames every %g: a tone of %g Hz stays one (%.4f of %.3f)",
          grid.step, frequency, share, all);
    free(x);
    free(m);
    free(y);
}

/* Clicks stay in their places, without any iteration. */
static void test_clicks(struct grid grid, double least)
{
    enum { FFT = 256, SAMPLES = 8000, EVERY = 1000, NEAR = 8 };
    float *x = mem_floats(SAMPLES), *m, *y = mem_floats(SAMPLES);
    double near = 0, all = 0;

    for (int t = EVERY / 2; t < SAMPLES; t += EVERY)
        x[t] = 1;
    m = magnitudes(x, SAMPLES, FFT, grid);
    vocode(FFT, how(0), grid, m, y, SAMPLES);
    for (int t = 0; t < SAMPLES; t++) {
        double power = (double)y[t] * (double)y[t];

        near += abs(t % EVERY - EVERY / 2) <= NEAR ? power : 0;
        all += power;
    }
    check(near > least * all, "frames every %g: clicks stay in their places (%.3f)", grid.step, near / all);
    free(x);
    free(m);
    free(y);
}

int main(void)
{
    static const int lengths[] = {1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 47, 48, 100, 131};
    static const struct grid grids[] = {{0, 8},      {-43.7, 5.27},  {-9.2, 10.67}, {-30.1, 2},    {-100.4, 16.2},
                                        {12.6, 7.1}, {-1000.3, 9.3}, {-5, 45},      {-14.2, 31.9}, {-13, 1}};

    for (size_t g = 0; g < sizeof grids / sizeof *grids; g++)
        for (size_t i = 0; i<sizeof lengths / sizeof *lengths; i += g> 0 ? 2 : 1)
            for (int iterations = 0; iterations < 6; iterations += 1 + iterations / 2)
                test_definition(32, grids[g], lengths[i], iterations);
    test_definition(48, grid_fixed(12), 200, 3);
    test_definition(256, grid_fixed(64), 600, 1); /* fades of four and of two samples */
    test_definition(48, (struct grid){-47.3, 7.41}, 300, 5);
    for (size_t g = 0; g < sizeof grids / sizeof *grids; g++) {
        test_pieces((struct grid){2 * grids[g].first, 2 * grids[g].step});
        test_lengths(grids[g]);
    }
    test_seeds();
    test_silence();
    test_frames();
    test_early(0, 5);
    test_early(3, 1);
    test_gaps();
    test_convergence(grid_fixed(64));
    for (int i = 0; i < 4; i++) {
        static const double steps[] = {16.3, 33.75, 64, 83.6}, clicks[] = {0.9, 0.9, 0.85, 0.7};
        struct grid grid = {-5 * steps[i], steps[i]};

        test_convergence(grid);
        test_tone(1000, grid);
        test_tone(1234.5, grid);
        test_tone(440, grid);
        test_clicks(grid, clicks[i]);
    }
    return check_done();
}
