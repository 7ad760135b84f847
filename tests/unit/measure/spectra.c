/* Figures of spectra against their formulas, written out over the frames of dsp/spectrum.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "dsp/mel.h"
#include "dsp/spectrum.h"
#include "measure/levels.h"
#include "measure/mean_spectrum.h"
#include "measure/melbank.h"
#include "measure/melmap.h"
#include "measure/timbre.h"

static void near(const char *what, double got, double want, double slack)
{
    check(isnan(want) ? isnan(got) : fabs(got - want) <= slack * fmax(1, fabs(want)), "%s: %.9g, by its formula %.9g",
          what, got, want);
}

/* Noise that comes and goes, louder in its low half, with a knock soon after its begin. */
static float *sound(int64_t channels, int64_t samples, uint64_t seed)
{
    float *x = mem_floats((size_t)(channels * samples));
    struct rng r = rng_new(seed, 0);

    rng_normal(&r, x, (size_t)(channels * samples));
    for (int64_t i = channels * samples - 1; i > 0; i--)
        x[i] = (float)((0.02 + 0.1 * (double)(i / 700 % 3)) * (1 + 300 * exp(-fabs((double)(i % samples) - 110) / 4)) *
                       (double)(x[i] + 0.9f * x[i - 1]));
    return x;
}

/* ---- bands ---- */

/* Slaney's scale by its definition. */
static double slaney(double hertz)
{
    return hertz < 1000 ? hertz * 3 / 200 : 15 + 27 * log(hertz / 1000) / log(6.4);
}

static double slaney_hertz(double m)
{
    return m < 15 ? m * 200 / 3 : 1000 * pow(6.4, (m - 15) / 27);
}

static double edge(enum melbank_kind kind, double low, double high, int bands, int i)
{
    if (kind == MELBANK_SUM)
        return mel_to_hertz(mel_of(low) + i * (mel_of(high) - mel_of(low)) / (bands + 1));
    return slaney_hertz(slaney(low) + i * (slaney(high) - slaney(low)) / (bands + 1));
}

static void bank(enum melbank_kind kind, int bands, double low, double high, int size, double rate)
{
    struct melbank *b = melbank_new(kind, bands, low, high, size, rate);
    float *x = mem_floats((size_t)size / 2 + 1), *out = mem_floats((size_t)bands);
    double worst = 0;
    int empty = 0;

    check(melbank_bands(b) == bands, "%d bands", bands);
    for (int k = 0; k <= size / 2; k++)
        x[k] = (float)(1 + k % 7 + 0.1 * k);
    melbank_apply(b, x, out);
    for (int i = 0; i < bands; i++) {
        double from = edge(kind, low, high, bands, i), top = edge(kind, low, high, bands, i + 1);
        double to = edge(kind, low, high, bands, i + 2), sum = 0, weights = 0;

        for (int k = 0; k <= size / 2; k++) {
            double f = k * rate / size, w = f < top ? (f - from) / (top - from) : (to - f) / (to - top);

            sum += w > 0 ? w * x[k] : 0;
            weights += w > 0 ? w : 0;
        }
        if (weights > 0)
            sum = kind == MELBANK_SUM ? sum / weights : sum * 2 / (to - from);
        else
            sum = kind == MELBANK_SUM ? x[(int)fmin(size / 2, floor(top * size / rate + 0.5))] : 0;
        empty += weights <= 0;
        worst = fmax(worst, fabs(out[i] / sum - (sum > 0 ? 1 : NAN)));
        worst = fmax(worst, sum > 0 ? 0 : out[i]);
    }
    check(worst < 1e-6, "%d bands of %d samples at %g Hz, %d that hold no bin: %g off", bands, size, rate, empty,
          worst);
    melbank_free(b);
    free(x);
    free(out);
}

/* ---- maps ---- */

static double gain_of(const float *x, int64_t count)
{
    return 0.1 / (level_rms(x, count) + 1e-9);
}

static void maps(double rate, double high, float loud)
{
    enum { N = 5000 };
    float *x = sound(2, N, 1);
    struct melmap *m = melmap_new(rate);
    struct spectrum *s = spectrum_new_standard(rate);
    struct melbank *b[] = {melbank_new(MELBANK_SUM, 40, 40, rate / 2, spectrum_size(s), rate),
                           melbank_new(MELBANK_SUM, 40, 40, high, spectrum_size(s), rate)};
    int64_t frames = melmap_frames(m, N);
    float *made[] = {mem_floats((size_t)frames * 40), mem_floats((size_t)frames * 40)};
    float *power = mem_floats((size_t)spectrum_bins(s)), bands[40];
    double worst[2] = {0};

    for (int i = 0; i < 2 * N; i++)
        x[i] *= loud;
    melmap_make(m, x, 2, N, made[0], made[1]);
    near("hop", melmap_hop(m), spectrum_size(s) / 4 / rate, 1e-12);
    check(frames == 1 + N / (spectrum_size(s) / 4), "%lld frames", (long long)frames);
    for (int64_t f = 0; f < frames; f++) {
        spectrum_power(s, x, 2, N, f, 1, false, power);
        for (int which = 0; which < 2; which++) {
            melbank_apply(b[which], power, bands);
            for (int i = 0; i < 40; i++)
                worst[which] = fmax(worst[which], fabs((double)made[which][f * 40 + i] - 40 -
                                                       10 * log10(pow(gain_of(x, 2 * N), 2) * bands[i] + 1e-6)));
        }
    }
    check(worst[0] < 1e-4 && worst[1] < 1e-4, "%g Hz: maps, %g and %g off", rate, worst[0], worst[1]);
    for (int which = 0; which < 2; which++) {
        melbank_free(b[which]);
        free(made[which]);
    }
    spectrum_free(s);
    melmap_free(m);
    free(power);
    free(x);
}

static void windows(void)
{
    enum { FRAMES = 110, LEFT = FRAMES - 3, STARTS = LEFT - 92 };
    float map[FRAMES * 40], *w;
    int64_t count;
    bool good = true;

    check(patch_count(8) == 0 && patch_count(11) == 0 && patch_count(12) == 1 && patch_count(20) == 3, "patches");
    for (int i = 0; i < FRAMES * 40; i++)
        map[i] = (float)(i / 40 * i / 40 % 97);
    check(window_smooth(map, FRAMES) == LEFT && window_smooth(map, 3) == 0, "frames that are left");
    for (int i = 0; i < LEFT * 40; i++) {
        double sum = 0;

        for (int j = 0; j < 4; j++)
            sum += (i / 40 + j) * (i + 40 * j) / 40 % 97;
        good &= fabs((double)map[i] - sum / 4) < 1e-4;
    }
    check(good, "a moving average of 4 frames");
    check(window_count(92, 1) == 0 && window_count(93, 1) == 1 && window_count(94, 2) == 1 && window_count(95, 2) == 2,
          "windows");
    w = windows_take(map, LEFT, 3, &count);
    check(count == (STARTS + 2) / 3, "%lld windows", (long long)count);
    for (int64_t i = 0; i < count * WINDOW_DIMS; i++)
        good &= w[i] == map[(i / WINDOW_DIMS * 3 + i % WINDOW_DIMS / 40 * 4) * 40 + i % 40];
    check(good, "of 24 frames, 4 apart");
    free(w);
}

/* ---- beats ---- */

/* Frames of seconds a to b, at least one. */
static int64_t first_of(double a, double hop, int64_t frames)
{
    return (int64_t)fmin(nearbyint(a / hop), (double)frames - 1);
}

static int64_t last_of(double a, double b, double hop, int64_t frames)
{
    return (int64_t)fmin(fmax(nearbyint(b / hop), (double)first_of(a, hop, frames) + 1), (double)frames);
}

/* rate: one where .35 s is nearer to one power of two, and a tenth more to the next. */
static void beats(double phase)
{
    enum { RATE = 4000, N = 5 * RATE, SIZE = 1024 };
    const double period = 0.45;
    float *x = sound(2, N, 2), level[SIZE / 2 + 1], want[CHROMA];
    struct melmap *m = melmap_new(RATE);
    struct map map = map_make(m, "x", x, 2, N, &(struct tempo){.period = 2 * period, .phase = phase + period});
    struct spectrum *s = spectrum_new(SIZE, SIZE / 2);
    struct chroma *chroma = chroma_new(RATE, SIZE, 0);
    float *low = mem_floats((size_t)map.frames * 40);
    float *power = mem_floats(SIZE / 2 + 1);
    double worst[3] = {0}, hop = melmap_hop(m);

    melmap_make(m, x, 2, N, NULL, low);
    check(map.form.beats == (phase > 0 ? 10 : 11), "%d beats", map.form.beats);
    for (int q = 0; q < 40; q++) {
        double at = phase + q * period / 4, most = 0;
        int64_t from = first_of(at, hop, map.frames), to = last_of(at, at + period / 4, hop, map.frames);

        for (int64_t t = from; t < to; t++) {
            double rise = 0;

            for (int k = 0; k < 40 && t > 0; k++)
                rise += fmax(0, (double)low[t * 40 + k] - (double)low[(t - 1) * 40 + k]) / 40;
            most = fmax(most, rise);
        }
        worst[1] = fmax(worst[1], fabs((double)map.form.onset[q] - most));
        for (int k = 0; k < 40; k++) {
            double sum = 0;

            for (int64_t t = from; t < to; t++)
                sum += (double)low[t * 40 + k] / (double)(to - from);
            worst[0] = fmax(worst[0], fabs((double)map.form.sound[q * 40 + k] - sum));
        }
    }
    for (int b = 0; b < 10; b++) {
        double at = phase + b * period, step = SIZE / 2 / (double)RATE;
        int64_t frames = spectrum_frames(s, N), from = first_of(at, step, frames);
        int64_t to = last_of(at, at + period, step, frames);

        memset(level, 0, sizeof level);
        for (int64_t t = from; t < to; t++) {
            spectrum_power(s, x, 2, N, t, 1, false, power);
            for (int k = 0; k < chroma_bins(chroma); k++)
                level[k] += (float)(sqrt(power[k] * 0.375 * SIZE) * gain_of(x, 2 * N) / (double)(to - from));
        }
        for (int k = 0; k < chroma_bins(chroma); k++)
            level[k] = logf(level[k] + 1e-12f);
        chroma_of(chroma, level, want);
        for (int k = 0; k < CHROMA; k++)
            worst[2] = fmax(worst[2], fabs((double)map.form.harmony[b * CHROMA + k] - (double)want[k]));
    }
    check(worst[0] < 1e-4 && worst[1] < 1e-4 && worst[2] < 1e-4, "sound, onsets, harmony of beats: %g, %g, %g off",
          worst[0], worst[1], worst[2]);
    map_free(&map);
    spectrum_free(s);
    chroma_free(chroma);
    melmap_free(m);
    free(low);
    free(power);
    free(x);
}

/* The last beat may end with the clip; a clip may be shorter than one. */
static void ends(void)
{
    struct melmap *m = melmap_new(2000);
    float *x = sound(1, 2000, 3);
    struct map two = map_make(m, "x", x, 1, 2000, &(struct tempo){.period = 0.5}),
               none = map_make(m, "x", x, 1, 500, &(struct tempo){.period = 0.5, .phase = 0.3}),
               without = map_make(m, "x", x, 1, 2000, NULL);

    check(two.form.beats == 2 && none.form.beats == 0 && without.form.beats == 0, "beats: %d, %d", two.form.beats,
          none.form.beats);
    map_free(&two);
    map_free(&none);
    map_free(&without);
    melmap_free(m);
    free(x);
}

/* ---- timbre ---- */

static void timbre(float gain)
{
    enum { RATE = 8000, N = 12000 };
    float *x = sound(2, N, 4);
    struct timbre_meter *m = timbre_meter_new(RATE);
    struct timbre t;
    struct spectrum *s = spectrum_new_standard(RATE);
    int bins = spectrum_bins(s), bands = 0;
    int64_t frames = spectrum_frames(s, N);
    float *power = mem_floats((size_t)bins);
    double hertz = (double)RATE / spectrum_size(s);
    double centroid = 0, bandwidth = 0, rolloff = 0, band[TIMBRE_BANDS_MAX] = {0};

    for (int i = 0; i < 2 * N; i++)
        x[i] *= gain;
    t = timbre_measure(m, x, 2, N);
    for (int64_t f = 0; f < frames; f++) {
        double all = 0, first = 0, second = 0, sum = 0;
        int k = 0;

        spectrum_power(s, x, 2, N, f, 1, false, power);
        for (int i = 0; i < bins; i++) {
            int octave = (int)floor(log2(i * hertz / 31.25) + 0.5);

            if (i > 0 && octave >= 0)
                band[octave] += (double)power[i] * (i == bins - 1 ? 1 : 2) / spectrum_size(s) / (double)frames;
            all += power[i] + 1e-10;
            first += i * hertz * (power[i] + 1e-10);
        }
        for (int i = 0; i < bins; i++)
            second += pow(i * hertz - first / all, 2) * (power[i] + 1e-10);
        for (sum = power[0] + 1e-10; sum < 0.85 * all; sum += power[k] + 1e-10)
            k++;
        centroid += first / all / (double)frames;
        bandwidth += sqrt(second / all) / (double)frames;
        rolloff += k * hertz / (double)frames;
    }
    near("centroid", t.centroid, centroid, 1e-9);
    near("bandwidth", t.bandwidth, bandwidth, 1e-6);
    near("roll-off", t.rolloff, rolloff, 1e-9);
    while (bands < TIMBRE_BANDS_MAX && 31.25 * exp2(bands - 0.5) < RATE / 2)
        bands++;
    check(t.bands == bands, "%d octaves", t.bands);
    for (int b = 0; b < bands; b++)
        check(gain > 0 ? fabs(t.band[b] - 10 * log10(band[b])) < 1e-5 : isinf(t.band[b]), "octave %d", b);
    timbre_meter_free(m);
    spectrum_free(s);
    free(power);
    free(x);
}

/* ---- mean spectra ---- */

/* Mean level of a bin over the frames inside of a sound, dB. */
static double level(const float *x, int64_t samples, double rate, int bin, double gain)
{
    struct spectrum *s = spectrum_new_standard(rate);
    float *power = mem_floats((size_t)spectrum_bins(s));
    double sum = 0, n = 0;

    for (int64_t f = 4; f < spectrum_frames(s, samples) - 4; f++, n++) {
        spectrum_power(s, x, 1, samples, f, 1, false, power);
        sum += 10 * log10(power[bin] * gain * gain + 1e-6);
    }
    spectrum_free(s);
    free(power);
    return sum / n;
}

/* The sound of a mean has its levels: of two tones that were heard one by one, loud or soft, the mean level in dB. */
static void mean_sound(void)
{
    enum { RATE = 3000, N = 12000, OUT = 9001, BINS = 256 };
    float *a = mem_floats(N), *b = mem_floats(N), *silence = mem_zero(N, sizeof *silence), *y, *z;
    struct mean_spectrum *m = mean_spectrum_new(RATE);

    y = mean_spectrum_sound(m, OUT, 1);
    check(level_peak(y, OUT) <= 0, "of no clip it is silent");
    free(y);
    for (int i = 0; i < N; i++) {
        a[i] = (float)(0.5 * sin(2 * M_PI * 32 * i / BINS) + 0.01 * sin(2 * M_PI * 80 * i / BINS));
        b[i] = (float)(0.1 * sin(2 * M_PI * 32 * i / BINS) + 0.1 * sin(2 * M_PI * 80 * i / BINS));
    }
    mean_spectrum_add(m, a, 1, N);
    mean_spectrum_add(m, silence, 1, N);
    mean_spectrum_add(m, b, 1, N);
    y = mean_spectrum_sound(m, OUT, 1);
    for (int bin = 32; bin <= 80; bin += 48)
        check(fabs(level(y, OUT, RATE, bin, 1) -
                   (level(a, N, RATE, bin, gain_of(a, N)) + level(b, N, RATE, bin, gain_of(b, N))) / 2) < 0.1,
              "tones have their mean level: %g", level(y, OUT, RATE, bin, 1));
    z = mean_spectrum_sound(m, OUT, 1);
    check(memcmp(y, z, OUT * sizeof *y) == 0, "the same seed gives the same sound");
    free(z);
    z = mean_spectrum_sound(m, OUT, 2);
    check(memcmp(y, z, OUT * sizeof *y) != 0, "another, another");
    mean_spectrum_free(m);
    free(a);
    free(b);
    free(silence);
    free(y);
    free(z);
}

int main(void)
{
    bank(MELBANK_SUM, 40, 40, 1500, 256, 3000);
    bank(MELBANK_SUM, 80, 0, 1500, 64, 3000); /* most hold no bin */
    bank(MELBANK_SUM, 80, 0, 8000, 512, 16000);
    bank(MELBANK_AREA, 20, 0, 11025, 128, 22050);
    bank(MELBANK_AREA, 320, 0, 11025, 2048, 22050);
    maps(3000, 1500, 1);
    maps(2000, 1000, 1);
    maps(8000, 1500, 1e-7f); /* so soft that it is not brought to its loudness */
    windows();
    beats(0.2);
    beats(0);
    ends();
    timbre(1);
    timbre(0);
    mean_sound();
    return check_done();
}
