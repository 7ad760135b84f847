/* The first and the last samples of what the vocoder makes. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "check.h"
#include "dsp/vocoder.h"
#include "sounds.h"

/* A sound that begins with its clip, from nothing: no step, no peak of phases that are all alike. */
static void test_onset(double tone)
{
    enum { FFT = 256, SAMPLES = 4000 };
    float *x = noise(SAMPLES, 4), *m, *y = mem_floats(SAMPLES);
    float top = 0, peak = 0;

    for (int t = 0; t < SAMPLES; t++) {
        double loud = fmin(1, t / 30.0) * exp(-t / 600.0);

        x[t] = (float)(loud * (0.25 * (double)x[t] + 0.5 * sin(2 * M_PI * tone * t / 8000)));
        top = fmaxf(top, fabsf(x[t]));
    }
    m = magnitudes(x, SAMPLES, FFT, grid_fixed(FFT / 4));
    vocode(FFT, vocoder_defaults(), grid_fixed(FFT / 4), m, y, SAMPLES);
    for (int t = 0; t < SAMPLES; t++)
        peak = fmaxf(peak, fabsf(y[t]));
    check(fabsf(y[0]) < 0.05f * top && peak < 1.05f * top,
          "a hit at the beginning, %g Hz: first sample %.3f, peak %.3f of %.3f", tone, (double)fabsf(y[0]),
          (double)peak, (double)top);
    free(x);
    free(m);
    free(y);
}

/* A clip cut out of music: its ends fit as well as its middle. */
static void test_ends(int cut)
{
    enum { FFT = 256, SAMPLES = 16000, PART = 800 };
    float *all = chords(SAMPLES + cut, 8000), *x = all + cut, *y = mem_floats(SAMPLES);
    float *m = magnitudes(x, SAMPLES, FFT, grid_fixed(FFT / 4));
    double off[SAMPLES / PART], middle = 0;

    vocode(FFT, vocoder_defaults(), grid_fixed(FFT / 4), m, y, SAMPLES);
    free(m);
    for (int i = 0; i < SAMPLES / PART; i++) {
        m = magnitudes(x + i * PART, PART, FFT, grid_fixed(FFT / 4));
        off[i] = misfit(y + i * PART, PART, FFT, grid_fixed(FFT / 4), m);
        middle += i > 0 && i < SAMPLES / PART - 1 ? off[i] / (SAMPLES / PART - 2) : 0;
        free(m);
    }
    check(off[0] < 1.25 * middle && off[SAMPLES / PART - 1] < 1.25 * middle,
          "cut at %d: the first 100 ms are %.3f off, the last %.3f, the others %.3f", cut, off[0],
          off[SAMPLES / PART - 1], middle);
    free(all);
    free(y);
}

/* Chords cut at full scale, as loud music is: what comes back is hardly over it. */
static void test_loud(void)
{
    enum { FFT = 256, SAMPLES = 16000, FRAMES = 1 + SAMPLES / (FFT / 4) };
    struct vocoder_how free_how = vocoder_defaults();
    float *x = chords(SAMPLES, 8000), *m, *y = mem_floats(SAMPLES), *z = mem_floats(SAMPLES);
    float peak = 0, free_peak = 0;

    for (int t = 0; t < SAMPLES; t++)
        x[t] = fmaxf(-1, fminf(1, 16 * x[t]));
    m = magnitudes(x, SAMPLES, FFT, grid_fixed(FFT / 4));
    vocode(FFT, vocoder_defaults(), grid_fixed(FFT / 4), m, y, SAMPLES);
    free_how.most = INFINITY;
    vocode(FFT, free_how, grid_fixed(FFT / 4), m, z, SAMPLES);
    for (int t = 0; t < SAMPLES; t++) {
        peak = fmaxf(peak, fabsf(y[t]));
        free_peak = fmaxf(free_peak, fabsf(z[t]));
    }
    check(free_peak > 1.3f && peak < 1 + 0.5f * (free_peak - 1) &&
              misfit(y, SAMPLES, FFT, grid_fixed(FFT / 4), m) < 1.1 * misfit(z, SAMPLES, FFT, grid_fixed(FFT / 4), m),
          "loud music: peak %.3f, %.3f without a bound, misfit %.4f and %.4f", (double)peak, (double)free_peak,
          misfit(y, SAMPLES, FFT, grid_fixed(FFT / 4), m), misfit(z, SAMPLES, FFT, grid_fixed(FFT / 4), m));
    free(x);
    free(m);
    free(y);
    free(z);
}

int main(void)
{
    test_onset(190);
    test_onset(1000);
    test_ends(1000);
    test_ends(2500);
    test_loud();
    return check_done();
}
