/* Tempo: of the periods at which the onsets of a clip repeat, the one that most looks like a beat. */
#include "dsp/tempo.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/beat.h"
#include "dsp/fft.h"
#include "dsp/onset.h"

static const double ratio_step = 0.002;              /* candidates, in natural logarithms of the period */
static const double fold_low = 0.3, fold_high = 0.6; /* seconds */
static const double usual = 0.45;                    /* periods are judged as octaves from here */
enum { CANDIDATES = 10 };

static const double least_seconds = 6;

/* How much a period looks like that of the beat: a sum over the autocorrelation
 * of onset strength, of all bands and of the low ones, at multiples of the period.
 * At 0.62 it is the largest near there: where the second of two swung eighths
 * falls. The weights were fitted (conditional logit, ridge) to composed clips of
 * swing, pop, rock, dance and Latin patterns, waltzes and ballads. */
static const struct {
    double multiple, all, low;
} traits[] = {
    {0.25, -1.43, -9.60}, {1.0 / 3, -1.72, -0.84}, {0.5, 1.87, -2.25}, {0.62, 2.13, -3.99},
    {0.75, 1.61, 3.16},   {1, 6.15, -0.76},        {1.5, 0.95, -1.71}, {2, -0.16, 4.55},
    {3, 4.57, -1.68},     {4, 5.12, 6.96},         {8, 0.62, 0.50},
};
static const double octave_weight = -1.37, octave2_weight = -2.24;
enum { TRAITS = sizeof traits / sizeof *traits };

struct repeats {
    int64_t lags;
    double step;      /* seconds */
    float *all, *low; /* [lags] autocorrelation, 1 at lag 0 */
};

/* Autocorrelation about the mean, per product, so that it does not fall with
 * the lag; 0 beyond 0.6 of the clip. */
static float *correlate(const float *x, int64_t n)
{
    int size = 2, bins;
    struct fft *fft;
    float *in, *out;
    double mean = 0, zero;

    while (size < 2 * n)
        size *= 2;
    fft = fft_new(size);
    bins = fft_bins(fft);
    in = mem_floats((size_t)size);
    out = mem_floats(2 * (size_t)bins);
    for (int64_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        in[i] = x[i] - (float)mean;
    fft_forward(fft, in, out);
    for (int k = 0; k < bins; k++) {
        out[2 * k] = out[2 * k] * out[2 * k] + out[2 * k + 1] * out[2 * k + 1];
        out[2 * k + 1] = 0;
    }
    fft_inverse(fft, out, in);
    zero = in[0];
    for (int64_t lag = 0; lag < n; lag++)
        in[lag] =
            zero > 0 && (double)lag <= 0.6 * (double)n ? (float)(in[lag] / zero * (double)n / (double)(n - lag)) : 0;
    fft_free(fft);
    free(out);
    return in;
}

static double at(const struct repeats *r, const float *x, double seconds)
{
    double t = seconds / r->step;
    int64_t i = (int64_t)t;

    return i + 1 < r->lags ? x[i] + (t - (double)i) * (x[i + 1] - x[i]) : 0;
}

static double trait(const struct repeats *r, const float *x, double multiple, double period)
{
    static const double around[] = {0.58, 0.61, 0.64, 0.67};
    double most = -INFINITY;

    if (multiple != 0.62)
        return at(r, x, multiple * period);
    for (int i = 0; i < 4; i++)
        most = fmax(most, at(r, x, around[i] * period));
    return most;
}

static double likeness(const struct repeats *r, double period)
{
    double octaves = log2(period / usual), sum = octave_weight * octaves + octave2_weight * octaves * octaves;

    for (int i = 0; i < TRAITS; i++) {
        sum += traits[i].all * trait(r, r->all, traits[i].multiple, period);
        sum += traits[i].low * trait(r, r->low, traits[i].multiple, period);
    }
    return sum;
}

/* How much repeats at the period and its multiples. */
static double repetition(const struct repeats *r, double period)
{
    static const double multiple[] = {1, 2, 3, 4, 6, 8};
    double sum = 0;

    for (int i = 0; i < 6; i++)
        sum += at(r, r->all, multiple[i] * period) / 6;
    return sum;
}

/* Of the CANDIDATES highest peaks of repetition, the one most like a beat; 0: there is none. */
static double choose(const struct repeats *r)
{
    double peak[CANDIDATES + 1], height[CANDIDATES + 1], before = INFINITY, now = -INFINITY, best = -INFINITY;
    double chosen = 0;
    int n = 0, steps = (int)(log(BEAT_LONGEST / BEAT_SHORTEST) / ratio_step);

    for (int i = 0; i <= steps; i++) {
        double next = repetition(r, BEAT_SHORTEST * exp((i + 1) * ratio_step));
        int k = n;

        if (i == 0)
            now = repetition(r, BEAT_SHORTEST);
        if (i > 0 && now > before && now >= next) {
            for (; k > 0 && height[k - 1] < now; k--) {
                peak[k] = peak[k - 1];
                height[k] = height[k - 1];
            }
            peak[k] = BEAT_SHORTEST * exp(i * ratio_step);
            height[k] = now;
            n += n < CANDIDATES;
        }
        before = now;
        now = next;
    }
    for (int i = 0; i < n; i++) {
        double l = likeness(r, peak[i]);

        if (l > best) {
            best = l;
            chosen = peak[i];
        }
    }
    return chosen;
}

/* Of the mean of all channels. */
static struct onset onsets_of(const float *x, int64_t channels, int64_t samples, int64_t got, double rate)
{
    float *mixed;
    struct onset o;

    if (channels == 1)
        return onset_find(x, got, rate);
    mixed = mem_zero((size_t)got, sizeof *mixed);
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < got; i++)
            mixed[i] += x[c * samples + i] / (float)channels;
    o = onset_find(mixed, got, rate);
    free(mixed);
    return o;
}

bool tempo_find(const float *x, int64_t channels, int64_t samples, int64_t got, double rate, struct tempo *t)
{
    struct onset o;
    struct repeats r;
    double period;

    *t = (struct tempo){0};
    if (rate < TEMPO_RATE_LEAST || rate > TEMPO_RATE_MOST || (double)got < least_seconds * rate)
        return false;
    o = onsets_of(x, channels, samples, got, rate);
    r = (struct repeats){o.frames, o.step, correlate(o.rise, o.frames), correlate(o.low, o.frames)};
    period = choose(&r);
    if (period > 0) {
        struct beat b = beat_fit(&o, period);

        if (beat_steady(&o, b.period))
            *t = (struct tempo){b.period, b.phase};
    }
    free(r.all);
    free(r.low);
    onset_free(&o);
    return t->period > 0;
}

/* Where the first beat of the tempo that was stated is: the grid of beats that
 * fits best, which may be off that tempo by a little, is met in the middle of
 * the clip. Less than 0: there are no beats to be heard. */
static double first_beat(const float *x, int64_t channels, int64_t samples, int64_t got, double rate, double period)
{
    struct onset o = onsets_of(x, channels, samples, got, rate);
    double middle = (double)got / rate / 2, at;
    struct beat b = beat_fit(&o, period);
    bool heard = beat_heard(&o, b.period);

    onset_free(&o);
    if (!heard)
        return -1;
    at = b.phase + round((middle - b.phase) / b.period) * b.period;
    return at - period * floor(at / period);
}

void tempo_note(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got, double rate,
                double stated)
{
    struct tempo t = {.phase = -1};
    bool found = stated > 0;

    if (!found)
        found = tempo_find(x, channels, samples, got, rate, &t);
    else if (rate >= TEMPO_RATE_LEAST && rate <= TEMPO_RATE_MOST)
        t.phase = first_beat(x, channels, samples, got, rate, 60 / stated);
    if (found)
        meta_set(meta, "tempo", meta_real(stated > 0 ? stated : 60 / t.period));
    if (found && t.phase >= 0)
        meta_set(meta, "beat", meta_real(t.phase));
}

double tempo_fold(double period)
{
    assert(period > 0 && isfinite(period));
    while (period < fold_low)
        period *= 2;
    while (period >= fold_high)
        period /= 2;
    return period;
}
