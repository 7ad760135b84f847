/* Figures of clips and of reconstructions against those that another implementation gave. */
#include "figure_files.h"
#include "base/rng.h"
#include "measure/figures.h"
#include "measure/levels.h"
#include "measure/recon.h"

static const char *const sounds[] = {"real-a", "real-b", "real-c", "new-d", "new-e", "again-a", "wide", "wide-again"};

static void clip(const char *name)
{
    struct sound s = sound_read(name);
    struct timbre_meter *m = timbre_meter_new(s.rate);
    struct figures f;
    struct timbre two;
    float *twice = mem_zero(2 * (size_t)s.samples, sizeof *twice);

    figures_measure(m, s.x, 1, s.samples, &(struct tempo){0}, &f);
    check_expected(name, "rms", pow(10, f.value[FIGURE_RMS] / 20), 0);
    check_expected(name, "flatness", f.value[FIGURE_FLATNESS], 0);
    check_expected(name, "peakiness", f.value[FIGURE_PEAKINESS], 0);
    check_expected(name, "centroid", f.value[FIGURE_CENTROID], 0);
    check_expected(name, "dynamics", f.value[FIGURE_DYNAMICS], 0);
    check_expected(name, "flux", f.value[FIGURE_FLUX], 0);
    check_expected(name, "rhythm", f.value[FIGURE_RHYTHM], 0);
    memcpy(twice, s.x, (size_t)s.samples * sizeof *twice);
    memcpy(twice + s.samples, s.x, (size_t)s.samples * sizeof *twice);
    two = timbre_measure(m, twice, 2, s.samples);
    check(fabs(two.centroid - f.timbre.centroid) < 1e-9 && fabs(two.rhythm - f.timbre.rhythm) < 1e-9,
          "%s in both channels has the same figures", name);
    timbre_meter_free(m);
    free(twice);
    free(s.x);
}

/* The contrast of a beat that is stated counts at one octave, whatever that of the statement. */
static void contrast(const char *name)
{
    struct sound s = sound_read(name);
    struct timbre_meter *m = timbre_meter_new(s.rate);
    static const double beats[] = {0.5, 0.25, 1, 4};
    struct figures f;

    for (int i = 0; i < 4; i++) {
        figures_measure(m, s.x, 1, s.samples, &(struct tempo){.period = beats[i]}, &f);
        check_expected(name, "beatcon", f.value[FIGURE_BEATCON], 1e-6);
    }
    figures_measure(m, s.x, 1, (int64_t)(2.1 * s.rate), &(struct tempo){.period = 0.5}, &f);
    check(isfinite(f.value[FIGURE_RHYTHM]) && isfinite(f.value[FIGURE_BEATCON]), "four beats have one");
    figures_measure(m, s.x, 1, (int64_t)(1.9 * s.rate), &(struct tempo){.period = 0.5}, &f);
    check(isfinite(f.value[FIGURE_RHYTHM]) && isnan(f.value[FIGURE_BEATCON]), "fewer have none");
    figures_measure(m, s.x, 1, s.samples, &(struct tempo){0}, &f);
    check(isnan(f.value[FIGURE_BEATCON]), "three seconds have no beat that could be found");
    timbre_meter_free(m);
    free(s.x);
}

/* Clicks every half second: their contrast is near 1, and found without being told where. */
static void clicks(int channels, double rate)
{
    int64_t n = (int64_t)(12 * rate);
    struct timbre_meter *m = timbre_meter_new(rate);
    float *x = mem_zero((size_t)(channels * n), sizeof *x);
    struct figures told, found;

    for (int64_t i = 0; i < channels * n; i++) {
        int64_t after = i % n % (int64_t)(rate / 2);

        x[i] = (float)(sin((double)(after * after)) * exp(-(double)after / (0.02 * rate)) +
                       1e-3 * sin((double)(i % n) * 1.1));
    }
    figures_measure(m, x, channels, n, &(struct tempo){.period = 0.5}, &told);
    figures_measure(m, x, channels, n, &(struct tempo){0}, &found);
    check(told.value[FIGURE_BEATCON] > 0.7 && told.value[FIGURE_BEATCON] < 1.3, "contrast of clicks: %g",
          told.value[FIGURE_BEATCON]);
    if (rate >= 3000)
        check(fabs(told.value[FIGURE_BEATCON] - found.value[FIGURE_BEATCON]) < 0.02, "%d channels, %g Hz: found %g",
              channels, rate, found.value[FIGURE_BEATCON]);
    else
        check(isnan(found.value[FIGURE_BEATCON]), "%g Hz is too low to find it", rate);
    timbre_meter_free(m);
    free(x);
}

static struct recon distances(struct recon_meter *m, const float *x, const float *y, int64_t channels, int64_t samples)
{
    struct recon *room = mem_zero(1, sizeof *room), r; /* where a write beyond it would be noticed */

    recon_measure(m, x, &(struct recon_estimate){y, false}, 1, channels, samples, room);
    r = *room;
    free(room);
    return r;
}

static void reconstruction(const char *real, const char *again)
{
    struct sound x = sound_read(real), y = sound_read(again);
    struct recon_meter *m = recon_meter_new(x.rate);
    struct recon_estimate others[] = {{y.x, false}, {x.x, false}, {NULL, false}, {y.x, true}};
    struct recon r[4], zeros, undefined;
    float *silence = mem_zero((size_t)x.samples, sizeof *silence);

    recon_measure(m, x.x, others, 4, 1, x.samples, r);
    zeros = distances(m, x.x, silence, 1, x.samples);
    undefined = distances(m, silence, x.x, 1, x.samples);
    for (int i = 0; i < RECON_COUNT; i++) {
        check_expected(again, figure_about[FIGURE_RECON + i].name, r[0].value[i], 0);
        check(r[1].value[i] == 0, "%s of %s from itself: %g", figure_about[FIGURE_RECON + i].name, real, r[1].value[i]);
        check(isnan(undefined.value[i]), "%s from silence cannot be told", figure_about[FIGURE_RECON + i].name);
        if (i == RECON_GAIN)
            continue;
        check(r[2].value[i] > r[0].value[i] && fabs(r[2].value[i] - zeros.value[i]) <= 1e-12, "%s of silence: %g, %g",
              figure_about[FIGURE_RECON + i].name, r[2].value[i], zeros.value[i]);
    }
    check_expected(again, "msls as it is", r[3].value[RECON_MSLS], 0);
    check_expected(again, "sc as it is", r[3].value[RECON_SC], 0);
    check(fabs(r[2].value[RECON_SC] - 1) < 1e-6, "silence is 1 from %s", real);
    check(isnan(r[2].value[RECON_GAIN]), "and has no gain");
    check(fabs(r[3].value[RECON_GAIN] - r[0].value[RECON_GAIN]) <= 0, "the gain is told all the same");
    recon_meter_free(m);
    free(x.x);
    free(y.x);
    free(silence);
}

static void noise_fill(float *x, int64_t samples, uint64_t seed)
{
    struct rng r = rng_new(seed, 0);

    rng_normal(&r, x, (size_t)samples);
}

static void tone_fill(float *x, int64_t samples, double period)
{
    for (int64_t i = 0; i < samples; i++)
        x[i] = (float)sin(2 * M_PI * (double)i / period);
}

/* A gain is told, and nothing else; at the lowest rates, too, where frame sizes coincide. */
static void gain(double rate)
{
    enum { N = 30000 };
    float *x = mem_zero(N, sizeof *x), *y = mem_zero(N, sizeof *y);
    struct recon_meter *m = recon_meter_new(rate);
    struct recon r;

    noise_fill(x, N, 1);
    for (int i = 0; i < N; i++)
        y[i] = 0.5f * x[i];
    r = distances(m, x, y, 1, N);
    check(fabs(r.value[RECON_GAIN] - 20 * log10(2)) < 1e-6, "%g Hz: half as loud: %g dB", rate, r.value[RECON_GAIN]);
    for (int i = 0; i < RECON_GAIN; i++)
        check(r.value[i] < 1e-6, "%g Hz: and no further away: %s %g", rate, figure_about[FIGURE_RECON + i].name,
              r.value[i]);
    memset(y, 0, N * sizeof *y);
    r = distances(m, x, y, 1, N);
    check(fabs(r.value[RECON_SC] - 1) < 1e-6, "%g Hz: silence is 1 away: %g", rate, r.value[RECON_SC]);
    recon_meter_free(m);
    free(x);
    free(y);
}

/* Two noises: the log of the ratio of their powers has the logistic distribution, the mean of whose size is 2 ln 2,
 * 6.02 dB; the mean of (|X| - |Y|)^2 over that of |X|^2 is 2 - pi / 2. Bands are means of bins, so nearer. */
static void noises(double rate)
{
    enum { N = 30000 };
    float *x = mem_zero(2 * N, sizeof *x), *y = mem_zero(2 * N, sizeof *y);
    struct recon_meter *m = recon_meter_new(rate);
    struct recon one, two;

    noise_fill(x, N, 1);
    noise_fill(y, N, 2);
    one = distances(m, x, y, 1, N);
    check(fabs(one.value[RECON_MSLS] - 20 * log10(2)) < 0.15, "%g Hz: msls %g", rate, one.value[RECON_MSLS]);
    check(fabs(one.value[RECON_SC] - sqrt(2 - M_PI / 2)) < 0.02, "%g Hz: SC %g", rate, one.value[RECON_SC]);
    check(one.value[RECON_MEL] > 1 && one.value[RECON_MEL] < 6, "%g Hz: mel %g", rate, one.value[RECON_MEL]);
    check(one.value[RECON_DAC_MEL] > 0.3 && one.value[RECON_DAC_MEL] < 7 * 0.3, "%g Hz: DAC's mel %g", rate,
          one.value[RECON_DAC_MEL]);
    check(one.value[RECON_DAC_STFT] > 2 * 0.6, "%g Hz: DAC's STFT %g", rate, one.value[RECON_DAC_STFT]);
    /* channels count one by one */
    memcpy(x + N, y, N * sizeof *x);
    memcpy(y + N, x, N * sizeof *y);
    two = distances(m, x, y, 2, N);
    for (int i = 0; i < RECON_GAIN; i++)
        check(fabs(two.value[i] - one.value[i]) < 0.02 * one.value[i], "%g Hz: %s of two channels: %g, of one %g", rate,
              figure_about[FIGURE_RECON + i].name, two.value[i], one.value[i]);
    check(fabs(two.value[RECON_GAIN]) < 1e-6, "%g Hz: which are as loud", rate);
    recon_meter_free(m);
    free(x);
    free(y);
}

/* Two tones have nothing in common: |X - Y|^2 = |X|^2 + |Y|^2. */
static void octave(double rate)
{
    enum { N = 30000 };
    float *x = mem_zero(N, sizeof *x), *y = mem_zero(N, sizeof *y);
    struct recon_meter *m = recon_meter_new(rate);
    struct recon r;

    tone_fill(x, N, 16);
    tone_fill(y, N, 8);
    r = distances(m, x, y, 1, N);
    check(fabs(r.value[RECON_SC] - sqrt(2)) < 0.01, "%g Hz: SC of the next octave: %g", rate, r.value[RECON_SC]);
    check(r.value[RECON_MEL] > 3 && r.value[RECON_MEL] < 20, "%g Hz: mel of the next octave: %g", rate,
          r.value[RECON_MEL]);
    recon_meter_free(m);
    free(x);
    free(y);
}

static struct figures of_sine(double rate, double hertz, double amplitude, double offset, int64_t samples)
{
    struct timbre_meter *m = timbre_meter_new(rate);
    float *x = mem_zero((size_t)samples, sizeof *x);
    struct figures f;

    for (int64_t i = 0; i < samples; i++)
        x[i] = (float)(offset + amplitude * sin(2 * M_PI * hertz * (double)i / rate));
    figures_measure(m, x, 1, samples, &(struct tempo){0}, &f);
    timbre_meter_free(m);
    free(x);
    return f;
}

/* A tone has what is known of it, at every rate. */
static void tone(double rate)
{
    double hertz = rate / 8, level = 20 * log10(0.5 / sqrt(2));
    struct figures f = of_sine(rate, hertz, 0.5, 0, (int64_t)(8 * rate)), g;
    int band = (int)lround(log2(hertz / 31.25));

    check(fabs(f.value[FIGURE_RMS] - level) < 0.01, "%g Hz: RMS of a tone", rate);
    check(fabs(f.value[FIGURE_PEAK] - 20 * log10(0.5)) < 0.01, "%g Hz: peak of a tone", rate);
    check(fabs(f.value[FIGURE_CREST] - 20 * log10(sqrt(2))) < 0.01, "%g Hz: crest factor of a tone", rate);
    check(fabs(f.value[FIGURE_CENTROID] / hertz - 1) < 0.02, "%g Hz: centroid of a tone: %g", rate,
          f.value[FIGURE_CENTROID]);
    check(fabs(f.value[FIGURE_ROLLOFF] / hertz - 1) < 0.1, "%g Hz: roll-off of a tone: %g", rate,
          f.value[FIGURE_ROLLOFF]);
    check(f.value[FIGURE_BANDWIDTH] < hertz / 5, "%g Hz: bandwidth of a tone: %g", rate, f.value[FIGURE_BANDWIDTH]);
    check(f.value[FIGURE_FLATNESS] < 1e-3, "%g Hz: a tone is not flat: %g", rate, f.value[FIGURE_FLATNESS]);
    check(f.value[FIGURE_CLIPPED] == 0 && f.value[FIGURE_SILENCE] == 0, "%g Hz: not clipped, not silent", rate);
    check(fabs(f.timbre.band[band] - level) < 0.1, "%g Hz: octave %d has all of a tone: %g", rate, band,
          f.timbre.band[band]);
    for (int b = 0; b < f.timbre.bands; b++)
        check(abs(b - band) < 2 || f.timbre.band[b] < level - 40, "%g Hz: octave %d has none: %g", rate, b,
              f.timbre.band[b]);
    g = of_sine(rate, hertz, 0.25, 0.5, (int64_t)(8 * rate));
    check(fabs(g.value[FIGURE_OFFSET] - 0.5) < 1e-4, "%g Hz: an offset is seen", rate);
    check(fabs(g.value[FIGURE_RMS] - (level - 20 * log10(2))) < 0.01, "%g Hz: and not counted as sound", rate);
    check(fabs(g.value[FIGURE_CENTROID] / f.value[FIGURE_CENTROID] - 1) < 1e-3, "%g Hz: nor as a low tone", rate);
}

static void silence(void)
{
    struct figures f = of_sine(3000, 100, 0, 0, 3000);

    check(f.value[FIGURE_RMS] < -1e9 && f.value[FIGURE_SILENCE] == 1, "silence is silent");
    check(isnan(f.value[FIGURE_CREST]) && isnan(f.value[FIGURE_RHYTHM]) && isnan(f.value[FIGURE_BEATCON]),
          "silence has no crest factor, no rhythm, no beat");
    check(fabs(f.value[FIGURE_FLATNESS] - 1) < 1e-5, "silence is flat");
}

static void shortest(void)
{
    for (int64_t n = 1; n < 400; n = 2 * n + 1) {
        struct figures f = of_sine(3000, 700, 0.5, 0, n);

        check(isfinite(f.value[FIGURE_CENTROID]) && isnan(f.value[FIGURE_JOINS]) && isnan(f.value[FIGURE_RHYTHM]),
              "a clip of %lld samples", (long long)n);
    }
}

static void levels(void)
{
    float x[] = {1, -1, 0.99996f, 0.9999f, -2, 0, 0.5f, 0}, two[] = {0.5f, 0.7f, 0.001f, -0.003f};
    float half[4000] = {0};

    check(level_clipped(x, 8) == 3, "three samples are clipped: %lld", (long long)level_clipped(x, 8));
    check(level_peak(x, 8) == 2, "the peak is 2");
    check(fabs(level_center(two, 2, 2) - 0.6) < 1e-6, "the farther of two means");
    check(fabsf(two[0] + 0.1f) < 1e-6f && two[2] == 0.001f, "a large mean goes, a small one stays");
    for (int i = 0; i < 1000; i++)
        half[i] = i % 2 ? 0.1f : -0.1f;
    check(fabs(level_silence(half, 1, 4000, 3000) - 0.75) < 0.03, "three quarters are silent");
    check(fabs(level_silence(half, 2, 2000, 3000) - 0.5) < 0.03, "with a channel that is not, fewer");
    check(fabs(level_rms(half, 4000) - 0.05) < 1e-7, "RMS of a quarter at 0.1");
}

int main(void)
{
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++)
        clip(sounds[i]);
    for (size_t i = 0; i < 6; i++)
        contrast(sounds[i]);
    clicks(1, 3000);
    clicks(2, 8000);
    clicks(1, 2000);
    reconstruction("real-a", "again-a");
    reconstruction("wide", "wide-again");
    gain(100);
    gain(22050);
    noises(3000);
    noises(22050);
    octave(3000);
    octave(22050);
    tone(2000);
    tone(16000);
    tone(32000);
    silence();
    shortest();
    levels();
    return check_done();
}
