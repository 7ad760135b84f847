/* Two channels from one: what is alike stays so, what is on one side stays there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "dsp/pan.h"
#include "check.h"

enum { FFT = 256, BINS = FFT / 2 + 1, SAMPLES = 5000, FRAMES = 100 };

static const struct grid beat = {-700.3, 61.7};

static double farthest(const float *a, const float *b, int count)
{
    double most = 0;

    for (int i = 0; i < count; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

/* Mono sound becomes left and right, x [2, samples], each samples at a time; 0 where not all came, or more. */
static int play(struct pan *p, struct grid grid, const float *sides, int frames, const float *mono, int each, float *x)
{
    int64_t pushed = 0, got = 0, late = 0;

    pan_begin(p, grid);
    for (int have = 0; have < SAMPLES; have += each) {
        int end = have + each < SAMPLES ? have + each : SAMPLES, want = frames * end / SAMPLES + 8;

        for (; pushed < frames && pushed < want; pushed++)
            pan_push(p, sides + pushed * 2 * BINS);
        pan_put(p, mono + have, end - have);
        got += pan_pull(p, x + got, x + SAMPLES + got);
        late = each == 1 && end > 1000 && end - got > late ? end - got
                                                           : late; /* frames before the begin see it reflected */
    }
    pan_end(p);
    got += pan_pull(p, x + got, x + SAMPLES + got);
    return got == SAMPLES && late < FFT && pan_pull(p, x, x) == 0;
}

/* The same lean and spread in all frames and bins. */
static void fill(float *sides, float lean, float spread)
{
    for (int i = 0; i < FRAMES * 2 * BINS; i++)
        sides[i] = i / BINS % 2 ? spread : lean;
}

/* Left is that many times the mono sound, right what it lacks to twice. */
static void known(struct pan *p, struct grid grid, const char *name, float *sides, const float *mono, float lean)
{
    float *x = mem_floats(2 * SAMPLES), *y = mem_floats(2 * SAMPLES);

    fill(sides, lean, 0);
    play(p, grid, sides, (int)grid_frames(grid, SAMPLES), mono, SAMPLES, x);
    for (int i = 0; i < SAMPLES; i++) {
        y[i] = (1 + lean) * mono[i];
        y[SAMPLES + i] = (1 - lean) * mono[i];
    }
    check(farthest(x, y, 2 * SAMPLES) < 1e-6, "%s: lean %g", name, (double)lean);
    free(x);
    free(y);
}

/* A tone far from both ends: as loud left and right, a quarter of a turn apart. */
static void spread(struct pan *p, float *sides)
{
    float *mono = mem_floats(SAMPLES), *x = mem_floats(2 * SAMPLES), *y = mem_floats(2 * SAMPLES);

    for (int i = 0; i < SAMPLES; i++) {
        float t = 0.4f * (float)i;

        mono[i] = 0.2f * sinf(t);
        y[i] = 0.2f * (sinf(t) + cosf(t));
        y[SAMPLES + i] = 0.2f * (sinf(t) - cosf(t));
    }
    fill(sides, 0, 1);
    play(p, grid_fixed(FFT / 4), sides, (int)grid_frames(grid_fixed(FFT / 4), SAMPLES), mono, SAMPLES, x);
    check(farthest(x + FFT, y + FFT, SAMPLES - 2 * FFT) < 1e-3, "spread: the left");
    check(farthest(x + SAMPLES + FFT, y + SAMPLES + FFT, SAMPLES - 2 * FFT) < 1e-3, "spread: the right");
    free(mono);
    free(x);
    free(y);
}

/* By any sides: the mean of both is the mono sound. */
static void drawn(struct pan *p, struct grid grid, const char *name, float *sides, const float *mono)
{
    float *x = mem_floats(2 * SAMPLES), *y = mem_floats(2 * SAMPLES), *mix = mem_floats(SAMPLES);
    struct rng r = rng_new(5, 0);
    int frames = (int)grid_frames(grid, SAMPLES);

    rng_normal(&r, sides, FRAMES * 2 * BINS);
    play(p, grid, sides, frames, mono, SAMPLES, x);
    for (int i = 0; i < SAMPLES; i++)
        mix[i] = 0.5f * (x[i] + x[SAMPLES + i]);
    check(farthest(mix, mono, SAMPLES) < 1e-5, "%s: the mean is the mono sound", name);
    check(farthest(x, mono, SAMPLES) > 0.1, "%s: the channels are not", name);
    check(play(p, grid, sides, frames, mono, 1, y), "%s: less than a frame waits, all come", name);
    check(!memcmp(x, y, 2 * SAMPLES * sizeof *x), "%s: sample by sample", name);
    play(p, grid, sides, frames, mono, 777, y);
    check(!memcmp(x, y, 2 * SAMPLES * sizeof *x), "%s: in pieces", name);
    memcpy(sides + (frames - 1) * 2 * BINS, sides + (frames - 2) * 2 * BINS, 2 * BINS * sizeof *sides);
    play(p, grid, sides, frames, mono, 777, x);
    play(p, grid, sides, frames - 1, mono, 777, y);
    check(!memcmp(x, y, 2 * SAMPLES * sizeof *x), "%s: the last frame stands for one that is missing", name);
    free(x);
    free(y);
    free(mix);
}

/* A low tone and a high one, told apart. */
static void apart(struct pan *p, float *sides)
{
    float *mono = mem_floats(SAMPLES), *low = mem_floats(SAMPLES), *high = mem_floats(SAMPLES),
          *x = mem_floats(2 * SAMPLES);

    for (int i = 0; i < SAMPLES; i++) {
        low[i] = 0.4f * sinf(0.1f * (float)i);
        high[i] = 0.4f * sinf(1.3f * (float)i);
        mono[i] = 0.5f * (low[i] + high[i]);
    }
    for (int i = 0; i < FRAMES * 2 * BINS; i++)
        sides[i] = i / BINS % 2 ? 0 : i % BINS < BINS / 4 ? 1 : -1;
    play(p, grid_fixed(FFT / 4), sides, (int)grid_frames(grid_fixed(FFT / 4), SAMPLES), mono, SAMPLES, x);
    check(farthest(x + FFT, low + FFT, SAMPLES - 2 * FFT) < 1e-3, "the low tone is on the left");
    check(farthest(x + SAMPLES + FFT, high + FFT, SAMPLES - 2 * FFT) < 1e-3, "the high one on the right");
    free(mono);
    free(low);
    free(high);
    free(x);
}

int main(void)
{
    struct pan *p = pan_new(FFT);
    float *sides = mem_floats(FRAMES * 2 * BINS), *mono = mem_floats(SAMPLES);
    struct rng r = rng_new(1, 0);

    rng_normal(&r, mono, SAMPLES);
    for (int i = 0; i < SAMPLES; i++)
        mono[i] *= 0.1f;
    for (float lean = -1; lean <= 1; lean += 0.5f) {
        known(p, grid_fixed(FFT / 4), "fixed frames", sides, mono, lean);
        known(p, beat, "frames on the beat", sides, mono, lean);
    }
    drawn(p, grid_fixed(FFT / 4), "fixed frames", sides, mono);
    drawn(p, beat, "frames on the beat", sides, mono);
    spread(p, sides);
    apart(p, sides);
    pan_free(p);
    free(sides);
    free(mono);
    return check_done();
}
