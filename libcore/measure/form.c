/* Beats of a clip, and how alike they are at a distance. */
#include "measure/form.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "base/mem.h"
#include "base/sort.h"
#include "dsp/spectrum.h"
#include "measure/distances.h"
#include "measure/levels.h"

enum { PHRASE = 16 }; /* beats of what returns */

static const double chroma_seconds = 0.35, loudness = 0.1;

/* ---- beats ---- */

struct form_meter {
    double rate;
    struct spectrum *spectrum; /* for harmony */
    struct chroma *chroma;
    float *power; /* [2, bins] */
    float *level;
};

struct form_meter *form_meter_new(double rate)
{
    struct form_meter *m = mem_zero(1, sizeof *m);
    int size = spectrum_size_near(rate, chroma_seconds);

    m->rate = rate;
    m->chroma = chroma_new(rate, size, 0);
    m->spectrum = spectrum_new_low(size, size / 2, chroma_bins(m->chroma));
    m->power = mem_zero(2 * (size_t)spectrum_bins(m->spectrum), sizeof *m->power);
    m->level = mem_zero((size_t)chroma_bins(m->chroma), sizeof *m->level);
    return m;
}

void form_meter_free(struct form_meter *m)
{
    if (!m)
        return;
    spectrum_free(m->spectrum);
    chroma_free(m->chroma);
    free(m->power);
    free(m->level);
    free(m);
}

void form_free(struct form *f)
{
    free(f->sound);
    free(f->onset);
    free(f->harmony);
    free(f->squares);
    *f = (struct form){0};
}

/* Frames from..to-1 are those of seconds a to b, one at least, all within 0..count-1. */
static void frames_of(double a, double b, double hop, int64_t count, int64_t *from, int64_t *to)
{
    *from = (int64_t)fmin(nearbyint(a / hop), (double)count - 1);
    *to = (int64_t)fmin(fmax(nearbyint(b / hop), (double)*from + 1), (double)count);
}

/* sound [FORM_BANDS] and onset of a quarter of a beat. */
static void quarter(const float *low, int64_t from, int64_t to, float *sound, float *onset)
{
    *onset = 0;
    for (int64_t t = from; t < to; t++) {
        float rise = 0;

        for (int k = 0; k < FORM_BANDS; k++) {
            float now = low[t * FORM_BANDS + k];

            sound[k] += now / (float)(to - from);
            rise += t > 0 && now > low[(t - 1) * FORM_BANDS + k] ? now - low[(t - 1) * FORM_BANDS + k] : 0;
        }
        *onset = fmaxf(*onset, rise / FORM_BANDS);
    }
}

KERNEL(magnitudes_add, (const float *restrict power, float scale, float *restrict level, int n),
       (power, scale, level, n))
{
    for (int k = 0; k < n; k++)
        level[k] += sqrtf(power[k]) * scale;
}

KERNEL(logarithms, (float *level, int n), (level, n))
{
    for (int k = 0; k < n; k++)
        level[k] = kernel_log(level[k] + 1e-12f);
}

/* The harmony of a stretch of seconds; gain brings the clip to an RMS of .1. */
static void harmony(struct form_meter *m, const float *x, int64_t channels, int64_t samples, double from, double to,
                    double gain, float *out)
{
    int bins = chroma_bins(m->chroma);
    float scale;
    int64_t a, b;

    frames_of(from, to, spectrum_hop(m->spectrum) / m->rate, spectrum_frames(m->spectrum, samples), &a, &b);
    scale = (float)(gain * sqrt(0.375 * spectrum_size(m->spectrum)) / (double)(b - a)); /* the window has none */
    memset(m->level, 0, (size_t)bins * sizeof *m->level);
    for (int64_t t = a; t < b; t++) {
        const float *power = m->power + (t - a) % 2 * spectrum_bins(m->spectrum);

        if ((t - a) % 2 == 0)
            spectrum_power(m->spectrum, x, channels, samples, t, t + 1 < b ? 2 : 1, false, m->power);
        magnitudes_add(power, scale, m->level, bins);
    }
    logarithms(m->level, bins);
    chroma_of(m->chroma, m->level, out);
}

struct form form_of(struct form_meter *m, const float *x, int64_t channels, int64_t samples, const struct tempo *beat,
                    const float *low, int64_t frames, double hop)
{
    double period = beat->period > 0 ? tempo_fold(beat->period) : FORM_NOMINAL, seconds = (double)samples / m->rate;
    double first = beat->period > 0 ? beat->phase - period * floor(beat->phase / period) : 0;
    double gain = loudness / (level_rms(x, channels * samples) + 1e-9);
    struct form f = {.beats = (int)fmin(fmax(0, (seconds - first) / period), FORM_BEATS_MOST)};

    f.sound = mem_zero((size_t)f.beats * FORM_SOUND, sizeof *f.sound);
    f.onset = mem_zero((size_t)f.beats * FORM_BAR, sizeof *f.onset);
    f.harmony = mem_zero((size_t)f.beats * CHROMA, sizeof *f.harmony);
    for (int b = 0; b < f.beats; b++) {
        double at = first + b * period;

        for (int q = 0; q < FORM_BAR; q++) {
            int64_t from, to;

            frames_of(at + q * period / FORM_BAR, at + (q + 1) * period / FORM_BAR, hop, frames, &from, &to);
            quarter(low, from, to, f.sound + b * FORM_SOUND + q * FORM_BANDS, f.onset + b * FORM_BAR + q);
        }
        harmony(m, x, channels, samples, at, at + period, gain, f.harmony + b * CHROMA);
    }
    f.squares = mem_alloc((size_t)f.beats * sizeof *f.squares);
    rows_squared(f.sound, (size_t)f.beats, FORM_SOUND, f.squares);
    return f;
}

/* ---- what returns ---- */

/* Cosines [n, n] of all pairs of rows of x [n, dims], their mean taken off; to be freed. NULL: all are the same, but for
 * rounding. */
static float *cosines(const float *x, int n, int dims)
{
    size_t rows = (size_t)n, width = (size_t)dims;
    float *u = mem_alloc(rows * width * sizeof *u), *s = NULL;
    double all = 0, rest = 0;

    for (size_t k = 0; k < width; k++) {
        double mean = 0;

        for (size_t i = 0; i < rows; i++)
            mean += (double)x[i * width + k] / n;
        for (size_t i = 0; i < rows; i++)
            u[i * width + k] = x[i * width + k] - (float)mean;
        all += n * mean * mean;
    }
    for (size_t i = 0; i < rows; i++) {
        double square = 0;

        for (size_t k = 0; k < width; k++)
            square += (double)u[i * width + k] * u[i * width + k];
        for (size_t k = 0; k < width; k++)
            u[i * width + k] /= (float)(sqrt(square) + 1e-9);
        rest += square;
    }
    if (rest > 1e-10 * all) {
        s = mem_alloc(rows * rows * sizeof *s);
        gemm(false, true, n, n, dims, u, dims, u, dims, 0, s, n);
    }
    free(u);
    return s;
}

/* Mean of s at a lag; NaN where hardly any are that far apart. */
static double at_lag(const float *s, int n, int lag)
{
    double sum = 0;

    if (lag >= n - FORM_BAR)
        return NAN;
    for (int i = 0; i < n - lag; i++)
        sum += s[(size_t)i * (size_t)n + (size_t)(i + lag)];
    return sum / (n - lag);
}

static double bar_similarity(const float *s, int n, int bars)
{
    static const int beside[] = {-2, -1, 1, 2};
    double sum = 0;
    int count = 0;

    for (int i = 0; i < 4; i++) {
        double there = at_lag(s, n, FORM_BAR * bars + beside[i]);

        if (!isnan(there)) {
            sum += there;
            count++;
        }
    }
    return at_lag(s, n, FORM_BAR * bars) - sum / count;
}

static double best_return(const float *s, int n)
{
    double best = NAN;

    for (int lag = PHRASE; lag <= n - PHRASE; lag++) {
        double sum = 0;

        for (int i = 0; i < n - lag; i++) {
            sum += s[(size_t)i * (size_t)n + (size_t)(i + lag)];
            sum -= i >= PHRASE ? s[(size_t)(i - PHRASE) * (size_t)n + (size_t)(i - PHRASE + lag)] : 0;
            if (i >= PHRASE - 1)
                best = fmax(best, sum / PHRASE);
        }
    }
    return best;
}

static void returns_measure(const float *x, int n, int dims, double *value)
{
    float *s = cosines(x, n, dims);

    if (!s)
        return;
    for (int i = 0; i < 4; i++)
        value[i] = bar_similarity(s, n, 1 << i);
    value[4] = best_return(s, n);
    free(s);
}

/* ---- joins ---- */

void form_window(const float *x, int n, int dims, int count, float *out)
{
    for (int i = 0; i + count <= n; i++)
        for (int k = 0; k < dims; k++) {
            float sum = 0;

            for (int j = 0; j < count; j++)
                sum += x[(size_t)(i + j) * (size_t)dims + (size_t)k];
            out[(size_t)i * (size_t)dims + (size_t)k] = sum / (float)count;
        }
}

static double square_between(const float *a, const float *b, int dims)
{
    double sum = 0;

    for (int k = 0; k < dims; k++)
        sum += (double)(a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

double form_distance(const float *x, int n, int dims, int lag)
{
    double sum = 0;

    for (int i = 0; i + lag < n; i++)
        sum += square_between(x + (size_t)i * (size_t)dims, x + (size_t)(i + lag) * (size_t)dims, dims);
    return n > lag + FORM_BAR ? sum / (n - lag) : NAN;
}

static double mean_change(const float *x, int n, int lag)
{
    double sum = 0;

    for (int i = 0; i + lag < n; i++)
        sum += fabsf(x[i + lag] - x[i]);
    return sum / (n - lag);
}

static double mean_of(const float *x, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

static void joins_measure(const struct form *f, double *value)
{
    float *mean = mem_zero((size_t)f->beats * FORM_BANDS, sizeof *mean);
    float *level = mem_zero((size_t)f->beats, sizeof *level), *dense = mem_zero((size_t)f->beats, sizeof *dense);
    double *step = mem_zero((size_t)f->beats, sizeof *step), over = 0, within = 0, sum = 0;

    for (int b = 0; b < f->beats; b++) {
        const float *sound = f->sound + b * FORM_SOUND;

        for (int k = 0; k < FORM_BANDS; k++)
            mean[b * FORM_BANDS + k] =
                (sound[k] + sound[FORM_BANDS + k] + sound[2 * FORM_BANDS + k] + sound[3 * FORM_BANDS + k]) / FORM_BAR;
        level[b] = (float)mean_of(mean + b * FORM_BANDS, FORM_BANDS);
        dense[b] = (float)mean_of(f->onset + b * FORM_BAR, FORM_BAR);
        within += square_between(sound + 2 * FORM_BANDS, sound + FORM_BANDS, FORM_BANDS) / f->beats;
        if (b == 0)
            continue;
        over += square_between(sound, sound - FORM_BANDS, FORM_BANDS) / (f->beats - 1);
        step[b - 1] = sqrt(square_between(mean + b * FORM_BANDS, mean + (b - 1) * FORM_BANDS, FORM_BANDS) / FORM_BANDS);
        sum += step[b - 1] / (f->beats - 1);
    }
    value[FORM_STEP] = sum;
    value[FORM_STEP95] = sort_quantile(step, (size_t)f->beats - 1, 0.95);
    value[FORM_LEVEL1] = mean_change(level, f->beats, 1);
    value[FORM_DENS1] = mean_change(dense, f->beats, 1);
    value[FORM_DENS4] = mean_change(dense, f->beats, FORM_BAR);
    value[FORM_EDGE] = within > 0 ? sqrt(over / within) : NAN;
    free(mean);
    free(level);
    free(dense);
    free(step);
}

void form_measure(const struct form *f, double value[FORM_ALONE])
{
    for (int i = 0; i < FORM_ALONE; i++)
        value[i] = NAN;
    if (f->beats < 2 * PHRASE)
        return;
    returns_measure(f->sound, f->beats, FORM_SOUND, value + FORM_BAR1_M);
    returns_measure(f->harmony, f->beats, CHROMA, value + FORM_BAR1_H);
    joins_measure(f, value);
}
