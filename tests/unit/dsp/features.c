/* Magnitudes per band against their definition, frames in pieces, and the way
 * back from bands to bins. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "dsp/features.h"

static float *noise(size_t count, uint64_t stream)
{
    float *x = mem_floats(count);
    struct rng r = rng_new(7, stream);

    rng_normal(&r, x, count);
    return x;
}

/* The sample that reflection puts at t, step by step. */
static double mirror(const float *x, int samples, int t)
{
    while (t < 0 || t >= samples)
        t = samples == 1 ? 0 : t < 0 ? -t : 2 * (samples - 1) - t;
    return (double)x[t];
}

/* |X|^2 of one bin of the frame centred on a sample */
static double power(const float *x, int samples, int fft, int centre, int k)
{
    double re = 0, im = 0;

    for (int i = 0; i < fft; i++) {
        double v = mirror(x, samples, centre - fft / 2 + i) * (0.5 - 0.5 * cos(2 * M_PI * i / fft));

        re += v * cos(2 * M_PI * k * i / fft);
        im -= v * sin(2 * M_PI * k * i / fft);
    }
    return re * re + im * im;
}

/* Middles of bands: bins to the corner, then steps of 1/96 octave but at least one bin, the last bin. */
static int middles(double *c, int bins, double corner)
{
    int n = 0;
    double at = floor(corner);

    while (n <= (int)at) {
        c[n] = n;
        n++;
    }
    while ((at = fmax(at * pow(2, 1 / 96.0), c[n - 1] + 1)) <= bins - 1)
        c[n++] = at;
    if (c[n - 1] < bins - 1)
        c[n++] = bins - 1;
    return n;
}

static double weight(const double *c, int n, int i, int k)
{
    double low = i ? c[i - 1] : c[i] - 1, high = i + 1 < n ? c[i + 1] : c[i] + 1;

    return fmax(0, k <= c[i] ? (k - low) / (c[i] - low) : (high - k) / (high - c[i]));
}

/* Those of the grid, and three beyond the end. */
static void test_definition(double rate, int fft, struct grid grid, double corner, int samples)
{
    struct features *f = features_new(rate, fft, corner);
    int bins = features_bins(f), channels = features_channels(f), inside = 0;
    int frames = 3 + (int)grid_frames(grid, samples);
    double *c = mem_zero((size_t)bins + 1, sizeof *c), worst = 0, loudest = 0;
    int expected = corner > 0 ? middles(c, bins, corner * fft / rate) : bins;
    float *x = noise((size_t)samples, 1), *y = mem_floats((size_t)(channels * frames));

    while (grid.first + inside * grid.step <= samples || inside == 0)
        inside++;
    features_magnitude(f, grid, x, 1, 0, samples, 0, frames, y);
    for (int t = 0; t < frames; t++)
        for (int i = 0; i < channels; i++) {
            int centre = (int)floor(grid.first + t * grid.step + 0.5);
            double sum = 0, all = 0;

            for (int k = 0; k < bins; k++) {
                double w = corner > 0 ? weight(c, channels, i, k) : k == i;

                all += w;
                if (w > 0)
                    sum += w * power(x, samples, fft, centre, k);
            }
            loudest = fmax(loudest, sqrt(sum / all));
            worst = fmax(worst, fabs((double)y[t * channels + i] - sqrt(sum / all)));
        }
    check(bins == fft / 2 + 1 && channels == expected && frames == inside + 3 && worst < 1e-5 * loudest,
          "magnitudes of %d samples, %d every %g from %g, corner %g Hz: %d channels, %d frames (%.1e)", samples, fft,
          grid.step, grid.first, corner, channels, inside, worst);
    features_free(f);
    free(c);
    free(x);
    free(y);
}

static void test_channels(double rate, int fft, double corner, int expected)
{
    struct features *f = features_new(rate, fft, corner);

    check(features_channels(f) == expected, "%d channels at %g Hz, %d samples, corner %g Hz (%d expected)",
          features_channels(f), rate, fft, corner, expected);
    features_free(f);
}

static void test_pieces(struct grid grid, int channels)
{
    enum { SAMPLES = 5000, MOST = 70 };
    struct features *f = features_new(8000, 256, 1000);
    int frames = (int)grid_frames(grid, SAMPLES), row = (channels == 2 ? 3 : 1) * features_channels(f), same = 1;
    int inside = 1;
    float *x = noise((size_t)channels * SAMPLES, 2), *whole = mem_floats((size_t)(frames * row));
    float *piece = mem_floats((size_t)(row * MOST));

    features_magnitude(f, grid, x, channels, 0, SAMPLES, 0, frames, whole);
    for (int first = 0, count = 1; first < frames; first += count, count = count * 3 % 67 + 1) {
        count = count < frames - first ? count : frames - first;
        for (int i = 0; i < row * MOST; i++)
            piece[i] = -1;
        features_magnitude(f, grid, x, channels, 0, SAMPLES, first, count, piece);
        same = same && !memcmp(piece, whole + first * row, (size_t)(count * row) * sizeof *piece);
        for (int i = 0; i < row * MOST; i++)
            inside = inside && (piece[i] == -1) == (i >= count * row);
    }
    check(same, "%d channels, frames every %g in pieces have the bytes of the whole", channels, grid.step);
    check(inside, "nothing is written beside the frames asked for, every %g", grid.step);
    features_free(f);
    free(x);
    free(whole);
    free(piece);
}

/* White noise: over its frames, the sound that they stand for has the noise's RMS. */
static void test_rms(double rate, int fft, double corner)
{
    enum { SAMPLES = 60000 };
    struct features *f = features_new(rate, fft, corner);
    struct grid grid = grid_fixed(fft / 4);
    int channels = features_channels(f), frames = (int)grid_frames(grid, SAMPLES);
    float *x = noise(SAMPLES, 4), *y = mem_floats((size_t)(frames * channels));
    double power = 0, squares = 0;

    features_magnitude(f, grid, x, 1, 0, SAMPLES, 0, frames, y);
    for (int i = 0; i < SAMPLES; i++)
        squares += (double)x[i] * (double)x[i] / SAMPLES;
    for (int i = 0; i < frames * channels; i++)
        y[i] = logf(y[i]);
    for (int t = 0; t < frames; t++)
        power += pow(features_rms(f, y + t * channels), 2) / frames;
    check(fabs(sqrt(power / squares) - 1) < 0.02,
          "RMS of white noise at %g Hz, corner %g Hz, from its frames (%+.2f %%)", rate, corner,
          100 * (sqrt(power / squares) - 1));
    features_free(f);
    free(x);
    free(y);
}

static void test_middles(double rate, int fft, double corner)
{
    struct features *f = features_new(rate, fft, corner);
    int channels = features_channels(f), bins = features_bins(f), same = 1;
    double *c = mem_zero((size_t)bins + 1, sizeof *c);

    same = same && (corner > 0 ? middles(c, bins, corner * fft / rate) : bins) == channels;
    for (int i = 0; i < channels; i++)
        same = same && fabs(features_middle(f, i) - (corner > 0 ? c[i] : i)) < 1e-9 * bins;
    check(same, "middles of %d channels at %g Hz, corner %g Hz", channels, rate, corner);
    features_free(f);
    free(c);
}

static void test_unwarp(double corner)
{
    struct features *f = features_new(22050, 2048, corner);
    int channels = features_channels(f), bins = features_bins(f), n = bins;
    float *level = noise((size_t)channels, 3), *bin = mem_floats((size_t)bins);
    double *c = mem_zero((size_t)bins + 1, sizeof *c), worst = 0;

    if (corner > 0)
        n = middles(c, bins, corner * 2048 / 22050);
    else
        for (int k = 0; k < bins; k++)
            c[k] = k;
    features_unwarp(f, level, bin);
    for (int k = 0, i = 0; k < bins; k++) {
        double part, line;

        while (i + 2 < n && c[i + 1] <= k)
            i++;
        part = (k - c[i]) / (c[i + 1] - c[i]);
        line = (1 - part) * (double)level[i] + part * (double)level[i + 1];
        worst = fmax(worst, fabs(line - (double)bin[k]));
    }
    check(n == channels && worst < 1e-5, "from %d channels to bins along straight lines (%.1e)", channels, worst);
    features_free(f);
    free(c);
    free(level);
    free(bin);
}

/* An impulse in the middle of a frame has one level in all bins, and so has it in all bands. */
static void test_there_and_back(void)
{
    struct features *f = features_new(22050, 2048, 2000), *plain = features_new(22050, 2048, 0);
    int channels = features_channels(f), bins = features_bins(f);
    float *x = mem_floats(8192), *band = mem_floats((size_t)channels), *bin = mem_floats((size_t)bins);
    float *back = mem_floats((size_t)bins);
    double worst = 0;

    x[4096] = 1;
    x[4100] = 0.5f; /* ripples of a quarter of the spectrum's width, wide against the bands */
    features_magnitude(f, grid_fixed(512), x, 1, 0, 8192, 8, 1, band);
    features_magnitude(plain, grid_fixed(512), x, 1, 0, 8192, 8, 1, bin);
    for (int c = 0; c < channels; c++)
        band[c] = logf(band[c]);
    features_unwarp(f, band, back);
    for (int k = 0; k < bins; k++)
        worst = fmax(worst, fabs(20 / log(10) * (double)(back[k] - logf(bin[k]))));
    check(worst < 0.4, "a smooth spectrum comes back from bands within %.2f dB", worst);
    features_free(f);
    features_free(plain);
    free(x);
    free(band);
    free(bin);
    free(back);
}

static void test_defaults(void)
{
    static const struct {
        double rate;
        int fft;
        double corner;
    } expected[] = {{3000, 512, 0},      {4000, 512, 0},      {4001, 512, 2000},   {6000, 512, 2000},
                    {8000, 1024, 2000},  {11025, 1024, 2000}, {16000, 2048, 2000}, {22050, 2048, 2000},
                    {24000, 2048, 2000}, {32000, 4096, 2000}, {44100, 4096, 2000}, {48000, 4096, 2000}};
    static const double refused[] = {0, 2999.9, 48000.1, -1, NAN, INFINITY};
    int fft = 0, hop = 0;
    double corner = -1;

    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        check(features_defaults(expected[i].rate, &fft, &hop, &corner) == 0 && fft == expected[i].fft &&
                  hop == fft / 4 && corner == expected[i].corner,
              "at %g Hz: %d by %d, corner %g Hz", expected[i].rate, fft, hop, corner);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check(features_defaults(refused[i], &fft, &hop, &corner) == -1 && *error_text(), "%g Hz is refused: %s",
              refused[i], error_text());
}

int main(void)
{
    static const int lengths[] = {1, 2, 5, 16, 63, 64, 100, 333};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        test_definition(8000, 16, grid_fixed(4), 0, lengths[i]);
        test_definition(8000, 64, grid_fixed(16), 500, lengths[i]);
        test_definition(8000, 16, (struct grid){-777.7, 31.3}, 0, lengths[i]);
        test_definition(8000, 64, (struct grid){-40.2, 9.62}, 500, lengths[i]);
        test_definition(8000, 16, (struct grid){400.1, 50}, 0, lengths[i]);
    }
    test_definition(8000, 128, grid_fixed(20), 0.001, 300);
    test_definition(8000, 128, grid_fixed(32), 3000, 300);
    test_definition(8000, 2, grid_fixed(1), 0, 9);
    test_channels(3000, 512, 0, 257);
    test_channels(22050, 2048, 0, 1025);
    test_channels(22050, 2048, 11025, 1025);
    test_channels(22050, 2048, 20000, 1025);
    test_channels(22050, 2048, 2000, 423);
    test_channels(22050, 2048, 3000, 460);
    test_middles(22050, 2048, 0);
    test_middles(22050, 2048, 2000);
    test_rms(22050, 2048, 0);
    test_rms(22050, 2048, 2000);
    test_rms(44100, 4096, 2000);
    test_rms(8000, 256, 0.001);
    for (int channels = 1; channels <= 2; channels++) {
        test_pieces(grid_fixed(64), channels);
        test_pieces((struct grid){-1033.4, 41.7}, channels);
    }
    test_unwarp(0);
    test_unwarp(2000);
    test_unwarp(3000);
    test_there_and_back();
    test_defaults();
    return check_done();
}
