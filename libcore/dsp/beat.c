/* Fits a grid of beats to onsets: a search over period and phase, then least squares on the single beats. */
#include "dsp/beat.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const double reach = 0.01;        /* of the period: how far to either side it is searched */
static const double phase_step = 0.005;  /* seconds, of the search */
static const double window = 0.05;       /* seconds: an onset this near to a beat is one of that beat */
static const double window_share = 0.15; /* ... but no more than this share of a period */
static const int rounds = 6;
static const double low_weight = 0.5; /* of the low bands, beside that of all bands */

/* Onset strength, low bands counted again. */
struct pulse {
    int64_t frames;
    double step, mean, deviation;
    double *x;
};

static struct pulse pulse_new(const struct onset *o)
{
    struct pulse p = {.frames = o->frames, .step = o->step, .x = mem_zero((size_t)o->frames, sizeof *p.x)};
    double n = (double)o->frames, square = 0;

    for (int64_t i = 0; i < o->frames; i++) {
        p.x[i] = (o->rise[i] + low_weight * o->low[i]) / (1 + low_weight);
        p.mean += p.x[i] / n;
        square += p.x[i] * p.x[i] / n;
    }
    p.deviation = sqrt(fmax(0, square - p.mean * p.mean));
    return p;
}

static double pulse_at(const struct pulse *p, double seconds)
{
    double t = seconds / p->step;
    int64_t i = (int64_t)floor(t);

    if (i < 0 || i + 1 >= p->frames)
        return 0;
    return p->x[i] + (t - (double)i) * (p->x[i + 1] - p->x[i]);
}

/* Mean strength on the beats from time `from` up to time `to`, less the mean. */
static double comb(const struct pulse *p, double period, double phase, double from, double to)
{
    double sum = 0, k = ceil((from - phase) / period);
    int n = 0;

    to = fmin(to, (double)(p->frames - 1) * p->step);
    for (double t; (t = phase + k * period) < to; k++, n++)
        sum += pulse_at(p, t);
    return n ? sum / n - p->mean : 0;
}

static void search(const struct pulse *p, double centre, struct beat *b)
{
    double length = (double)p->frames * p->step, best = -INFINITY;
    double step = phase_step * centre / length; /* over the clip, a phase_step */
    int n = (int)ceil(reach * centre / step);

    for (int i = -n; i <= n; i++) {
        double period = centre + i * step;

        for (double phase = 0; phase < period; phase += phase_step) {
            double s = comb(p, period, phase, 0, length);

            if (s > best) {
                best = s;
                b->period = period;
                b->phase = phase;
            }
        }
    }
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

/* Stretches of about 8 beats, each moved to and fro by up to a quarter of a
 * beat until its own onsets fall on it best; those with weak beats count less. */
static double stray(const struct pulse *p, const struct beat *b)
{
    double length = (double)p->frames * p->step, sum = 0, weight = 0;
    int n = (int)(length / (8 * b->period));

    n = n < 2 ? 2 : n;
    for (int s = 0; s < n; s++) {
        double from = length * s / n, to = length * (s + 1) / n, best = -INFINITY, shift = 0;

        for (double d = -0.25 * b->period; d <= 0.25 * b->period; d += phase_step) {
            double c = comb(p, b->period, b->phase + d, from, to);

            if (c > best) {
                best = c;
                shift = d;
            }
        }
        best = fmax(0, best);
        sum += best * shift * shift;
        weight += best;
    }
    return weight > 0 ? sqrt(sum / weight) : b->period / 4;
}

struct beat beat_fit(const struct onset *o, double period)
{
    struct pulse p = pulse_new(o);
    struct beat b = {.period = period};
    double over;

    search(&p, period, &b);
    for (int i = 0; i < rounds; i++)
        refine(&p, &b);
    b.phase -= b.period * floor(b.phase / b.period);
    over = comb(&p, b.period, b.phase, 0, INFINITY);
    b.rise = over + p.mean;
    b.contrast = p.deviation > 0 ? over / p.deviation : 0;
    b.stray = stray(&p, &b);
    free(p.x);
    return b;
}
