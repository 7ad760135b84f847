/* Training curves: panels of the loss, its parts, and what steps were taken with, over the epochs. One colour a log,
 * solid for the training clips and dashed for the test clips. */
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

enum { LOGS_MOST = 8, NAME_MOST = 160, COLUMNS = 3 };

static const double margin = 16, bottom = 50, row = 19, page_width = 1000, plot_height = 420;
static const double small_height = 190, small_head = 20; /* of the panels under the loss */
static const double apart = 9;                           /* units between points that are marked with dots */

/* What is drawn on one vertical axis. */
struct panel {
    const char *title;
    enum figure train, test; /* test LOG_EPOCH: none */
};

/* The first is always there and large, the others where a log has them and they change. */
static const struct panel panels[] = {
    {"loss", LOG_LOSS, LOG_TEST_LOSS}, {"distance", LOG_DISTANCE, LOG_TEST_DISTANCE}, {"KL", LOG_KL, LOG_TEST_KL},
    {"ELBO", LOG_ELBO, LOG_TEST_ELBO}, {"learning rate", LOG_RATE, LOG_EPOCH},        {"beta", LOG_BETA, LOG_EPOCH},
};

enum { PANELS = sizeof panels / sizeof *panels };

struct run {
    char *name;
    struct log log;
};

struct training {
    struct run runs[LOGS_MOST];
    int count;
};

static void *training_start(const struct page *page)
{
    (void)page;
    return mem_zero(1, sizeof(struct training));
}

/* Least and largest value of a figure in a log; lo > hi: there is none. */
static void figure_span(const struct log *log, enum figure f, double *lo, double *hi)
{
    for (size_t i = 0; i < log->count && f != LOG_EPOCH; i++)
        if (isfinite(log->points[i].value[f])) {
            *lo = fmin(*lo, log->points[i].value[f]);
            *hi = fmax(*hi, log->points[i].value[f]);
        }
}

static bool has(const struct log *log, enum figure f)
{
    double lo = INFINITY, hi = -INFINITY;

    figure_span(log, f, &lo, &hi);
    return lo <= hi;
}

static bool changes(const struct training *t, const struct panel *p)
{
    for (int i = 0; i < t->count; i++) {
        double lo = INFINITY, hi = -INFINITY;

        figure_span(&t->runs[i].log, p->train, &lo, &hi);
        figure_span(&t->runs[i].log, p->test, &lo, &hi);
        if (lo < hi)
            return true;
    }
    return false;
}

/* Those under the loss. */
static int panels_small(const struct training *t, const struct panel *list[PANELS])
{
    int count = 0;

    for (int i = 1; i < PANELS; i++)
        if (changes(t, &panels[i]))
            list[count++] = &panels[i];
    return count;
}

static int training_read(void *state, const char *path)
{
    struct training *t = state;
    struct run *run = &t->runs[t->count];
    int status;

    if (t->count == LOGS_MOST)
        return error_set("%s: at most %d logs are drawn in one picture", path, LOGS_MOST);
    status = log_read(path, &run->log);
    if (status != 0)
        return status;
    if (strcmp(path, "-") == 0)
        path = "standard input";
    run->name = text_clean(path, NAME_MOST);
    t->count++;
    if (!has(&run->log, LOG_LOSS) && !has(&run->log, LOG_TEST_LOSS))
        return -error_set("%s: none of its losses is a finite number", path);
    return 0;
}

static double heading(const struct page *page, const struct training *t)
{
    return (page->title != NULL ? 62 : 36) + row * t->count + 6;
}

/* Of all rows of small panels. */
static double small_rows(const struct training *t)
{
    const struct panel *list[PANELS];

    return (panels_small(t, list) + COLUMNS - 1) / COLUMNS * (small_height + bottom);
}

static int training_fit(void *state, struct page *page, double *unit)
{
    const struct training *t = state;
    double high = heading(page, t) + plot_height + bottom + small_rows(t);

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
            x.lo = fmin(x.lo, t->runs[i].log.points[j].value[LOG_EPOCH]);
            x.hi = fmax(x.hi, t->runs[i].log.points[j].value[LOG_EPOCH]);
        }
    if (x.hi - x.lo < 1e-9 * fmax(fabs(x.lo), 1)) {
        double half = fmax(0.5, 0.01 * fabs(x.lo));

        x.lo -= half;
        x.hi += half;
    }
    return x;
}

static struct scale values_span(const struct training *t, const struct panel *p)
{
    double lo = INFINITY, hi = -INFINITY;

    for (int i = 0; i < t->count; i++) {
        figure_span(&t->runs[i].log, p->train, &lo, &hi);
        figure_span(&t->runs[i].log, p->test, &lo, &hi);
    }
    return scale_around(lo, hi);
}

static void draw_axes(struct canvas *c, const struct rect *r, const struct scale *x, const struct scale *y,
                      const struct ticks *ty)
{
    int most = (int)fmin(12, fmax(1, floor(x->hi) - ceil(x->lo) + 1)); /* no halves of epochs */
    struct ticks tx = ticks_across(c, x->lo, x->hi, r->w, most, false);

    axes_grid(c, r, x, &tx, y, ty);
    axes_up(c, r, y, ty, -1, true);
    axes_bottom(c, r, x, &tx, true);
}

/* ---- curves ---- */

static void line_style(struct canvas *c, bool dashed)
{
    double u = c->unit, dash[2] = {7 * u, 4 * u};

    cairo_set_line_width(c->cr, 2.2 * u);
    cairo_set_dash(c->cr, dash, dashed ? 2 : 0, 0);
}

/* The epoch that did best on the test clips, by the ELBO as --patience has it, or where there is none by the loss. */
static const struct log_point *best_of(const struct log *log)
{
    const struct log_point *best = NULL;
    bool elbo = has(log, LOG_TEST_ELBO);
    double most = -INFINITY;

    for (size_t i = 0; i < log->count; i++) {
        const struct log_point *p = &log->points[i];
        double value = elbo ? p->value[LOG_TEST_ELBO] : -p->value[LOG_TEST_LOSS];

        if (isfinite(p->value[LOG_TEST_LOSS]) && value > most) {
            most = value;
            best = p;
        }
    }
    return best;
}

/* A dot for each point, where there is room, and for those that stand alone, which no line shows. */
static void draw_dots(struct canvas *c, const struct log *log, enum figure f, const struct scale *x,
                      const struct scale *y)
{
    bool roomy = scale_at(x, 1) - scale_at(x, 0) >= apart * c->unit;

    for (size_t i = 0; i < log->count; i++) {
        const struct log_point *p = &log->points[i];
        bool alone = (i == 0 || !isfinite(p[-1].value[f])) && (i + 1 == log->count || !isfinite(p[1].value[f]));

        if (!isfinite(p->value[f]) || (!roomy && !alone))
            continue;
        cairo_new_sub_path(c->cr);
        cairo_arc(c->cr, scale_at(x, p->value[LOG_EPOCH]), scale_at(y, p->value[f]), 2.4 * c->unit, 0, 2 * M_PI);
    }
    cairo_fill(c->cr);
}

/* Gaps where there is no value, and where the epochs start again. */
static void draw_line(struct canvas *c, const struct log *log, enum figure f, const struct scale *x,
                      const struct scale *y, bool dashed)
{
    bool pen = false;

    for (size_t i = 0; i < log->count; i++) {
        const double *value = log->points[i].value;

        if (!isfinite(value[f]) || (i > 0 && value[LOG_EPOCH] <= log->points[i - 1].value[LOG_EPOCH]))
            pen = false;
        if (!isfinite(value[f]))
            continue;
        if (pen)
            cairo_line_to(c->cr, scale_at(x, value[LOG_EPOCH]), scale_at(y, value[f]));
        else
            cairo_move_to(c->cr, scale_at(x, value[LOG_EPOCH]), scale_at(y, value[f]));
        pen = true;
    }
    line_style(c, dashed);
    cairo_stroke(c->cr);
    cairo_set_dash(c->cr, NULL, 0, 0);
    draw_dots(c, log, f, x, y);
}

static void draw_ring(struct canvas *c, const struct log *log, const struct scale *x, const struct scale *y)
{
    const struct log_point *best = best_of(log);

    if (best == NULL)
        return;
    cairo_new_path(c->cr);
    cairo_arc(c->cr, scale_at(x, best->value[LOG_EPOCH]), scale_at(y, best->value[LOG_TEST_LOSS]), 6 * c->unit, 0,
              2 * M_PI);
    cairo_set_line_width(c->cr, 2 * c->unit);
    cairo_stroke(c->cr);
}

/* A panel into the box: numbers at its left, epochs under it. */
static void draw_panel(struct canvas *c, const struct training *t, const struct panel *p, struct rect box)
{
    double u = c->unit;
    struct scale x = epochs_span(t), y = values_span(t, p);
    struct rect r = box;
    struct ticks ty;

    y.from = r.y + r.h;
    y.to = r.y;
    ty = ticks_up(c, &y, 26);
    r.x = round(box.x + ticks_width(c, &ty) + 8 * u);
    r.w = fmax(8, round(box.x + box.w - r.x));
    x.from = r.x + 8 * u;
    x.to = r.x + r.w - 8 * u;
    draw_axes(c, &r, &x, &y, &ty);
    for (int i = t->count; i-- > 0;) { /* the first on top */
        const struct log *log = &t->runs[i].log;

        canvas_ink(c, (enum ink)(INK_CURVE + i), 1);
        draw_line(c, log, p->train, &x, &y, false);
        if (p->test != LOG_EPOCH)
            draw_line(c, log, p->test, &x, &y, true);
        if (p == panels)
            draw_ring(c, log, &x, &y);
    }
}

/* ---- words ---- */

/* A piece of line and what it stands for, if there is room; returns where the next one can be. */
static double draw_key(struct canvas *c, int number, bool dashed, double x, double base, double end, const char *words)
{
    double u = c->unit;

    if (x + 34 * u + canvas_text_width(c, words) > end)
        return end;
    canvas_ink(c, (enum ink)(INK_CURVE + number), 1);
    line_style(c, dashed);
    cairo_move_to(c->cr, x, base - 4 * u);
    cairo_line_to(c->cr, x + 28 * u, base - 4 * u);
    cairo_stroke(c->cr);
    cairo_set_dash(c->cr, NULL, 0, 0);
    canvas_text(c, INK_TEXT, x + 34 * u, base, 0, words);
    return x + 34 * u + canvas_text_width(c, words) + 22 * u;
}

static double last_of(const struct log *log, enum figure f)
{
    for (size_t i = log->count; i-- > 0;)
        if (isfinite(log->points[i].value[f]))
            return log->points[i].value[f];
    return NAN;
}

/* "loss 3.81", "test 4.1, at best 4.02 after epoch 17" */
static void key_words(char *buffer, size_t size, const struct log *log, enum figure f)
{
    const struct log_point *best = best_of(log);
    char last[64], least[64], epoch[64];

    text_number(last, sizeof last, last_of(log, f), 5);
    if (f == LOG_LOSS) {
        snprintf(buffer, size, "loss %s", last);
        return;
    }
    text_number(least, sizeof least, best->value[LOG_TEST_LOSS], 5);
    text_number(epoch, sizeof epoch, best->value[LOG_EPOCH], 9);
    snprintf(buffer, size, "test %s, at best %s after epoch %s", last, least, epoch);
}

static void draw_legend(struct canvas *c, const struct training *t, double top, double width)
{
    double u = c->unit;

    for (int i = 0; i < t->count; i++) {
        double x = margin * u, base = top + (row * i + 13) * u;
        const char *folder = t->count == 1 ? strrchr(t->runs[i].name, '/') : NULL; /* one is known without it */
        char *name;

        canvas_font(c, FONT_BOLD, 12);
        name = text_fit(c, folder != NULL ? folder + 1 : t->runs[i].name, 0.34 * width);
        canvas_text(c, INK_TEXT, x, base, 0, name);
        x += fmax(canvas_text_width(c, name), t->count > 1 ? 0.2 * width : 0) + 22 * u;
        free(name);
        canvas_font(c, FONT_NORMAL, 12);
        for (int k = 0; k < 2; k++) {
            enum figure f = k == 0 ? LOG_LOSS : LOG_TEST_LOSS;
            char words[300];

            if (!has(&t->runs[i].log, f))
                continue;
            key_words(words, sizeof words, &t->runs[i].log, f);
            x = draw_key(c, i, k > 0, x, base, margin * u + width, words);
        }
    }
}

/* In rows under each other, from top down. */
static void draw_small(struct canvas *c, const struct training *t, double top, double width)
{
    double u = c->unit, gap = 12 * u, each = (width + gap) / COLUMNS;
    const struct panel *list[PANELS];
    int count = panels_small(t, list);

    for (int i = 0; i < count; i++) {
        struct rect box = {margin * u + i % COLUMNS * each, top + i / COLUMNS * (small_height + bottom) * u, each - gap,
                           (small_height - small_head) * u};

        box.y = round(box.y + small_head * u);
        draw_panel(c, t, list[i], box);
        canvas_text(c, INK_TEXT, box.x, box.y - 8 * u, 0, list[i]->title);
    }
}

static void training_draw(void *state, const struct page *page, struct canvas *c)
{
    const struct training *t = state;
    double u = c->unit, head = heading(page, t) * u, small = small_rows(t) * u, width = page->width - 2 * margin * u;
    size_t epochs = 0;
    char remarks[200];
    struct rect box;

    for (int i = 0; i < t->count; i++)
        epochs = t->runs[i].log.count > epochs ? t->runs[i].log.count : epochs;
    snprintf(remarks, sizeof remarks, "%d training%s, %s%zu epoch%s; values of the last epoch", t->count,
             t->count > 1 ? "s" : "", t->count > 1 ? "up to " : "", epochs, epochs > 1 ? "s" : "");
    page_heading(c, page, remarks);
    draw_legend(c, t, head - (row * t->count + 6) * u, width);
    canvas_font(c, FONT_NORMAL, 12);
    if (page->height - head - bottom * u - small < 100 * u) /* no room but for the loss */
        small = 0;
    box.x = (margin + 18) * u;
    box.y = round(head + 8 * u);
    box.w = page->width - (2 * margin + 22) * u;
    box.h = fmax(8, round(page->height - bottom * u - small - box.y));
    draw_panel(c, t, panels, box);
    canvas_text(c, INK_FAINT, box.x + box.w / 2, box.y + box.h + 36 * u, 0.5, "epoch");
    canvas_text_up(c, INK_FAINT, (margin + 6) * u, box.y + box.h / 2, panels->title);
    if (small > 0)
        draw_small(c, t, page->height - small, width);
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
