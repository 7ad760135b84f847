/* Chroma: a tone counts for its class, a low one for the bass as well, and what stands out of nothing for none. */
#include "dsp/chroma.h"

#include <math.h>
#include <string.h>

#include "check.h"

enum { RATE = 8000, FFT = 4096, BINS = 2049 };

/* Levels of silence but for a tone. */
static void tone(double hz, float *level)
{
    for (int k = 0; k < BINS; k++)
        level[k] = fabs(k - hz * FFT / RATE) < 1 ? 0 : -20;
}

static int loudest(const float *class)
{
    int most = 0;

    for (int i = 1; i < 12; i++)
        most = class[i] > class[most] ? i : most;
    return most;
}

int main(void)
{
    static const struct {
        double hz;
        int class;
        int bass;
    } tones[] = {{440, 9, 0}, {880, 9, 0}, {261.63, 0, 0}, {92.5, 6, 1}, {110, 9, 1}, {1318.5, 4, 0}};
    struct chroma *c = chroma_new(RATE, FFT, 2000);
    float level[BINS], out[CHROMA];

    check(chroma_bins(c) > 1425 * FFT / RATE && chroma_bins(c) <= 2000 * FFT / RATE, "bins up to 1500 Hz: %d",
          chroma_bins(c));
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        double sum = 0, bass = 0;

        tone(tones[i].hz, level);
        chroma_of(c, level, out);
        for (int k = 0; k < 12; k++) {
            sum += (double)(out[k] * out[k]);
            bass += (double)(out[12 + k] * out[12 + k]);
        }
        check(loudest(out) == tones[i].class, "%g Hz is of class %d", tones[i].hz, loudest(out));
        check(fabs(sum - 1) < 1e-5, "of length 1: %g", sqrt(sum));
        check(tones[i].bass ? fabs(bass - 0.49) < 1e-5 : bass < 1e-4, "%g Hz: bass of length %g", tones[i].hz,
              sqrt(bass));
        check(!tones[i].bass || loudest(out + 12) == tones[i].class, "of the same class");
    }
    for (int k = 0; k < BINS; k++)
        level[k] = -20;
    chroma_of(c, level, out);
    for (int k = 0; k < CHROMA; k++)
        check(fabsf(out[k]) < 1e6f, "silence has finite chroma");
    chroma_free(c);
    c = chroma_new(3000, 512, 0);
    check(chroma_bins(c) <= 257, "all bins at most where there is no corner: %d", chroma_bins(c));
    chroma_free(c);
    c = chroma_new(62, 16, 0);
    chroma_of(c, level, out);
    for (int k = 0; k < CHROMA; k++)
        check(fabsf(out[k]) <= 0, "no pitches, no chroma");
    chroma_free(c);
    return check_done();
}
