/* Where frames stand: fixed ones, those of a beat that is said, heard, or not there; and what is learnt of levels. */
#include "model/spectral_input.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { RATE = 3000, N = 30000 };

static bool near(double a, double b, double within)
{
    return fabs(a - b) <= within;
}

static struct meta *said(double tempo, double beat)
{
    struct meta *m = meta_map();

    meta_set(m, "tempo", meta_real(tempo));
    if (beat > -1e9)
        meta_set(m, "beat", meta_real(beat));
    return m;
}

static void test_fixed(void)
{
    struct spectral_input f;
    struct meta *m = said(100, 0.3);
    struct timing t;

    check(input_begin(&f, RATE, 1, false) == 0, "an input of fixed frames");
    t = input_timing(&f, m, NULL, 0);
    check(near(t.grid.step, f.hop, 0) && !t.steady && near(t.period, 0, 0), "a tempo changes nothing");
    input_timing_note(&t, m);
    check(near(60 / input_beat(m), 100, 1e-9), "and is left as it is");
    check(input_frames(t.grid, 10 * f.hop + 1, 4) % 4 == 0, "frames by the stride");
    meta_free(m);
    input_end(&f);
}

/* Frames of that beat: BEAT_FRAMES to it or its octave, a beat on frame 1 of a group, none of the clip left out. */
static void test_said(void)
{
    struct spectral_input f;

    check(input_begin(&f, RATE, 1, true) == 0, "an input of frames that follow the beat");
    for (double tempo = 50; tempo <= 300; tempo += 50)
        for (double beat = -0.7; beat < 2; beat += 0.9) {
            struct meta *m = said(tempo, beat), *noted = meta_map();
            struct timing t = input_timing(&f, m, NULL, 0);
            double octave = log2(t.grid.step * BEAT_FRAMES / RATE * tempo / 60), period = 60 / tempo;
            double on = (beat * RATE - t.grid.first) / t.grid.step - 1, folded = t.grid.step * BEAT_FRAMES / RATE;

            check(near(octave, round(octave), 1e-9) && 60 / folded > 99.9 && 60 / folded < 200.1,
                  "%g a minute: frames of %g", tempo, 60 / folded);
            on -= period / folded < 1 ? 0 : BEAT_FRAMES * round(on / BEAT_FRAMES);
            check(period < folded || near(on, 0, 1e-6), "a beat on frame 1 (%g off)", on);
            check(t.grid.first <= 0 && t.grid.first > -2 * folded * RATE, "begun before the clip, less than two beats");
            check(t.steady && t.phase >= 0 && t.phase < period, "its first beat at %g", t.phase);
            input_timing_note(&t, noted);
            check(near(60 / input_beat(noted), tempo, 1e-9), "and noted");
            meta_free(m);
            meta_free(noted);
        }
    input_end(&f);
}

static void test_heard(void)
{
    struct spectral_input f;
    float *x = mem_zero(2 * N, sizeof *x);
    struct rng r = rng_new(1, 0);
    struct meta *slow = said(10, 0), *fast = said(2000, 0);
    struct timing t;

    input_begin(&f, RATE, 2, true);
    t = input_timing(&f, NULL, x, N);
    check(!t.steady && near(t.grid.step * BEAT_FRAMES / RATE, BEAT_NOMINAL, 1e-9), "silence: the nominal beat");
    check(!input_timing(&f, slow, NULL, 0).steady && !input_timing(&f, fast, NULL, 0).steady,
          "so are tempos that cannot be");
    for (int i = 0; i < N; i += RATE / 2) /* 120 a minute, to the left only */
        rng_normal(&r, x + i, 200);
    t = input_timing(&f, NULL, x, N);
    check(t.steady && near(60 / t.period, 120, 1), "clicks are heard: %g", 60 / t.period);
    meta_free(slow);
    meta_free(fast);
    free(x);
    input_end(&f);
    check(input_begin(&f, 1000, 1, true) == -1, "%s", error_text());
}

static void test_values(void)
{
    struct spectral_input f;
    struct params *p = params_new();
    struct net *net = net_new(p, 1, NULL);
    struct input_values v;
    float *y, *back, *out;
    int features;

    input_begin(&f, RATE, 1, false);
    features = input_features(&f);
    input_declare(net, features);
    params_reserve(p);
    net_free(net);
    v = input_values(p);
    y = mem_alloc((size_t)features * sizeof *y);
    back = mem_alloc((size_t)features * sizeof *back);
    out = mem_alloc((size_t)features_bins(f.bands) * sizeof *out);
    for (int c = 0; c < features; c++) {
        y[c] = c % 2 ? -20 : -2;
        v.mean[c] = -4;
        v.most[c] = c == 3 ? 1 : -1;
        v.fill[c] = -9;
        v.lift[c] = 0;
    }
    *v.scale = 2;
    *v.floor = -6;
    *v.loudest = 1e9f;
    check(near((double)input_top(&v), 1.7, 1e-6), "the top is over the most of any");
    input_standardise(&v, y, 1);
    check(near((double)y[0], 1, 1e-6) && near((double)y[1], -1, 1e-6), "levels from the floor on, standardised");
    input_magnitudes(&f, &v, y, 0, false, 1, back, out);
    check(near((double)back[0], -2, 1e-6) && near((double)back[1], -9, 1e-6), "back, and the fill under the floor");
    check(near((double)out[0], 0, 0), "no offset");
    check(near(input_gain(0.05), 2, 1e-9) && near(input_gain(0), 1, 0), "gains to the one level");
    free(y);
    free(back);
    free(out);
    params_free(p);
    input_end(&f);
}

int main(void)
{
    test_fixed();
    test_said();
    test_heard();
    test_values();
    return check_done();
}
