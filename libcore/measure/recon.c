/* Distances of reconstructions, frame by frame, so that each frame of the
 * original is transformed once for all of them. */
#include "measure/recon.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "measure/levels.h"
#include "measure/melbank.h"
#include "dsp/spectrum.h"

enum { SIZES = 5, MEL_SIZE = 2, MEL_COUNT = 80 };
enum { DAC_SIZES = 7, DAC_LEAST = 32, DAC_BANDS_LEAST = 5, DAC_BANDS_MOST = DAC_BANDS_LEAST << (DAC_SIZES - 1) };

static const double dac_floor = 1e-5;

/* One frame size, and what is taken there. */
struct scale {
    struct spectrum *spectrum;
    int logs;                  /* how many of the five sizes of msls and SC it is: at low rates they coincide */
    struct melbank *mel, *dac; /* mel and DAC's; or NULL */
    bool stft;                 /* DAC's distance of magnitudes */
    double norm;               /* of the Hann window that is not scaled */
    double floor, mel_floor;   /* of this reference, powers */
};

/* A frame of one channel. */
struct view {
    const float *x;           /* the channel; NULL: silence */
    double gain;              /* of its power */
    float *power, *magnitude; /* [bins] */
    float mel[MEL_COUNT], dac[DAC_BANDS_MOST];
};

/* Over the frames of one size. */
struct sums {
    double logs, squares, mel, dac_mel, dac_logs, dac_differences;
};

struct recon_meter {
    struct scale scales[SIZES + DAC_SIZES];
    int count;
    struct view x, edge, y[RECON_ESTIMATES_MOST]; /* edge: x continued by reflection */
    float *room;                                  /* of the views; all y share theirs */
};

/* The scale of that size, added when it is not there. */
static struct scale *scale_of(struct recon_meter *m, int size)
{
    struct scale *s = m->scales;

    while (s < m->scales + m->count && spectrum_size(s->spectrum) != size)
        s++;
    if (s == m->scales + m->count) {
        *s = (struct scale){.spectrum = spectrum_new(size, size / 4), .norm = sqrt(0.375 * size)};
        m->count++;
    }
    return s;
}

static void views_make(struct recon_meter *m)
{
    size_t most = 0;

    for (int i = 0; i < m->count; i++)
        if ((size_t)spectrum_bins(m->scales[i].spectrum) > most)
            most = (size_t)spectrum_bins(m->scales[i].spectrum);
    m->room = mem_zero(6 * most, sizeof *m->room);
    m->x = (struct view){.gain = 1, .power = m->room, .magnitude = m->room + most};
    m->edge = (struct view){.gain = 1, .power = m->room + 2 * most, .magnitude = m->room + 3 * most};
    for (int i = 0; i < RECON_ESTIMATES_MOST; i++)
        m->y[i] = (struct view){.power = m->room + 4 * most, .magnitude = m->room + 5 * most};
}

struct recon_meter *recon_meter_new(double rate)
{
    struct recon_meter *m = mem_zero(1, sizeof *m);
    double factor = exp2(nearbyint(log2(rate / 3000)));

    assert(rate > 0);
    for (int i = 0; i < SIZES; i++) {
        int size = (int)fmax(16, ldexp(64, i) * factor);
        struct scale *s = scale_of(m, size);

        s->logs++;
        if (i == MEL_SIZE)
            s->mel = melbank_new(MELBANK_SUM, MEL_COUNT, 0, rate / 2, size, rate);
    }
    for (int i = 0; i < DAC_SIZES; i++) {
        int size = DAC_LEAST << i;
        struct scale *s = scale_of(m, size);

        s->dac = melbank_new(MELBANK_AREA, DAC_BANDS_LEAST << i, 0, rate / 2, size, rate);
        s->stft = size == 512 || size == 2048;
    }
    views_make(m);
    return m;
}

void recon_meter_free(struct recon_meter *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->count; i++) {
        spectrum_free(m->scales[i].spectrum);
        melbank_free(m->scales[i].mel);
        melbank_free(m->scales[i].dac);
    }
    free(m->room);
    free(m);
}

/* ---- one frame ---- */

static void view_take(const struct scale *s, struct view *v, int64_t samples, int64_t frame, bool reflected)
{
    int bins = spectrum_bins(s->spectrum);

    if (v->x)
        spectrum_power(s->spectrum, v->x, 1, samples, frame, 1, reflected, v->power);
    for (int k = 0; k < bins; k++) {
        v->power[k] = v->x ? (float)(v->power[k] * v->gain) : 0;
        v->magnitude[k] = sqrtf(v->power[k]);
    }
    if (s->mel)
        melbank_apply(s->mel, v->power, v->mel);
    if (s->dac)
        melbank_apply(s->dac, v->magnitude, v->dac);
}

/* Sum of |log10 (max(x, floor) / max(y, floor))|. Ratios of 1 and more are
 * multiplied until their product is large: one logarithm for many of them. */
static double log_distance(const float *x, const float *y, int count, double floor)
{
    double sum = 0, product = 1;

    for (int k = 0; k < count; k++) {
        double a = x[k] > floor ? x[k] : floor, b = y[k] > floor ? y[k] : floor;

        product *= a > b ? a / b : b / a;
        if (product > 1e100) {
            sum += log10(product);
            product = 1;
        }
    }
    return sum + log10(product);
}

static void views_compare(const struct scale *s, const struct view *x, const struct view *y, struct sums *to)
{
    int bins = spectrum_bins(s->spectrum);

    if (s->logs)
        to->logs += log_distance(x->power, y->power, bins, s->floor);
    for (int k = 0; s->logs && k < bins; k++)
        to->squares += pow((double)x->magnitude[k] - y->magnitude[k], 2);
    if (s->mel)
        to->mel += log_distance(x->mel, y->mel, MEL_COUNT, s->mel_floor);
}

/* Magnitudes here lack the factor of a window that is not scaled: so do the floors. */
static void views_compare_dac(const struct scale *s, const struct view *x, const struct view *y, struct sums *to)
{
    int bins = spectrum_bins(s->spectrum);
    double floor = dac_floor / s->norm;

    if (s->dac)
        to->dac_mel += log_distance(x->dac, y->dac, melbank_bands(s->dac), floor);
    if (s->stft)
        to->dac_logs += log_distance(x->power, y->power, bins, floor * floor);
    for (int k = 0; s->stft && k < bins; k++)
        to->dac_differences += s->norm * fabs((double)x->magnitude[k] - y->magnitude[k]);
}

static void frame_compare(struct recon_meter *m, const struct scale *s, struct view *y, int count, int64_t samples,
                          int64_t frame, struct sums *sums)
{
    bool edge = s->dac && !spectrum_inside(s->spectrum, samples, frame);

    view_take(s, &m->x, samples, frame, false);
    m->edge.x = m->x.x;
    if (edge)
        view_take(s, &m->edge, samples, frame, true);
    for (int i = 0; i < count; i++) {
        view_take(s, &y[i], samples, frame, false);
        views_compare(s, &m->x, &y[i], &sums[i]);
        if (edge)
            view_take(s, &y[i], samples, frame, true);
        views_compare_dac(s, edge ? &m->edge : &m->x, &y[i], &sums[i]);
    }
}

/* ---- one size ---- */

/* Sets the floors to the loudest of all channels; returns the sum of all powers. */
static double floors_set(struct recon_meter *m, struct scale *s, const float *x, int64_t channels, int64_t samples)
{
    double most = 0, mel_most = 0, energy = 0;

    for (int64_t c = 0; s->logs && c < channels; c++)
        for (int64_t f = 0; f < spectrum_frames(s->spectrum, samples); f++) {
            m->x.x = x + c * samples;
            view_take(s, &m->x, samples, f, false);
            for (int k = 0; k < spectrum_bins(s->spectrum); k++) {
                most = m->x.power[k] > most ? m->x.power[k] : most;
                energy += m->x.power[k];
            }
            for (int k = 0; s->mel && k < MEL_COUNT; k++)
                mel_most = m->x.mel[k] > mel_most ? m->x.mel[k] : mel_most;
        }
    s->floor = most * 1e-6;
    s->mel_floor = mel_most * 1e-8;
    return energy;
}

static void size_finish(const struct scale *s, const struct sums *sums, double energy, double frames, struct recon *r)
{
    double bins = frames * spectrum_bins(s->spectrum);

    if (s->logs) {
        r->value[RECON_MSLS] += 10 * sums->logs / bins * s->logs / SIZES;
        r->value[RECON_SC] += sqrt(sums->squares / energy) * s->logs / SIZES;
    }
    if (s->mel)
        r->value[RECON_MEL] += 10 * sums->mel / (frames * MEL_COUNT);
    if (s->dac)
        r->value[RECON_DAC_MEL] += sums->dac_mel / (frames * melbank_bands(s->dac));
    if (s->stft)
        r->value[RECON_DAC_STFT] += (sums->dac_logs + sums->dac_differences) / bins;
}

static void size_measure(struct recon_meter *m, struct scale *s, const float *x, const struct recon_estimate *estimates,
                         int count, int64_t channels, int64_t samples, struct recon *r)
{
    double energy = floors_set(m, s, x, channels, samples);
    int64_t frames = spectrum_frames(s->spectrum, samples);
    struct sums sums[RECON_ESTIMATES_MOST] = {0};

    for (int64_t c = 0; c < channels; c++) {
        m->x.x = x + c * samples;
        for (int i = 0; i < count; i++)
            m->y[i].x = estimates[i].x ? estimates[i].x + c * samples : NULL;
        for (int64_t f = 0; f < frames; f++)
            frame_compare(m, s, m->y, count, samples, f, sums);
    }
    for (int i = 0; i < count; i++)
        size_finish(s, &sums[i], energy, (double)(channels * frames), &r[i]);
}

/* ---- all ---- */

void recon_measure(struct recon_meter *m, const float *reference, const struct recon_estimate *estimates, int count,
                   int64_t channels, int64_t samples, struct recon *r)
{
    double rms = level_rms(reference, channels * samples);

    assert(count <= RECON_ESTIMATES_MOST);
    for (int i = 0; i < count; i++) {
        double own = estimates[i].x ? level_rms(estimates[i].x, channels * samples) : 0, gain = own > 0 ? rms / own : 1;

        for (int k = 0; k < RECON_COUNT; k++)
            r[i].value[k] = rms > 0 ? 0 : NAN;
        r[i].value[RECON_GAIN] = rms > 0 && own > 0 ? level_db(gain) : NAN;
        m->y[i].gain = estimates[i].as_it_is ? 1 : gain * gain;
    }
    for (int k = 0; rms > 0 && k < m->count; k++)
        size_measure(m, &m->scales[k], reference, estimates, count, channels, samples, r);
}
