/* Scales, ticks and axis lines. */
#include "axes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

enum { LABEL_SIZE = 64 };

static const double tick_length = 4; /* units of the page */

double scale_at(const struct scale *s, double value)
{
    return s->from + (value - s->lo) / (s->hi - s->lo) * (s->to - s->from);
}

static struct ticks ticks_step(double lo, double hi, double step)
{
    /* a hair of slack, so that 30 belongs to 0..30 in spite of rounding */
    double first = ceil(lo / step - 1e-6), last = floor(hi / step + 1e-6);
    struct ticks t = {
        .first = first, .step = step, .count = (int)fmin(last - first, 1000) + 1, .widest = fmax(fabs(lo), fabs(hi))};

    return t;
}

struct ticks ticks_nice(double lo, double hi, int most)
{
    static const double round[] = {1, 2, 5};
    double range = hi - lo;
    int exponent;

    if (!(range > 0) || !isfinite(range))
        return (struct ticks){.first = 1, .step = lo, .count = 1, .widest = fabs(lo)};
    if (most < 1)
        most = 1;
    exponent = (int)floor(log10(range / most)) - 1;
    for (;; exponent++)
        for (int i = 0; i < 3; i++) {
            struct ticks t = ticks_step(lo, hi, round[i] * pow(10, exponent));

            if (t.count <= most)
                return t;
        }
}

struct ticks ticks_time(double lo, double hi, int most)
{
    static const double steps[] = {10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400};

    if (hi < 300)
        return ticks_nice(lo, hi, most);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct ticks t = ticks_step(lo, hi, steps[i]);

        if (t.count <= most) {
            t.clock = true;
            return t;
        }
    }
    return ticks_nice(lo, hi, most);
}

double ticks_value(const struct ticks *t, int i)
{
    double value = (t->first + i) * t->step;

    return value == 0 ? 0 : value; /* no -0 */
}

/* Decimals of a mantissa as large as `large` that still show steps of `step`. */
static int digits_between(double large, double step)
{
    return (int)fmin(15, fmax(0, floor(log10(large)) - floor(log10(step) + 1e-9)));
}

void ticks_label(const struct ticks *t, int i, char *buffer, size_t size)
{
    double value = ticks_value(t, i), step = fabs(t->step);
    int decimals = step > 0 ? (int)fmax(0, -floor(log10(step) + 1e-9)) : 0;

    if (t->clock) {
        long seconds = lround(value);

        if (t->widest >= 3600)
            snprintf(buffer, size, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60, seconds % 60);
        else
            snprintf(buffer, size, "%ld:%02ld", seconds / 60, seconds % 60);
        return;
    }
    if (value == 0 && t->widest > 0 && (decimals > 5 || t->widest >= 1e6))
        snprintf(buffer, size, "0");
    else if ((decimals > 5 && t->widest < 1e-3) || t->widest >= 1e6)
        snprintf(buffer, size, "%.*e", step > 0 ? digits_between(t->widest, step) : 6, value);
    else
        snprintf(buffer, size, "%.*f", decimals < 15 ? decimals : 15, value);
    text_minus(buffer, size);
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
        double at = scale_at(x, ticks_value(tx, i));

        canvas_line(c, INK_GRID, at, r->y, at, r->y + r->h);
    }
    for (int i = 0; i < ty->count; i++) {
        double at = scale_at(y, ticks_value(ty, i));

        canvas_line(c, INK_GRID, r->x, at, r->x + r->w, at);
    }
}

void axes_bottom(struct canvas *c, const struct rect *r, const struct scale *x, const struct ticks *t, bool labels)
{
    double base = r->y + r->h;

    canvas_line(c, INK_AXIS, r->x, base, r->x + r->w, base);
    for (int i = 0; i < t->count; i++) {
        double at = scale_at(x, ticks_value(t, i));
        char label[LABEL_SIZE];

        canvas_line(c, INK_AXIS, at, base, at, base + tick_length * c->unit);
        ticks_label(t, i, label, sizeof label);
        if (labels)
            canvas_text(c, INK_TEXT, at, base + 18 * c->unit, 0.5, label);
    }
}

void axes_left(struct canvas *c, const struct rect *r, const struct scale *y, const struct ticks *t, bool labels)
{
    canvas_line(c, INK_AXIS, r->x, r->y, r->x, r->y + r->h);
    for (int i = 0; i < t->count; i++) {
        double at = scale_at(y, ticks_value(t, i));
        char label[LABEL_SIZE];

        canvas_line(c, INK_AXIS, r->x - tick_length * c->unit, at, r->x, at);
        ticks_label(t, i, label, sizeof label);
        if (labels)
            canvas_text(c, INK_TEXT, r->x - 7 * c->unit, at + 4 * c->unit, 1, label);
    }
}
