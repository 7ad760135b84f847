/* Tempo: clicks and patterns of drums at known beats; where there is no beat, none is found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "dsp/tempo.h"

enum { SECONDS = 30, RATE = 3000 };
static const double start = 0.137; /* of the first beat */

static float *silence(double rate, double seconds)
{
    return mem_floats((size_t)(rate * seconds));
}

/* A decaying sound at a time: frequency 0 is noise. */
static void hit(float *x, double rate, double seconds, double frequency, double decay, double level)
{
    struct rng r = rng_new(7, (uint64_t)(seconds * 1e4));
    int64_t end = (int64_t)(SECONDS * rate);

    for (int64_t i = (int64_t)ceil(seconds * rate); i < end; i++) {
        double t = (double)i / rate - seconds;
        double s = frequency > 0 ? sin(2 * M_PI * frequency * t) : 2 * rng_uniform(&r) - 1;

        if (t > 6 * decay)
            break;
        x[i] += (float)(level * s * exp(-t / decay));
    }
}

static void hiss(float *x, int64_t n, double level)
{
    struct rng r = rng_new(3, 1);

    for (int64_t i = 0; i < n; i++)
        x[i] += (float)(level * (2 * rng_uniform(&r) - 1));
}

static double when(double period, double beat)
{
    return start + period * beat;
}

/* Bass drum, snare drum, hats in eighths whose second half falls at `swing` of
 * the beat; with swing only on the second and fourth beat. A bass on every beat. */
static float *drums(double rate, double period, double swing)
{
    static const double walk[] = {55, 65.4, 73.4, 82.4, 61.7, 98, 87.3, 69.3};
    float *x = silence(rate, SECONDS);
    int beats = (int)((SECONDS - start) / period);

    for (int b = 0; b < beats; b++) {
        double at = when(period, b);

        hit(x, rate, at, walk[b * 5 % 8], 0.12, 0.5);
        if (b % 2 == 0)
            hit(x, rate, at, 50, 0.08, 0.8);
        else
            hit(x, rate, at, 0, 0.06, 0.6);
        hit(x, rate, at, 0, 0.02, 0.3);
        if (swing == 0.5 || b % 2)
            hit(x, rate, when(period, b + swing), 0, 0.02, 0.25);
    }
    hiss(x, (int64_t)(rate * SECONDS), 0.003);
    return x;
}

/* Drift over the clip and distance of the beat, in milliseconds. */
static double drift(const struct tempo *t, double period)
{
    return fabs(t->period / period - 1) * SECONDS * 1e3;
}

static double off(const struct tempo *t, double period)
{
    double k = (SECONDS / 2 - t->phase) / t->period, d; /* in the middle of the clip */

    d = (t->phase + floor(k) * t->period - start) / period;
    return fabs(d - nearbyint(d)) * period * 1e3;
}

static void clicks_found(void)
{
    static const int bpm[] = {60, 72, 97, 120, 133, 155, 179, 200, 225, 240};

    for (int i = 0; i < 10; i++) {
        double period = 60.0 / bpm[i];
        float *x = silence(RATE, SECONDS);
        struct tempo t;
        bool found;

        for (double at = start; at < SECONDS; at += period)
            hit(x, RATE, at, 800, 0.02, 1);
        hiss(x, RATE * SECONDS, 0.003);
        found = tempo_find(x, 1, RATE * SECONDS, RATE * SECONDS, RATE, &t);
        if (bpm[i] > 180 && t.period > 1.5 * period)
            period *= 2; /* said in the header: faster than 180 may be halved */
        check(found && drift(&t, period) < 5 && off(&t, 60.0 / bpm[i]) < 15,
              "clicks at %d a minute: %.2f, drift %.1f ms, off %.1f ms", bpm[i], 60 / t.period, drift(&t, period),
              off(&t, 60.0 / bpm[i]));
        free(x);
    }
}

static void drums_found(double rate, double bpm, double swing)
{
    float *x = drums(rate, 60 / bpm, swing);
    struct tempo t, again;
    bool found = tempo_find(x, 1, (int64_t)(rate * SECONDS), (int64_t)(rate * SECONDS), rate, &t);

    check(found && drift(&t, 60 / bpm) < 10 && off(&t, 60 / bpm) < 12,
          "drums at %g a minute, swing %g, %g Hz: %.2f, drift %.1f ms, off %.1f ms", bpm, swing, rate, 60 / t.period,
          drift(&t, 60 / bpm), off(&t, 60 / bpm));
    for (int64_t i = 0; i < (int64_t)(rate * SECONDS); i++)
        x[i] *= 0.001f;
    tempo_find(x, 1, (int64_t)(rate * SECONDS), (int64_t)(rate * SECONDS), rate, &again);
    check(fabs(again.period / t.period - 1) < 1e-5 && fabs(again.phase - t.phase) < 1e-3, "the same when quiet: %.3f",
          60 / again.period);
    free(x);
}

static void refused(const char *what, const float *x, double seconds, double rate)
{
    struct tempo t = {9, 9};
    bool found = tempo_find(x, 1, (int64_t)(seconds * rate), (int64_t)(seconds * rate), rate, &t);

    check(!found && t.period == 0 && t.phase == 0, "no beat in %s: %.2f a minute", what,
          t.period > 0 ? 60 / t.period : 0);
}

/* Drums whose beat gets longer from first to last by a share; rubato: whose beat is longer and shorter by it. */
static float *drifting(double share, bool rubato)
{
    double period = 0.42, at = start;
    float *x = silence(RATE, SECONDS);

    for (int b = 0; at < SECONDS; b++) {
        hit(x, RATE, at, b % 2 ? 0 : 60, 0.06, 0.7);
        hit(x, RATE, at + period * 0.5, 0, 0.02, 0.3);
        at += period * (1 + share * (rubato ? sin(at * 2 * M_PI / 22) : at / SECONDS - 0.5));
    }
    hiss(x, RATE * SECONDS, 0.003);
    return x;
}

/* Notes at random times, over drums or without. */
static void among_others(double level)
{
    float *x = silence(RATE, SECONDS);
    struct rng r = rng_new(11, 0);
    struct tempo t;
    bool found;

    for (double at = 0.1; at < SECONDS; at -= 0.2 * log(1 - rng_uniform(&r)))
        hit(x, RATE, at, 110 + 440 * rng_uniform(&r), 0.1, 0.3 + 0.7 * rng_uniform(&r));
    for (int b = 0; b < 57; b++)
        hit(x, RATE, when(0.52, b), b % 2 ? 0 : 60, 0.06, level);
    hiss(x, RATE * SECONDS, 0.003);
    found = tempo_find(x, 1, RATE * SECONDS, RATE * SECONDS, RATE, &t);
    check(found == (level > 0) && (!found || fabs(tempo_fold(t.period) / 0.52 - 1) < 0.002),
          "drums at %g among other notes: %.2f", level, found ? 60 / t.period : 0);
    free(x);
}

static void nothing_found(void)
{
    float *x = silence(RATE, SECONDS), *y;
    struct rng r = rng_new(5, 0);
    struct tempo t;
    double at = 0.1;
    bool found;

    refused("silence", x, SECONDS, RATE);
    for (int n = 1; n < 300; n += 37)
        refused("a few samples", x, n / (double)RATE, RATE);
    for (int i = 0; i < 8; i++) {
        rng_normal(&r, x, RATE * SECONDS);
        refused("noise", x, SECONDS, RATE);
        refused("noise of 8 seconds", x, 8, RATE);
    }
    for (int i = 0; i < RATE * SECONDS; i++)
        x[i] = (float)((sin(i * 0.22) + sin(i * 0.2772) + sin(i * 0.3296)) * (1 + 0.3 * sin(i * 0.004)) / 4);
    hiss(x, RATE * SECONDS, 0.001);
    refused("a sustained chord", x, SECONDS, RATE);
    memset(x, 0, RATE * SECONDS * sizeof *x);
    while (at < SECONDS) {
        hit(x, RATE, at, 110 + 440 * rng_uniform(&r), 0.1, 0.3 + 0.7 * rng_uniform(&r));
        at -= 0.35 * log(1 - rng_uniform(&r));
    }
    hiss(x, RATE * SECONDS, 0.003);
    refused("notes at random times", x, SECONDS, RATE);
    free(x);

    x = drifting(0.04, false);
    refused("a tempo that changes by 4 %", x, SECONDS, RATE);
    free(x);
    x = drifting(0.08, true);
    refused("rubato", x, SECONDS, RATE);
    free(x);
    x = drifting(0.005, false);
    found = tempo_find(x, 1, RATE * SECONDS, RATE * SECONDS, RATE, &t);
    check(found && fabs(t.period / 0.42 - 1) < 0.005, "a tempo that changes by 0.5 %%: %.2f", 60 / t.period);
    free(x);
    y = drums(RATE, 0.5, 0.5);
    found = tempo_find(y, 1, RATE * 8, RATE * 8, RATE, &t);
    check(found && fabs(t.period / 0.5 - 1) < 0.005, "8 seconds are enough: %.2f", 60 / t.period);
    refused("5 seconds", y, 5, RATE);
    free(y);
}

int main(void)
{
    clicks_found();
    drums_found(RATE, 66, 0.64);
    drums_found(RATE, 118, 0.5);
    drums_found(RATE, 96, 0.66);
    drums_found(RATE, 140, 0.64);
    drums_found(RATE, 190, 0.6);
    drums_found(RATE, 215, 0.58);
    drums_found(22050, 128, 0.5);
    drums_found(48000, 164, 0.62);
    among_others(0);
    among_others(0.12);
    nothing_found();
    return check_done();
}
