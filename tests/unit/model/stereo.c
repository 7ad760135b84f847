/* Levels of left and right beside their mean, and what they say of the sides. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "model/spectral_input.h"

enum { RATE = 22050, FFT = 2048, BINS = FFT / 2 + 1 };

struct rig {
    struct features *f;
    struct stereo *s;
    int channels;
    float *mean, *lean, *spread;
    float sides[2 * STEREO_BANDS];
};

/* The same powers in all bands. */
static void ask(struct rig *r, double mean, double left, double right)
{
    for (int c = 0; c < r->channels; c++)
        r->mean[c] = (float)(0.5 * log(mean));
    for (int b = 0; b < STEREO_BANDS; b++) {
        r->sides[b] = (float)(0.5 * log(left));
        r->sides[STEREO_BANDS + b] = (float)(0.5 * log(right));
    }
    stereo_sides(r->s, r->mean, r->sides, r->lean, r->spread);
}

/* All bins lean by that, and spread by that, to the one side or the other. */
static void known(struct rig *r, const char *name, double lean, double spread)
{
    double far = 0, signs[2] = {0};

    for (int k = 0; k < BINS; k++) {
        far = fmax(far, fabs((double)r->lean[k] - lean));
        far = fmax(far, fabs(fabs((double)r->spread[k]) - spread));
        signs[r->spread[k] < 0]++;
    }
    check(far < 1e-4, "%s: lean %g, spread %g", name, lean, spread);
    check(spread < 1e-4 || (signs[0] > BINS / 4 && signs[1] > BINS / 4), "%s: to both sides", name);
}

/* Whatever the mean is said to be, left and right differ as they are said to. */
static void difference(struct rig *r)
{
    double far = 0;

    for (double mean = 1e-4; mean < 1e4; mean *= 3)
        for (double left = 1e-3; left < 1e3; left *= 10) {
            double a, b;

            ask(r, mean, left, 1);
            a = (1 + r->lean[9]) * (1 + r->lean[9]) + r->spread[9] * r->spread[9];
            b = (1 - r->lean[9]) * (1 - r->lean[9]) + r->spread[9] * r->spread[9];
            far = fmax(far, fabs(log(a / b / left)));
        }
    check(far < 0.05, "left and right differ as they should (%g nepers)", far);
}

/* Levels of two channels of noise: bands hold their power, and a frame's RMS is that of both. */
static void levels(void)
{
    enum { SAMPLES = 20 * FFT };
    float *x = mem_floats(2 * SAMPLES), *y;
    struct rng r = rng_new(3, 0);
    struct spectral_input f;
    double sum = 0, left = 0, right = 0;
    int frames = SAMPLES / 512;

    input_begin(&f, RATE, 2, false);
    rng_normal(&r, x, 2 * SAMPLES);
    for (int i = 0; i < SAMPLES; i++)
        x[i] *= 3;
    y = mem_floats((size_t)(frames * input_features(&f)));
    input_levels(&f, grid_fixed(512), x, 0, SAMPLES, 1, 0, frames, y);
    for (int t = 0; t < frames; t++) {
        const float *level = y + t * input_features(&f), *side = level + features_channels(f.bands);
        double rms = input_rms(&f, level);

        sum += rms * rms / frames;
        for (int b = 0; b < STEREO_BANDS; b++) {
            left += exp(2 * (double)side[b]);
            right += exp(2 * (double)side[STEREO_BANDS + b]);
        }
    }
    check(fabs(sqrt(sum) - sqrt(5)) < 0.05, "RMS of a frame: %g, of the sound: %g", sqrt(sum), sqrt(5));
    check(fabs(left / right - 9) < 0.5, "power of left over right: %g", left / right);
    input_end(&f);
    free(x);
    free(y);
}

int main(void)
{
    struct rig r = {.f = features_new(RATE, FFT, 2000)};

    r.s = stereo_new(r.f, RATE, FFT);
    r.channels = features_channels(r.f);
    r.mean = mem_floats((size_t)r.channels);
    r.lean = mem_floats(BINS);
    r.spread = mem_floats(BINS);
    ask(&r, 1, 1, 1);
    known(&r, "alike", 0, 0);
    ask(&r, 1, 4, 1e-12);
    known(&r, "all on the left", 1, 0);
    ask(&r, 1, 1e-12, 4);
    known(&r, "all on the right", -1, 0);
    ask(&r, 1, 2, 2);
    known(&r, "nothing to do with each other", 0, 1);
    ask(&r, 1, 2.25, 0.25);
    known(&r, "one sound, half to the left", 0.5, 0);
    ask(&r, 1, 3, 1);
    known(&r, "left and wide", 0.5, sqrt(0.75));
    ask(&r, 4, 1, 1);
    known(&r, "a mean louder than both", 0, 0);
    difference(&r);
    levels();
    stereo_free(r.s);
    features_free(r.f);
    free(r.mean);
    free(r.lean);
    free(r.spread);
    return check_done();
}
