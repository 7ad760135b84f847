/* Scales, ticks and axis lines. */
#include "axes.h"

#include <math.h>
#include <stdio.h>

#include "dsp/mel.h"

enum { LABEL_SIZE = 64 };

static const double tick_length = 4; /* units of the page */
static const double log_from = 50;   /* span of values that makes a scale logarithmic */

struct scale scale_around(double lo, double hi)
{
    bool logarithmic = lo > 0 && hi >= log_from * lo;
    double a = logarithmic ? log10(lo) : lo, b = logarithmic ? log10(hi) : hi, pad = 0.06 * (b - a);

    if (pad < 1e-6 * fmax(fabs(a), fabs(b)))
        pad = 0.05 * fmax(fabs(a), fabs(b));
    if (pad <= 1e-30)
        pad = 1;
    if (logarithmic)
        return (struct scale){.lo = exp10(a - pad), .hi = exp10(b + pad), .kind = SCALE_LOG};
    return (struct scale){.lo = a - pad, .hi = b + pad};
}

double scale_at(const struct scale *s, double value)
{
    double part = s->kind == SCALE_MEL   ? mel_of(value) / mel_of(s->hi)
                  : s->kind == SCALE_LOG ? log(value / s->lo) / log(s->hi / s->lo)
                                         : (value - s->lo) / (s->hi - s->lo);

    return s->from + part * (s->to - s->from);
}

/* Multiples of step; none if there are more than most. */
static struct ticks ticks_step(double lo, double hi, double step, int most)
{
    /* a hair of slack, so that 30 belongs to 0..30 in spite of rounding */
    double first = ceil(lo / step - 1e-6), last = floor(hi / step + 1e-6);
    struct ticks t = {.step = step, .widest = fmax(fabs(lo), fabs(hi))};

    for (int i = 0; last - first < most && i <= last - first; i++)
        t.value[t.count++] = first + i == 0 ? 0 : (first + i) * step; /* no -0 */
    return t;
}

/* At most `most` (1 to AXIS_TICKS) ticks in lo..hi; step 1, 2 or 5 x 10^k. Degenerate ranges give one tick. */
static struct ticks ticks_nice(double lo, double hi, int most)
{
    static const double round[] = {1, 2, 5};
    double range = hi - lo;
    int exponent;

    if (!(range > 0) || !isfinite(range))
        return (struct ticks){.value = {lo}, .step = lo, .count = 1, .widest = fabs(lo)};
    most = most < 1 ? 1 : most;
    exponent = (int)floor(log10(range / most)) - 1;
    for (;; exponent++)
        for (int i = 0; i < 3; i++) {
            struct ticks t = ticks_step(lo, hi, round[i] * pow(10, exponent), most);

            if (t.count > 0 || t.step > range)
                return t;
        }
}

/* The same for seconds: from five minutes on, steps of minutes and hours. */
static struct ticks ticks_time(double lo, double hi, int most)
{
    static const double steps[] = {10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400};

    for (size_t i = 0; hi >= 300 && i < sizeof steps / sizeof steps[0]; i++) {
        struct ticks t = ticks_step(lo, hi, steps[i], most);

        if (t.count > 0) {
            t.clock = true;
            return t;
        }
    }
    return ticks_nice(lo, hi, most);
}

/* Powers of ten, with 2 and 5 times those between where there is room. */
static struct ticks ticks_powers(const struct scale *y, int most)
{
    static const double times[] = {1, 2, 5};
    int from = (int)floor(log10(y->lo)), to = (int)ceil(log10(y->hi)), every = (to - from) / most + 1;
    int each = 3 * (to - from + 1) <= most ? 3 : 1;
    struct ticks t = {0};

    for (int i = 0; i < each * (to - from + 1); i++) {
        double value = times[i % each] * pow(10, from + i / each);

        if ((from + i / each) % every == 0 && value >= y->lo && value <= y->hi)
            t.value[t.count++] = value;
    }
    return t;
}

/* Of frequencies in mel, as many round ones as there is room for from the top down. */
static struct ticks ticks_mel(const struct scale *y, double room)
{
    static const double round[] = {5, 2, 1};
    struct ticks t = {.step = 1, .widest = y->hi};
    double last = INFINITY;

    for (double power = 1e5; power >= 10; power /= 10)
        for (int i = 0; i < 3; i++) {
            double value = round[i] * power, at = fabs(scale_at(y, value) - y->from);

            if (value <= y->hi && last - at >= room && at >= room) {
                t.value[t.count++] = value;
                last = at;
            }
        }
    t.count++; /* 0 */
    return t;
}

struct ticks ticks_up(const struct canvas *c, const struct scale *y, double apart)
{
    int most = (int)fmin(10, fmax(1, fabs(y->to - y->from) / (apart * c->unit)));

    if (y->kind == SCALE_LOG)
        return ticks_powers(y, most);
    return y->kind == SCALE_MEL && y->hi >= 2000 ? ticks_mel(y, 17 * c->unit) : ticks_nice(y->lo, y->hi, most);
}

static void ticks_label(const struct ticks *t, int i, char *buffer, size_t size)
{
    long seconds = t->clock ? lround(t->value[i]) : 0;
    double digits = t->step != 0 ? 2 + floor(log10(t->widest / fabs(t->step))) : 0;

    if (t->clock && t->widest >= 3600)
        snprintf(buffer, size, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60, seconds % 60);
    else if (t->clock)
        snprintf(buffer, size, "%ld:%02ld", seconds / 60, seconds % 60);
    else
        snprintf(buffer, size, "%.*g", (int)fmin(15, fmax(6, digits)), t->value[i]);
}

double ticks_width(struct canvas *c, const struct ticks *t)
{
    double widest = 0;

    for (int i = 0; i < t->count; i++) {
        char label[LABEL_SIZE];

        ticks_label(t, i, label, sizeof label);
        widest = fmax(widest, canvas_text_width(c, label));
    }
    return widest;
}

struct ticks ticks_across(struct canvas *c, double lo, double hi, double length, int most, bool seconds)
{
    for (;; most--) {
        struct ticks t = seconds ? ticks_time(lo, hi, most) : ticks_nice(lo, hi, most);
        double apart = length * fabs(t.step) / (hi - lo);

        if (most <= 1 || t.count <= 1 || ticks_width(c, &t) + 14 * c->unit <= apart)
            return t;
    }
}

void axes_grid(struct canvas *c, const struct rect *r, const struct scale *x, const struct ticks *tx,
               const struct scale *y, const struct ticks *ty)
{
    for (int i = 0; i < tx->count; i++) {
        double at = scale_at(x, tx->value[i]);

        canvas_line(c, INK_GRID, at, r->y, at, r->y + r->h);
    }
    for (int i = 0; i < ty->count; i++) {
        double at = scale_at(y, ty->value[i]);

        canvas_line(c, INK_GRID, r->x, at, r->x + r->w, at);
    }
}

void axes_bottom(struct canvas *c, const struct rect *r, const struct scale *x, const struct ticks *t, bool labels)
{
    double base = r->y + r->h;

    canvas_line(c, INK_AXIS, r->x, base, r->x + r->w, base);
    for (int i = 0; i < t->count; i++) {
        double at = scale_at(x, t->value[i]);
        char label[LABEL_SIZE];

        canvas_line(c, INK_AXIS, at, base, at, base + tick_length * c->unit);
        ticks_label(t, i, label, sizeof label);
        if (labels)
            canvas_text(c, INK_TEXT, at, base + 18 * c->unit, 0.5, label);
    }
}

void axes_up(struct canvas *c, const struct rect *r, const struct scale *y, const struct ticks *t, int side,
             bool labels)
{
    double x = side < 0 ? r->x : r->x + r->w;

    canvas_line(c, INK_AXIS, x, r->y, x, r->y + r->h);
    for (int i = 0; i < t->count; i++) {
        double at = scale_at(y, t->value[i]);
        char label[LABEL_SIZE];

        canvas_line(c, INK_AXIS, x, at, x + side * tick_length * c->unit, at);
        ticks_label(t, i, label, sizeof label);
        if (labels)
            canvas_text(c, INK_TEXT, x + side * 7 * c->unit, at + 4 * c->unit, side < 0 ? 1 : 0, label);
    }
}
