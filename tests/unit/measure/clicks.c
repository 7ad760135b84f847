/* Breaks in waveforms: counted where they are, not found where there are none. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/mem.h"
#include "base/rng.h"
#include "measure/clicks.h"

enum { SAMPLES = 60000 };

static float *tune(void)
{
    float *x = mem_zero(SAMPLES, sizeof *x);

    for (int i = 0; i < SAMPLES; i++)
        x[i] = (float)(0.3 * sin(i * 0.11) + 0.2 * sin(i * 0.2317 + 1) + 0.1 * sin(i * 0.4071));
    return x;
}

/* Stairs of 256 samples from 77 on, one step missing or none, beside a silent channel or alone: the share of the places
 * where there is one. */
static void stairs(void)
{
    enum { HOP = 256, PHASE = 77, STEPS = 80, LONG = HOP * STEPS };

    for (int channels = 1; channels <= 2; channels++)
        for (int missing = 0; missing <= 1; missing++) {
            float *x = mem_zero((size_t)(channels * LONG), sizeof *x);
            double share = (double)(STEPS - missing) / (STEPS * channels);
            struct clicks c;

            for (int i = 0; i < LONG; i++)
                x[i] = (float)((i + HOP - PHASE) / HOP - (missing && i >= PHASE + 40 * HOP)) / 8;
            c = clicks_find(x, channels, LONG, 3000);
            check(fabs(c.joins - share) < 1e-12 && c.hop % HOP == 0 && c.phase % HOP == PHASE,
                  "%d channels, %d steps missing: %g of all at %d + i %d", channels, missing, c.joins, c.phase, c.hop);
            check(c.count == STEPS - missing, "%lld breaks", (long long)c.count);
            free(x);
        }
}

/* A step is a break if it is more than four times what is near it, before or after. */
static void beside(void)
{
    enum { LONG = 1000, AT = 500 };

    for (int side = -10; side <= 10; side += 20)
        for (int more = 0; more <= 1; more++) {
            float x[LONG];
            struct clicks c;

            for (int i = 0; i < LONG; i++)
                x[i] = (i >= AT ? 0.5f + (float)more / 64 : 0) + (i >= AT + side ? 0.125f : 0);
            c = clicks_find(x, 1, LONG, 3000);
            check(c.count == more, "%lld breaks beside a step at %d", (long long)c.count, side);
        }
}

int main(void)
{
    float *x = tune(), *y = mem_zero(2 * SAMPLES, sizeof *y), *noise = mem_zero(SAMPLES, sizeof *noise);
    struct rng r = rng_new(1, 0);
    struct clicks c = clicks_find(x, 1, SAMPLES, 3000);

    check(c.count == 0 && c.joins < 0.3, "a smooth tune: %lld breaks, joins %g", (long long)c.count, c.joins);
    rng_normal(&r, noise, SAMPLES);
    c = clicks_find(noise, 1, SAMPLES, 3000);
    check(c.count == 0 && c.joins < 0.25, "noise: %lld breaks, joins %g", (long long)c.count, c.joins);

    /* single steps, away from any grid */
    memcpy(y, x, SAMPLES * sizeof *y);
    for (int k = 1; k <= 5; k++)
        for (int i = 9973 * k + k * k; i < SAMPLES; i++)
            y[i] += k % 2 ? 0.2f : -0.2f;
    c = clicks_find(y, 1, SAMPLES, 3000);
    check(c.count == 5, "five steps: %lld breaks", (long long)c.count);
    check(c.joins < 0.3, "that do not come back: joins %g", c.joins);
    memcpy(y + SAMPLES, x, SAMPLES * sizeof *y);
    c = clicks_find(y, 2, SAMPLES, 3000);
    check(c.count == 5, "in one of two channels: %lld breaks", (long long)c.count);

    /* frames of 256 samples that start at 77 and do not join */
    for (int i = 0; i < SAMPLES; i++)
        y[i] = x[i] + 0.1f * (float)(((i + 256 - 77) / 256 * 37 % 11) - 5);
    c = clicks_find(y, 1, SAMPLES, 3000);
    check(c.joins > 0.85 && c.hop % 256 == 0 && c.phase % 256 == 77, "frames that do not join: %g at %d + i %d",
          c.joins, c.phase, c.hop);
    check(c.count > 150, "and each is a break: %lld", (long long)c.count);

    for (int n = 1; n < 40; n++)
        c = clicks_find(x, 1, n, 48000);
    check(isnan(c.joins) && c.hop == 0, "too short to tell");
    memset(y, 0, SAMPLES * sizeof *y);
    c = clicks_find(y, 1, SAMPLES, 3000);
    check(c.count == 0 && c.joins == 0, "silence: joins %g", c.joins);
    free(x);
    free(y);
    free(noise);
    stairs();
    beside();
    return check_done();
}
