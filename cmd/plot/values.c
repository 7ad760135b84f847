/* Labels at round values or powers of ten. */
#include "values.h"

#include <math.h>

#include "text.h"

static const double log_from = 50; /* span of values that makes the axis logarithmic */

static void label_add(struct values *v, double value)
{
    text_number(v->labels[v->count], sizeof v->labels[0], value, 6);
    v->ticks[v->count++] = v->logarithmic ? log10(value) : value;
}

/* Powers of ten, with 2 and 5 times those between where there is room. */
static void labels_powers(struct values *v, int most)
{
    int from = (int)floor(v->y.lo), to = (int)ceil(v->y.hi), every = (to - from) / most + 1;
    bool between = 3 * (to - from + 1) <= most;

    for (int k = from; k <= to; k++) {
        static const double times[] = {1, 2, 5};

        for (int i = 0; i < (between ? 3 : 1); i++) {
            double at = k + log10(times[i]);

            if (k % every == 0 && at >= v->y.lo && at <= v->y.hi && v->count < VALUES_MOST)
                label_add(v, times[i] * pow(10, k));
        }
    }
}

static void labels_even(struct values *v, int most)
{
    struct ticks ticks = ticks_nice(v->y.lo, v->y.hi, most);

    for (int i = 0; i < ticks.count && v->count < VALUES_MOST; i++) {
        v->ticks[v->count] = ticks_value(&ticks, i);
        ticks_label(&ticks, i, v->labels[v->count], sizeof v->labels[0]);
        v->count++;
    }
}

struct values values_axis(double lo, double hi, int most)
{
    struct values v = {.logarithmic = lo > 0 && hi >= log_from * lo};
    double pad;

    if (v.logarithmic) {
        lo = log10(lo);
        hi = log10(hi);
    }
    pad = 0.06 * (hi - lo);
    if (pad < 1e-6 * fmax(fabs(lo), fabs(hi)))
        pad = 0.05 * fmax(fabs(lo), fabs(hi));
    if (pad <= 1e-30)
        pad = 1;
    v.y.lo = lo - pad;
    v.y.hi = hi + pad;
    if (v.logarithmic)
        labels_powers(&v, most);
    else
        labels_even(&v, most);
    return v;
}

double values_at(const struct values *v, double value)
{
    return scale_at(&v->y, v->logarithmic ? log10(value) : value);
}

double values_width(struct canvas *c, const struct values *v)
{
    double widest = 0;

    for (int i = 0; i < v->count; i++)
        widest = fmax(widest, canvas_text_width(c, v->labels[i]));
    return widest;
}

void values_draw(struct canvas *c, const struct rect *r, const struct values *v)
{
    double u = c->unit;

    for (int i = 0; i < v->count; i++) {
        double at = scale_at(&v->y, v->ticks[i]);

        canvas_line(c, INK_GRID, r->x, at, r->x + r->w, at);
        canvas_line(c, INK_AXIS, r->x - 4 * u, at, r->x, at);
        canvas_text(c, INK_TEXT, r->x - 7 * u, at + 4 * u, 1, v->labels[i]);
    }
    canvas_line(c, INK_AXIS, r->x, r->y, r->x, r->y + r->h);
}
