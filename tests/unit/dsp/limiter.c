/* The limiter: nothing over the bound, nothing else touched, whatever the cuts. */
#include "dsp/limiter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { SAMPLES = 20000 };
static const double rate = 8000;

/* Noise of two channels, [2][SAMPLES], with bursts that are louder. */
static float *bursts(float loudest)
{
    float *x = mem_floats(2 * SAMPLES);
    struct rng r = rng_new(11, 0);

    rng_normal(&r, x, 2 * SAMPLES);
    for (int t = 0; t < SAMPLES; t++)
        for (int c = 0; c < 2; c++) {
            float v = 0.2f * x[c * SAMPLES + t];

            v = fmaxf(-0.99f, fminf(0.99f, v));
            x[c * SAMPLES + t] = t % 6000 >= 1000 && t % 6000 < 1040 ? loudest * v : v;
        }
    return x;
}

/* All of x [channels][SAMPLES] in pieces of up to cut samples; returns the least gain. */
static double limited(const float *x, int channels, double most, int64_t cut, float *y)
{
    struct limiter *l = limiter_new(channels, rate, most);
    int64_t done = 0;
    double least;

    for (int64_t t = 0, n = cut; t < SAMPLES; t += n) {
        n = n < SAMPLES - t ? n : SAMPLES - t;
        done += limiter_push(l, x + t, n, y + done, SAMPLES);
    }
    check(done == SAMPLES - (int)ceil(0.005 * rate), "pieces of %d: the latency is held back", (int)cut);
    done += limiter_end(l, y + done, SAMPLES);
    check(done == SAMPLES, "pieces of %d: all samples come out", (int)cut);
    least = limiter_least(l);
    limiter_free(l);
    return least;
}

static float peak(const float *x, int64_t count)
{
    float most = 0;

    for (int64_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(x[i]));
    return most;
}

static void test_fits(void)
{
    float *x = bursts(1), *y = mem_floats(2 * SAMPLES);

    x[77] = -0.0f;
    x[78] = 1;
    x[SAMPLES + 79] = -1;
    check(limited(x, 2, 1, 333, y) == 1 && !memcmp(x, y, 2 * SAMPLES * sizeof *x), "what fits comes out bit for bit");
    free(x);
    free(y);
}

/* Largest difference of the gains of neighbouring samples, where there is something to take a ratio of. */
static double steepest(const float *x, const float *y)
{
    double most = 0, last = 1;

    for (int t = 0; t < SAMPLES; t++) {
        double gain = fabsf(x[t]) > 1e-3f ? (double)y[t] / (double)x[t] : last;

        most = fmax(most, fabs(gain - last));
        last = gain;
    }
    return most;
}

static void test_bound(float loudest, double most)
{
    float *x = bursts(loudest), *y = mem_floats(2 * SAMPLES), *z = mem_floats(2 * SAMPLES);
    double least = limited(x, 2, most, SAMPLES, y), worst = 0, floor = most / (double)peak(x, 2 * SAMPLES);
    int far = 1;

    check((double)peak(y, 2 * SAMPLES) <= most && (double)peak(y, 2 * SAMPLES) > 0.9 * most,
          "no sample over %g, and up to it (%.6f)", most, (double)peak(y, 2 * SAMPLES));
    check(least <= floor && least > 0.95 * floor, "the least gain, %.4f, is what the largest peak needs", least);
    for (int t = 0; t < SAMPLES; t++) {
        double a = (double)x[t], b = (double)x[SAMPLES + t];

        worst = fmax(worst, fabs((double)y[t] * b - (double)y[SAMPLES + t] * a));
        far = far && ((t % 6000 >= 960 && t % 6000 < 5800) || y[t] == x[t]);
    }
    check(worst < 1e-6 * (double)loudest, "both channels have one gain (%.1e)", worst);
    check(far || most < 1, "5 ms before a peak and 0.6 s after it nothing is touched");
    check(steepest(x, y) < 1.5 / (0.005 * rate), "the gain moves slowly (%.4f a sample)", steepest(x, y));
    for (int64_t cut = 1; cut < 9000; cut = cut * 7 + 3) {
        limited(x, 2, most, cut, z);
        check(!memcmp(y, z, 2 * SAMPLES * sizeof *y), "pieces of %d: the same samples", (int)cut);
    }
    free(x);
    free(y);
    free(z);
}

/* Shorter than the latency; then another signal in the same limiter, and in place. */
static void test_short(void)
{
    struct limiter *l = limiter_new(1, rate, 1);
    float x[3] = {0.5f, -4, 0.25f}, y[3] = {0.5f, -0.5f, 0.25f};

    check(limiter_push(l, x, 3, x, 3) == 0 && limiter_end(l, x, 3) == 3 && fabsf(x[1]) <= 1 && x[0] < 0.5f,
          "three samples: %.3f %.3f %.3f", (double)x[0], (double)x[1], (double)x[2]);
    check(limiter_push(l, y, 3, y, 3) == 0 && limiter_end(l, y, 3) == 3 && y[0] == 0.5f && y[1] == -0.5f,
          "another signal begins at a gain of 1");
    check(limiter_end(l, y, 3) == 0, "nothing in, nothing out");
    limiter_free(l);
}

int main(void)
{
    test_fits();
    test_bound(6, 1);
    test_bound(2000, 1);
    test_bound(30, 0.5);
    test_short();
    return check_done();
}
