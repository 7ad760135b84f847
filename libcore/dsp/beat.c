/* Fits a grid of beats to onsets: a search over period and phase, then least squares on the single beats.
 * Whether the clip follows it: whether it predicts the onsets, and better than other grids do. */
#include "dsp/beat.h"

#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/mem.h"

static const double reach = 0.01;        /* of the period: how far to either side it is searched */
static const double phase_step = 0.005;  /* seconds, of the search */
static const double window = 0.05;       /* seconds: an onset this near to a beat is one of that beat */
static const double window_share = 0.15; /* ... but no more than this share of a period */
static const int rounds = 6;
static const double apart = 0.015;    /* in logarithms of the period: tempos nearer than this are one */
static const double low_weight = 0.5; /* of the low bands, beside that of all bands */

/* Places in a beat; stretches of a clip; tempos that one is compared with; what being misled counts for, as it takes to
 * refuse the parts of a clip of wavering tempo that happen to fit. */
enum { PLACES = 24, STRETCHES = 16, OTHERS = 1500, COST = 3 };

/* Onset strength, low bands counted again. */
struct pulse {
    int64_t frames;
    double step, mean;
    double *x;
    double *before; /* [frames + 1] sums of the first frames, the mean off */
    double wander;
};

static void pulse_free(struct pulse *p)
{
    free(p->x);
    free(p->before);
}

/* By how much the squared error of the mean of all other stretches is over that of the mean of all. */
static double wander_of(const struct pulse *p)
{
    double wander = 0;

    for (int64_t s = 0, from = 0, to; s < STRETCHES; s++, from = to) {
        double sum, count, others;

        to = ((s + 1) * p->frames + STRETCHES - 1) / STRETCHES;
        sum = p->before[to] - p->before[from];
        count = (double)(to - from);
        others = (double)p->frames - count;
        wander += sum * sum / others * (2 + count / others);
    }
    return wander;
}

static struct pulse pulse_new(const struct onset *o)
{
    struct pulse p = {.frames = o->frames, .step = o->step, .x = mem_zero((size_t)o->frames, sizeof *p.x)};
    double n = (double)o->frames;

    for (int64_t i = 0; i < o->frames; i++) {
        p.x[i] = (o->rise[i] + low_weight * o->low[i]) / (1 + low_weight);
        p.mean += p.x[i] / n;
    }
    p.before = mem_zero((size_t)o->frames + 1, sizeof *p.before);
    for (int64_t i = 0; i < o->frames; i++)
        p.before[i + 1] = p.before[i] + p.x[i] - p.mean;
    p.wander = wander_of(&p);
    return p;
}

/* Mean strength [count] on the beats of a period in frames that begin at phases 0, step ..., before its end; x: of
 * the frames, of which end is the last. */
KERNEL(comb, (const double *restrict x, double end, double period, double step, int count, double *restrict mean),
       (x, end, period, step, count, mean))
{
    for (int k = 0; k < count; k++)
        mean[k] = 0;
    for (int n = 0; n * period < end; n++) {
        double within = ceil((end - n * period) / step);
        int some = within < count ? (int)within : count;

        for (int k = 0; k < some; k++) {
            double t = n * period + k * step;
            int i = (int)t;

            mean[k] += x[i] + (t - i) * (x[i + 1] - x[i]);
        }
    }
    for (int k = 0; k < count; k++)
        mean[k] /= fmax(1, ceil((end - k * step) / period));
}

static void search(const struct pulse *p, double centre, struct beat *b)
{
    double length = (double)p->frames * p->step, best = -INFINITY;
    double step = phase_step * centre / length; /* over the clip, a phase_step */
    int n = (int)ceil(reach * centre / step), most = (int)ceil((1 + 2 * reach) * centre / phase_step);
    double *mean = mem_alloc((size_t)most * sizeof *mean);

    for (int i = -n; i <= n; i++) {
        double period = centre + i * step;
        int count = (int)fmin(most, ceil(period / phase_step));

        comb(p->x, (double)(p->frames - 1), period / p->step, phase_step / p->step, count, mean);
        for (int k = 0; k < count; k++)
            if (mean[k] > best) {
                best = mean[k];
                b->period = period;
                b->phase = k * phase_step;
            }
    }
    free(mean);
}

/* One round of least squares: where the onsets near each beat have their
 * centre of gravity, as a line over the number of the beat. */
static void refine(const struct pulse *p, struct beat *b)
{
    double width = fmin(window, window_share * b->period), end = (double)(p->frames - 1) * p->step;
    double w0 = 0, w1 = 0, w2 = 0, d0 = 0, d1 = 0, det;
    int64_t k = 0;

    for (double t; (t = b->phase + (double)k * b->period) < end; k++) {
        int64_t first = (int64_t)ceil((t - width) / p->step), last = (int64_t)floor((t + width) / p->step);

        for (int64_t i = first < 0 ? 0 : first; i <= last && i < p->frames; i++) {
            double d = (double)i * p->step - t, w = fmax(0, p->x[i] - p->mean) * (1 + cos(M_PI * d / width));
            double at = (double)k;

            w0 += w;
            w1 += w * at;
            w2 += w * at * at;
            d0 += w * d;
            d1 += w * d * at;
        }
    }
    det = w0 * w2 - w1 * w1;
    if (det <= 1e-9 * w0 * w2)
        return;
    b->phase += (w2 * d0 - w1 * d1) / det;
    b->period += (w0 * d1 - w1 * d0) / det;
}

/* Onsets by their place in the beat: sum and number of those of each stretch of the clip. */
struct places {
    double sum[PLACES][STRETCHES], count[PLACES][STRETCHES];
};

static struct places places_of(const struct pulse *p, double period)
{
    const uint64_t step = (uint64_t)(p->step / period * 0x1p32 * 0x1p16); /* of a beat, which is 2^48 */
    struct places w;
    uint64_t at = 0;

    for (int64_t i = 0, s = 0; s < STRETCHES; s++) {
        double here[PLACES][2] = {{0}}; /* sum and number */

        for (; i * STRETCHES < (s + 1) * p->frames; i++, at += step) {
            double *place = here[((at >> 16 & UINT32_MAX) * PLACES) >> 32];

            place[0] += p->x[i];
            place[1] += 1;
        }
        for (int b = 0; b < PLACES; b++) {
            w.sum[b][s] = here[b][0];
            w.count[b][s] = here[b][1];
        }
    }
    return w;
}

/* By how much the squared error of each stretch is less when each frame is predicted by the mean of its place in all
 * other stretches than by the mean of all their frames. */
KERNEL(gains, (const struct places *w, double *less), (w, less))
{
    double sums[PLACES], counts[PLACES], mean[STRETCHES] = {0}, frames[STRETCHES] = {0};

    for (int b = 0; b < PLACES; b++) {
        sums[b] = counts[b] = 0;
        for (int s = 0; s < STRETCHES; s++) {
            sums[b] += w->sum[b][s];
            counts[b] += w->count[b][s];
        }
        for (int s = 0; s < STRETCHES; s++) {
            mean[s] += sums[b] - w->sum[b][s];
            frames[s] += counts[b] - w->count[b][s];
        }
    }
    for (int s = 0; s < STRETCHES; s++) {
        mean[s] /= frames[s];
        less[s] = 0;
    }
    for (int b = 0; b < PLACES; b++)
        for (int s = 0; s < STRETCHES; s++) {
            double n = counts[b] - w->count[b][s], m = n > 0 ? (sums[b] - w->sum[b][s]) / n : mean[s];

            less[s] += (m - mean[s]) * (2 * w->sum[b][s] - w->count[b][s] * (m + mean[s]));
        }
}

/* What the stretches gain, less more than what some lose: a grid that fits here and misleads there is none. */
static double told(const struct pulse *p, double period)
{
    struct places w = places_of(p, period);
    double gain[STRETCHES], sum = 0;

    gains(&w, gain);
    for (int s = 0; s < STRETCHES; s++)
        sum += gain[s] < 0 ? COST * gain[s] : gain[s];
    return sum;
}

/* Sums of the values before the first frame at each place of each beat, and how many that are; width: of a place in frames,
 * before [frames + 1]: sums of the first frames. */
KERNEL(places_add, (const double *before, int frames, double width, double *restrict sum, double *restrict count),
       (before, frames, width, sum, count))
{
    double sums[PLACES] = {0}, counts[PLACES] = {0};

    for (int n = 0; n * width < frames; n += PLACES)
        for (int b = 0; b < PLACES; b++) {
            double at = ceil((n + b) * width);

            at = at < frames ? at : frames;
            sums[b] += before[(int64_t)at];
            counts[b] += at;
        }
    for (int b = 0; b < PLACES; b++) {
        sum[b] = sums[b];
        count[b] = counts[b];
    }
}

/* What told can come to at most, but for rounding at the bounds of places: what their means explain, none of the
 * stretches left out, over the mean of all others. */
static double told_most(const struct pulse *p, double period)
{
    double sum[PLACES + 1], count[PLACES + 1], most = p->wander;

    places_add(p->before, (int)p->frames, period / p->step / PLACES, sum, count);
    sum[PLACES] = sum[0] + p->before[p->frames];
    count[PLACES] = count[0] + (double)p->frames;
    for (int b = 0; b < PLACES; b++) {
        double s = sum[b + 1] - sum[b], n = count[b + 1] - count[b];

        most += n > 0 ? s * s / n : 0;
    }
    return most;
}

/* Periods whose grids have beats in common. */
static bool related(double ratio)
{
    static const double simple[] = {0.25, 1.0 / 3, 0.5, 2.0 / 3, 0.75, 1, 4.0 / 3, 1.5, 2, 3, 4};

    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (fabs(log(ratio / simple[i])) < apart)
            return true;
    return false;
}

bool beat_heard(const struct onset *o, double period)
{
    struct pulse p = pulse_new(o);
    bool heard = told(&p, period) > 0;

    pulse_free(&p);
    return heard;
}

bool beat_steady(const struct onset *o, double period)
{
    struct pulse p = pulse_new(o);
    double most = told(&p, period);
    bool steady = most > 0;

    for (int i = 0; steady && i < OTHERS; i++) {
        double other = BEAT_SHORTEST * pow(BEAT_LONGEST / BEAT_SHORTEST, (double)i / (OTHERS - 1));

        steady = related(other / period) || told_most(&p, other) * 1.01 < most || told(&p, other) < most;
    }
    pulse_free(&p);
    return steady;
}

struct beat beat_fit(const struct onset *o, double period)
{
    struct pulse p = pulse_new(o);
    struct beat b = {.period = period};

    search(&p, period, &b);
    for (int i = 0; i < rounds; i++)
        refine(&p, &b);
    b.phase -= b.period * floor(b.phase / b.period);
    pulse_free(&p);
    return b;
}
