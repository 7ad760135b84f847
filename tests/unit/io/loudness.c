/* Loudness: the tones of ITU-R BS.1770 at several rates, the gate, and what has none. */
#include "io/loudness.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "check.h"

/* [channels][samples]: a tone of 997 Hz of -20 dB of full scale, silent from sample end on. */
static float *tone(int rate, int channels, int samples, int end)
{
    float *x = mem_floats((size_t)channels * (size_t)samples);

    for (int c = 0; c < channels; c++)
        for (int t = 0; t < end; t++)
            x[c * samples + t] = (float)(0.1 * sin(2 * M_PI * 997 * t / rate));
    return x;
}

static void expect(int rate, int channels, double seconds, double heard, double level)
{
    int samples = (int)(seconds * rate);
    float *x = tone(rate, channels, samples, (int)(heard * rate));
    double got = loudness_measure(x, channels, samples, rate);

    check(isinf(level) ? got == level : fabs(got - level) < 0.1, "%d channels at %d Hz, %g of %g s: %.2f LUFS, is %.2f",
          channels, rate, heard, seconds, level, got);
    free(x);
}

int main(void)
{
    static const float many[100 * 50];
    static const int rates[] = {3000, 8000, 22050, 44100, 48000};

    for (int i = 0; i < 5; i++) {
        expect(rates[i], 1, 5, 5, -23.01); /* one channel of full scale is -3.01 */
        expect(rates[i], 2, 5, 5, -20);
        expect(rates[i], 2, 9, 3, -20.2); /* the gate leaves silence out, but for blocks that are half tone */
    }
    expect(22050, 1, 0.39, 0.39, -INFINITY);
    expect(22050, 1, 0.41, 0.41, -23.01);
    expect(22050, 2, 5, 0, -INFINITY);
    expect(3000, 1, 0.01, 0.01, -INFINITY);
    check(isnan(loudness_measure(many, 100, 50, 8000)), "100 channels: %s", error_text());
    return check_done();
}
