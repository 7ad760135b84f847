/* Training curves: the losses of one or more logs over the epochs, one colour
 * a log, solid for the training clips and dashed for the test clips. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "base/error.h"
#include "base/mem.h"
#include "grid.h"
#include "log.h"
#include "plot.h"
#include "text.h"

enum { LOGS_MOST = 8, NAME_MOST = 160, TICKS_MOST = 64 };

static const double margin = 16, bottom = 50, row = 19, page_width = 1000, plot_height = 420;
static const double apart = 9;     /* units between points that are marked with dots */
static const double log_from = 50; /* span of values that makes the axis logarithmic */

enum line { LINE_LOSS, LINE_TEST, LINE_ELBO, LINE_COUNT };

struct run {
    char *name;
    struct log log;
    bool has[LINE_COUNT];
};

struct training {
    struct run runs[LOGS_MOST];
    int count;
};

/* The vertical axis: values, or their logarithms. */
struct spectral_clip {
    struct scale y;
    bool logarithmic;
    double values[TICKS_MOST];
    char labels[TICKS_MOST][64];
    int count;
};

static void *training_start(const struct page *page)
{
    (void)page;
    return mem_zero(1, sizeof(struct training));
}

static double value_at(const struct log_point *p, enum line line)
{
    return line == LINE_LOSS ? p->loss : line == LINE_TEST ? -p->test_elbo : -p->elbo;
}

/* Which lines a run has: minus the ELBO is one of its own only where it is not about the loss. */
static void lines_find(struct run *run)
{
    for (size_t i = 0; i < run->log.count; i++) {
        const struct log_point *p = &run->log.points[i];

        run->has[LINE_LOSS] = run->has[LINE_LOSS] || isfinite(p->loss);
        run->has[LINE_TEST] = run->has[LINE_TEST] || isfinite(p->test_elbo);
        if (fabs(p->loss + p->elbo) > 1e-3 * fabs(p->loss))
            run->has[LINE_ELBO] = true;
    }
    run->has[LINE_ELBO] = run->has[LINE_ELBO] && run->has[LINE_TEST];
}

static int training_read(void *state, const char *path)
{
    struct training *t = state;
    struct run *run = &t->runs[t->count];

    if (t->count == LOGS_MOST)
        return error_set("%s: at most %d logs are drawn in one picture", path, LOGS_MOST);
    if (log_read(path, &run->log) != 0)
        return -1;
    if (strcmp(path, "-") == 0)
        path = "standard input";
    run->name = text_clean(path, NAME_MOST);
    t->count++;
    lines_find(run);
    if (!run->has[LINE_LOSS] && !run->has[LINE_TEST])
        return error_set("%s: none of its losses is a finite number", path);
    return 0;
}

static double heading(const struct page *page, const struct training *t)
{
    return (page->title != NULL ? 62 : 36) + row * t->count + 6;
}

static int training_fit(void *state, struct page *page, double *unit)
{
    const struct training *t = state;
    double high = heading(page, t) + plot_height + bottom;

    if (page->width == 0)
        page->width = page->height > 0 ? (int)fmin(CANVAS_SIZE_MAX, page->height * page_width / high) : (int)page_width;
    if (page->width < CANVAS_SIZE_MIN)
        page->width = CANVAS_SIZE_MIN;
    *unit = fmin(8, fmax(0.7, page->width / page_width));
    if (page->height == 0)
        page->height = (int)fmin(CANVAS_SIZE_MAX, round(high * *unit));
    *unit = fmin(*unit, fmax(0.7, page->height / high));
    if (page->height - (heading(page, t) + bottom) * *unit < 40)
        return error_set("no room for %d curves on a page of %d x %d pixels: ask for a larger one (-W, -H)", t->count,
                         page->width, page->height);
    return 0;
}

/* ---- axes ---- */

static struct scale epochs_span(const struct training *t)
{
    struct scale x = {.lo = INFINITY, .hi = -INFINITY};

    for (int i = 0; i < t->count; i++)
        for (size_t j = 0; j < t->runs[i].log.count; j++) {
            x.lo = fmin(x.lo, t->runs[i].log.points[j].epoch);
            x.hi = fmax(x.hi, t->runs[i].log.points[j].epoch);
        }
    if (x.hi - x.lo < 1e-9 * fmax(fabs(x.lo), 1)) {
        double half = fmax(0.5, 0.01 * fabs(x.lo));

        x.lo -= half;
        x.hi += half;
    }
    return x;
}

static void values_span(const struct training *t, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int i = 0; i < t->count; i++)
        for (size_t j = 0; j < t->runs[i].log.count; j++)
            for (int line = 0; line < LINE_COUNT; line++) {
                double value = value_at(&t->runs[i].log.points[j], (enum line)line);

                if (t->runs[i].has[line] && isfinite(value)) {
                    *lo = fmin(*lo, value);
                    *hi = fmax(*hi, value);
                }
            }
}

static void level_add(struct spectral_clip *v, double value)
{
    text_number(v->labels[v->count], sizeof v->labels[0], value, 6);
    v->values[v->count++] = v->logarithmic ? log10(value) : value;
}

/* Powers of ten, with 2 and 5 times those between where there is room. */
static void spectral_data_powers(struct spectral_clip *v, int most)
{
    int from = (int)floor(v->y.lo), to = (int)ceil(v->y.hi), every = (to - from) / most + 1;
    bool between = 3 * (to - from + 1) <= most;

    for (int k = from; k <= to; k++) {
        static const double times[] = {1, 2, 5};

        for (int i = 0; i < (between ? 3 : 1); i++) {
            double at = k + log10(times[i]);

            if (k % every == 0 && at >= v->y.lo && at <= v->y.hi && v->count < TICKS_MOST)
                level_add(v, times[i] * pow(10, k));
        }
    }
}

static void spectral_data_even(struct spectral_clip *v, int most)
{
    struct ticks ticks = ticks_nice(v->y.lo, v->y.hi, most);

    for (int i = 0; i < ticks.count && v->count < TICKS_MOST; i++) {
        v->values[v->count] = ticks_value(&ticks, i);
        ticks_label(&ticks, i, v->labels[v->count], sizeof v->labels[0]);
        v->count++;
    }
}

static struct spectral_clip spectral_data_of(const struct training *t, int most)
{
    struct spectral_clip v = {0};
    double lo, hi, pad;

    values_span(t, &lo, &hi);
    v.logarithmic = lo > 0 && hi >= log_from * lo;
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
        spectral_data_powers(&v, most);
    else
        spectral_data_even(&v, most);
    return v;
}

static double spectral_data_width(struct canvas *c, const struct spectral_clip *v)
{
    double widest = 0;

    for (int i = 0; i < v->count; i++)
        widest = fmax(widest, canvas_text_width(c, v->labels[i]));
    return widest;
}

static void draw_axes(struct canvas *c, const struct rect *r, const struct scale *x, const struct spectral_clip *v)
{
    double u = c->unit;
    int most = (int)fmin(12, fmax(1, floor(x->hi) - ceil(x->lo) + 1)); /* no halves of epochs */
    struct ticks tx = ticks_across(c, x->lo, x->hi, r->w, most, false);
    struct ticks none = {0};

    axes_grid(c, r, x, &tx, &v->y, &none);
    for (int i = 0; i < v->count; i++) {
        double at = scale_at(&v->y, v->values[i]);

        canvas_line(c, INK_GRID, r->x, at, r->x + r->w, at);
        canvas_line(c, INK_AXIS, r->x - 4 * u, at, r->x, at);
        canvas_text(c, INK_TEXT, r->x - 7 * u, at + 4 * u, 1, v->labels[i]);
    }
    canvas_line(c, INK_AXIS, r->x, r->y, r->x, r->y + r->h);
    axes_bottom(c, r, x, &tx, true);
    canvas_text(c, INK_FAINT, r->x + r->w / 2, r->y + r->h + 36 * u, 0.5, "epoch");
    canvas_text_up(c, INK_FAINT, (margin + 6) * u, r->y + r->h / 2, v->logarithmic ? "loss (logarithmic)" : "loss");
}

/* ---- curves ---- */

static void line_style(struct canvas *c, enum line line)
{
    static const double dashes[LINE_COUNT][2] = {[LINE_TEST] = {7, 4}, [LINE_ELBO] = {1.5, 3}};
    double u = c->unit, dash[2] = {dashes[line][0] * u, dashes[line][1] * u};

    cairo_set_line_width(c->cr, (line == LINE_ELBO ? 1.5 : 2.2) * u);
    cairo_set_dash(c->cr, dash, line == LINE_LOSS ? 0 : 2, 0);
}

/* The epoch with the smallest test figure. */
static const struct log_point *best_of(const struct log *log)
{
    const struct log_point *best = NULL;

    for (size_t i = 0; i < log->count; i++) {
        const struct log_point *p = &log->points[i];

        if (isfinite(p->test_elbo) && (best == NULL || p->test_elbo > best->test_elbo))
            best = p;
    }
    return best;
}

static double height_at(const struct spectral_clip *v, double value)
{
    return scale_at(&v->y, v->logarithmic ? log10(value) : value);
}

/* A dot for each point, where there is room, and for those that stand alone, which no line shows. */
static void draw_dots(struct canvas *c, const struct log *log, enum line line, const struct scale *x,
                      const struct spectral_clip *v)
{
    bool roomy = scale_at(x, 1) - scale_at(x, 0) >= apart * c->unit;

    for (size_t i = 0; i < log->count; i++) {
        double value = value_at(&log->points[i], line);
        bool alone = (i == 0 || !isfinite(value_at(&log->points[i - 1], line))) &&
                     (i + 1 == log->count || !isfinite(value_at(&log->points[i + 1], line)));

        if (!isfinite(value) || (!roomy && !alone) || line == LINE_ELBO)
            continue;
        cairo_new_sub_path(c->cr);
        cairo_arc(c->cr, scale_at(x, log->points[i].epoch), height_at(v, value), 2.4 * c->unit, 0, 2 * M_PI);
    }
    cairo_fill(c->cr);
}

/* Gaps where there is no value, and where the epochs start again. */
static void draw_line(struct canvas *c, const struct log *log, enum line line, const struct scale *x,
                      const struct spectral_clip *v)
{
    bool pen = false;

    for (size_t i = 0; i < log->count; i++) {
        const struct log_point *p = &log->points[i];
        double value = value_at(p, line);

        if (!isfinite(value) || (i > 0 && p->epoch <= log->points[i - 1].epoch))
            pen = false;
        if (!isfinite(value))
            continue;
        if (pen)
            cairo_line_to(c->cr, scale_at(x, p->epoch), height_at(v, value));
        else
            cairo_move_to(c->cr, scale_at(x, p->epoch), height_at(v, value));
        pen = true;
    }
    line_style(c, line);
    cairo_stroke(c->cr);
    cairo_set_dash(c->cr, NULL, 0, 0);
}

static void draw_run(struct canvas *c, const struct run *run, int number, const struct scale *x,
                     const struct spectral_clip *v)
{
    const struct log_point *best = best_of(&run->log);

    canvas_ink(c, (enum ink)(INK_CURVE + number), 1);
    for (int line = 0; line < LINE_COUNT; line++)
        if (run->has[line]) {
            draw_line(c, &run->log, (enum line)line, x, v);
            draw_dots(c, &run->log, (enum line)line, x, v);
        }
    if (best == NULL)
        return;
    cairo_new_path(c->cr);
    cairo_arc(c->cr, scale_at(x, best->epoch), height_at(v, -best->test_elbo), 6 * c->unit, 0, 2 * M_PI);
    cairo_set_line_width(c->cr, 2 * c->unit);
    cairo_stroke(c->cr);
}

/* ---- words ---- */

/* A piece of line and what it stands for, if there is room; returns where the next one can be. */
static double draw_key(struct canvas *c, int number, enum line line, double x, double base, double end,
                       const char *words)
{
    double u = c->unit;

    if (x + 34 * u + canvas_text_width(c, words) > end)
        return end;
    canvas_ink(c, (enum ink)(INK_CURVE + number), 1);
    line_style(c, line);
    cairo_move_to(c->cr, x, base - 4 * u);
    cairo_line_to(c->cr, x + 28 * u, base - 4 * u);
    cairo_stroke(c->cr);
    cairo_set_dash(c->cr, NULL, 0, 0);
    canvas_text(c, INK_TEXT, x + 34 * u, base, 0, words);
    return x + 34 * u + canvas_text_width(c, words) + 22 * u;
}

static double last_of(const struct log *log, enum line line)
{
    for (size_t i = log->count; i-- > 0;)
        if (isfinite(value_at(&log->points[i], line)))
            return value_at(&log->points[i], line);
    return NAN;
}

/* "loss 3.81", "test 4.1, at best 4.02 after epoch 17", "minus ELBO 10391" */
static void key_words(char *buffer, size_t size, const struct run *run, enum line line)
{
    const struct log_point *best = best_of(&run->log);
    char last[64], least[64], epoch[64];

    text_number(last, sizeof last, last_of(&run->log, line), 5);
    if (line != LINE_TEST) {
        snprintf(buffer, size, "%s %s", line == LINE_LOSS ? "loss" : "-ELBO", last);
        return;
    }
    text_number(least, sizeof least, -best->test_elbo, 5);
    text_number(epoch, sizeof epoch, best->epoch, 9);
    snprintf(buffer, size, "test %s, at best %s after epoch %s", last, least, epoch);
}

static void draw_legend(struct canvas *c, const struct training *t, double top, double width)
{
    double u = c->unit;

    for (int i = 0; i < t->count; i++) {
        double x = margin * u, base = top + (row * i + 13) * u;
        char *name;

        canvas_font(c, FONT_BOLD, 12);
        name = text_fit(c, t->runs[i].name, 0.34 * width);
        canvas_text(c, INK_TEXT, x, base, 0, name);
        x += fmax(canvas_text_width(c, name), t->count > 1 ? 0.2 * width : 0) + 22 * u;
        free(name);
        canvas_font(c, FONT_NORMAL, 12);
        for (int line = 0; line < LINE_COUNT; line++) {
            char words[300];

            if (!t->runs[i].has[line])
                continue;
            key_words(words, sizeof words, &t->runs[i], (enum line)line);
            x = draw_key(c, i, (enum line)line, x, base, margin * u + width, words);
        }
    }
}

static void training_draw(void *state, const struct page *page, struct canvas *c)
{
    const struct training *t = state;
    double u = c->unit, head = heading(page, t) * u;
    struct scale x = epochs_span(t);
    size_t epochs = 0;
    char remarks[200];
    struct spectral_clip v;
    struct rect r;

    for (int i = 0; i < t->count; i++)
        epochs = t->runs[i].log.count > epochs ? t->runs[i].log.count : epochs;
    snprintf(remarks, sizeof remarks, "%d training%s, %s%zu epoch%s; values of the last epoch", t->count,
             t->count > 1 ? "s" : "", t->count > 1 ? "up to " : "", epochs, epochs > 1 ? "s" : "");
    page_heading(c, page, remarks);
    draw_legend(c, t, head - (row * t->count + 6) * u, page->width - 2 * margin * u);
    canvas_font(c, FONT_NORMAL, 12);
    r.y = round(head + 8 * u);
    r.h = fmax(8, round(page->height - bottom * u - r.y));
    v = spectral_data_of(t, (int)fmax(2, fmin(10, r.h / (26 * u))));
    r.x = round((margin + 18) * u + spectral_data_width(c, &v) + 8 * u);
    r.w = fmax(8, round(page->width - (margin + 4) * u - r.x));
    v.y.from = r.y + r.h;
    v.y.to = r.y;
    x.from = r.x + 8 * u;
    x.to = r.x + r.w - 8 * u;
    draw_axes(c, &r, &x, &v);
    for (int i = t->count; i-- > 0;) /* the first on top */
        draw_run(c, &t->runs[i], i, &x, &v);
}

static void training_release(void *state)
{
    struct training *t = state;

    for (int i = 0; i < t->count; i++) {
        free(t->runs[i].name);
        log_release(&t->runs[i].log);
    }
    free(t);
}

const struct plot plot_training = {
    .name = "training",
    .kinds = (const char *const[]){NULL},
    .start = training_start,
    .read = training_read,
    .fit = training_fit,
    .draw = training_draw,
    .release = training_release,
};
