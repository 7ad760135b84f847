/* The latent plane: each clip a point at the first two dimensions of its
 * latent, over the circles of the standard normal prior. */
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "axes.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "clips.h"
#include "grid.h"
#include "labels.h"
#include "plot.h"
#include "text.h"

enum { LABELS_MOST = 40, NAME_MOST = 48 };

static const double page_side = 900, margin = 20, bottom = 50;

struct point {
    double x, y;
    double sd_x, sd_y; /* of the posterior, 0: not known */
};

struct latent {
    struct point *points;
    char *names[LABELS_MOST]; /* of the first points */
    size_t count, room;
    int64_t dims;       /* of the latents, 0: none seen */
    bool spread;        /* some have a posterior, not just a mean */
    const char *tensor; /* "mean", "z" or "noise": what is drawn */
};

static void *latent_start(const struct page *page)
{
    (void)page;
    return mem_zero(1, sizeof(struct latent));
}

/* Mean over the frames of a latent of row d of item i; of exp(x) if asked for. */
static double row_mean(const struct tensor *t, int64_t i, int64_t d, bool exponential)
{
    int64_t dims = t->rank >= 2 ? t->shape[t->rank - 2] : t->shape[0];
    int64_t frames = t->rank >= 2 ? t->shape[t->rank - 1] : 1;
    const float *x = t->data + (i * dims + d) * frames;
    double sum = 0;

    for (int64_t j = 0; j < frames; j++)
        sum += exponential ? exp(x[j]) : x[j];
    return sum / (double)frames;
}

static bool shape_same(const struct tensor *a, const struct tensor *b)
{
    return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof a->shape[0]) == 0;
}

static void point_add(struct latent *l, const struct tensor *t, const struct tensor *logvar, int64_t i,
                      const char *name)
{
    struct point *p;

    if (l->count == l->room) {
        l->room = 2 * l->room + 64;
        l->points = mem_grow(l->points, l->room, sizeof *l->points);
    }
    if (l->count < LABELS_MOST)
        l->names[l->count] = text_clean(name, NAME_MOST);
    p = &l->points[l->count++];
    p->x = row_mean(t, i, 0, false);
    p->y = l->dims > 1 ? row_mean(t, i, 1, false) : 0;
    p->sd_x = logvar != NULL ? sqrt(row_mean(logvar, i, 0, true)) : 0;
    l->spread = l->spread || logvar != NULL;
    p->sd_y = logvar != NULL && l->dims > 1 ? sqrt(row_mean(logvar, i, 1, true)) : 0;
}

static int latent_take(void *state, const struct reader *r, const struct frame *f)
{
    static const char *const names[] = {"mean", "z", "noise"};
    long long number = (long long)reader_frames(r);
    const struct tensor *t = NULL, *logvar = frame_get(f, "logvar");
    struct latent *l = state;
    char shape[128];
    int64_t dims, items;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && t == NULL; i++) {
        t = frame_get(f, names[i]);
        l->tensor = l->tensor != NULL && t != NULL && strcmp(l->tensor, names[i]) != 0 ? "latent"
                    : t != NULL                                                        ? names[i]
                                                                                       : l->tensor;
    }
    if (t == NULL)
        return error_set("%s: frame %lld (%s) has no tensor \"mean\", \"z\" or \"noise\"", reader_label(r), number,
                         f->name);
    if (t->rank < 1 || t->rank > 3 || tensor_count(t) == 0)
        return error_set("%s: frame %lld (%s): latent of shape %s, expected [dimensions, frames] or"
                         " [batch, dimensions, frames]",
                         reader_label(r), number, f->name, tensor_shape_text(t, shape, sizeof shape));
    dims = t->rank >= 2 ? t->shape[t->rank - 2] : t->shape[0];
    if (l->dims != 0 && dims != l->dims)
        return error_set("%s: frame %lld (%s) has %lld dimensions, those before it %lld: plot the latents of"
                         " one model at a time",
                         reader_label(r), number, f->name, (long long)dims, (long long)l->dims);
    l->dims = dims;
    if (logvar != NULL && !shape_same(logvar, t))
        logvar = NULL;
    items = t->rank == 3 ? t->shape[0] : 1;
    for (int64_t i = 0; i < items; i++)
        point_add(l, t, logvar, i, clips_name(f, i, items));
    return 0;
}

static int latent_fit(void *state, struct page *page, double *unit)
{
    struct latent *l = state;

    if (l->count == 0)
        return error_set("no latents to plot: the stream is whole but empty");
    if (l->dims > 2)
        diag_note("dimensions 1 and 2 of %lld are drawn", (long long)l->dims);
    if (page->width == 0)
        page->width = page->height > 0 ? page->height : (int)page_side;
    if (page->height == 0)
        page->height = l->dims > 1 ? page->width : (page->width * 2 + 2) / 5;
    *unit = fmin(8, fmax(0.7, fmin(page->width, page->height * (l->dims > 1 ? 1 : 2.5)) / page_side));
    return 0;
}

static double extent_pad(double lo, double hi)
{
    return hi > lo ? 0.08 * (hi - lo) : 0;
}

/* The posterior of each clip is drawn while there are few. */
static bool has_ellipses(const struct latent *l)
{
    return l->count <= LABELS_MOST && l->dims > 1 && l->spread;
}

/* Smallest and largest coordinates of what is drawn. */
static void points_extent(const struct latent *l, double *lo, double *hi)
{
    lo[0] = lo[1] = INFINITY;
    hi[0] = hi[1] = -INFINITY;
    for (size_t i = 0; i < l->count; i++) {
        const struct point *p = &l->points[i];
        double around = has_ellipses(l) ? 1 : 0;

        lo[0] = fmin(lo[0], p->x - around * p->sd_x);
        hi[0] = fmax(hi[0], p->x + around * p->sd_x);
        lo[1] = fmin(lo[1], p->y - around * p->sd_y);
        hi[1] = fmax(hi[1], p->y + around * p->sd_y);
    }
}

/* Both axes at one scale; the circle of two standard deviations is in view
 * unless the points would then be a mere dot. Returns whether it is. */
static bool view_fit(const struct latent *l, const struct rect *r, struct scale *x, struct scale *y)
{
    double lo[2], hi[2], middle[2], half[2], per_pixel, span;
    bool circle;

    points_extent(l, lo, hi);
    span = fmax(hi[0] - lo[0], hi[1] - lo[1]);
    circle = l->count == 1 ? fmax(fabs(lo[0]), fabs(lo[1])) < 20
                           : span >= 0.22 * (fmax(2, fmax(hi[0], hi[1])) - fmin(-2, fmin(lo[0], lo[1])));
    for (int d = 0; d < 2; d++) {
        double pad = extent_pad(lo[d], hi[d]);

        lo[d] -= pad;
        hi[d] += pad;
        if (circle) {
            lo[d] = fmin(lo[d], -2.2);
            hi[d] = fmax(hi[d], 2.2);
        }
        middle[d] = (lo[d] + hi[d]) / 2;
    }
    per_pixel = fmax((hi[0] - lo[0]) / r->w, l->dims > 1 ? (hi[1] - lo[1]) / r->h : 0);
    if (!(per_pixel > 1e-6 * fmax(fabs(middle[0]), fabs(middle[1])) / r->w) || per_pixel < 1e-12)
        per_pixel = fmax(0.1, 0.1 * fmax(fabs(middle[0]), fabs(middle[1]))) / r->w;
    half[0] = per_pixel * r->w / 2;
    half[1] = per_pixel * r->h / 2;
    *x = (struct scale){middle[0] - half[0], middle[0] + half[0], r->x, r->x + r->w};
    *y = (struct scale){middle[1] - half[1], middle[1] + half[1], r->y + r->h, r->y};
    return circle;
}

static void draw_prior_name(struct canvas *c, double x, double y, const char *name)
{
    double width = canvas_text_width(c, name) + 4 * c->unit;

    cairo_set_source_rgba(c->cr, 1, 1, 1, 0.75);
    cairo_rectangle(c->cr, x - width / 2, y - 10 * c->unit, width, 12 * c->unit);
    cairo_fill(c->cr);
    canvas_text(c, INK_FAINT, x, y, 0.5, name);
}

/* The prior: circles of one and two standard deviations, or (flat: one
 * dimension) lines across. */
static void draw_prior(struct canvas *c, const struct rect *r, const struct scale *x, const struct scale *y, bool flat)
{
    static const char *const names[] = {"1 sd", "2 sd"};
    double u = c->unit, ox = scale_at(x, 0), oy = scale_at(y, 0), one = scale_at(x, 1) - ox;

    canvas_font(c, FONT_NORMAL, 11);
    for (int i = 0; i < 2; i++) {
        double radius = (i + 1) * one, at = flat ? r->y + 16 * u : oy - radius;

        if (fmax(radius, fmax(fabs(ox), fabs(oy))) > 1e5) /* far out of the page: nothing to see */
            continue;
        canvas_ink(c, INK_FAINT, 0.55);
        cairo_set_line_width(c->cr, u);
        cairo_set_dash(c->cr, (double[]){2 * u, 3 * u}, 2, 0);
        cairo_new_path(c->cr);
        if (flat) {
            for (int side = -1; side <= 1; side += 2) {
                cairo_move_to(c->cr, ox + side * radius, r->y + 18 * u);
                cairo_line_to(c->cr, ox + side * radius, r->y + r->h);
            }
        } else {
            cairo_arc(c->cr, ox, oy, radius, 0, 2 * M_PI);
        }
        cairo_stroke(c->cr);
        cairo_set_dash(c->cr, NULL, 0, 0);
        if (at > r->y + 12 * u && one > 20 * u)
            draw_prior_name(c, flat ? ox + radius : ox, at - 4 * u, names[i]);
        if (flat && one > 20 * u)
            draw_prior_name(c, ox - radius, at - 4 * u, names[i]);
    }
}

static void draw_points(struct canvas *c, const struct latent *l, const struct scale *x, const struct scale *y)
{
    double one = scale_at(x, 1) - scale_at(x, 0);
    double radius = (l->count <= LABELS_MOST ? 4 : l->count <= 1000 ? 3 : 1.8) * c->unit;

    for (size_t i = 0; i < l->count && has_ellipses(l); i++) {
        const struct point *p = &l->points[i];
        double wide = fmin(p->sd_x * one, 1e5), high = fmin(p->sd_y * one, 1e5);

        if (wide < radius && high < radius)
            continue;
        cairo_save(c->cr);
        cairo_translate(c->cr, scale_at(x, p->x), scale_at(y, p->y));
        cairo_scale(c->cr, fmax(wide, 0.5), fmax(high, 0.5));
        cairo_new_path(c->cr);
        cairo_arc(c->cr, 0, 0, 1, 0, 2 * M_PI);
        cairo_restore(c->cr);
        canvas_ink(c, INK_WAVE, 0.16);
        cairo_fill_preserve(c->cr);
        canvas_ink(c, INK_WAVE, 0.6);
        cairo_set_line_width(c->cr, c->unit);
        cairo_stroke(c->cr);
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct point *p = &l->points[i];

        cairo_new_path(c->cr);
        cairo_arc(c->cr, scale_at(x, p->x), scale_at(y, p->y), radius, 0, 2 * M_PI);
        canvas_ink(c, INK_WAVE_DARK, l->count <= LABELS_MOST ? 1 : l->count <= 1000 ? 0.6 : 0.35);
        cairo_fill(c->cr);
    }
}

static void draw_names(struct canvas *c, const struct latent *l, const struct rect *r, const struct scale *x,
                       const struct scale *y)
{
    struct label labels[LABELS_MOST];

    for (size_t i = 0; i < l->count; i++)
        labels[i] = (struct label){scale_at(x, l->points[i].x), scale_at(y, l->points[i].y), l->names[i]};
    canvas_font(c, FONT_NORMAL, 12);
    labels_draw(c, r, labels, (int)l->count);
}

/* "200 clips, mean of the posterior; centre (0.1, -0.2), sd (0.9, 1.1)" */
static void latent_remarks(char *buffer, size_t size, const struct latent *l, bool circle)
{
    double sum[2] = {0, 0}, square[2] = {0, 0}, n = (double)l->count;
    const char *what = strcmp(l->tensor, "mean") == 0    ? "posterior means"
                       : strcmp(l->tensor, "z") == 0     ? "draws from the posterior"
                       : strcmp(l->tensor, "noise") == 0 ? "draws from the prior"
                                                         : "latents";
    char text[4][64];
    int used;

    for (size_t i = 0; i < l->count; i++) {
        sum[0] += l->points[i].x / n;
        sum[1] += l->points[i].y / n;
    }
    for (size_t i = 0; i < l->count; i++) {
        square[0] += (l->points[i].x - sum[0]) * (l->points[i].x - sum[0]) / n;
        square[1] += (l->points[i].y - sum[1]) * (l->points[i].y - sum[1]) / n;
    }
    for (int d = 0; d < 2; d++) {
        text_number(text[d], sizeof text[d], sum[d], 3);
        text_number(text[2 + d], sizeof text[2 + d], sqrt(square[d]), 3);
    }
    used = snprintf(buffer, size, "%zu clip%s, %s", l->count, l->count > 1 ? "s" : "", what);
    if (l->dims > 2)
        used += snprintf(buffer + used, size - (size_t)used, ", dimensions 1 and 2 of %lld", (long long)l->dims);
    if (l->count > 1 && l->dims > 1)
        used += snprintf(buffer + used, size - (size_t)used, "; centre (%s, %s), sd (%s, %s)", text[0], text[1],
                         text[2], text[3]);
    else if (l->count > 1)
        used += snprintf(buffer + used, size - (size_t)used, "; centre %s, sd %s", text[0], text[2]);
    snprintf(buffer + used, size - (size_t)used, "%s%s",
             !circle       ? "; close-up (prior: centre 0, sd 1)"
             : l->dims > 1 ? "; circles: prior"
                           : "; dotted: prior",
             has_ellipses(l) ? ", ellipses: posterior" : "");
}

static void latent_draw(void *state, const struct page *page, struct canvas *c)
{
    struct latent *l = state;
    double u = c->unit, top = (page->title != NULL ? 66 : 42) * u;
    struct rect r = {(margin + 56) * u, top, page->width - (2 * margin + 56) * u, page->height - top - bottom * u};
    struct scale x, y;
    struct ticks tx, ty;
    char remarks[512];
    bool circle;

    r = (struct rect){round(r.x), round(r.y), fmax(8, round(r.w)), fmax(8, round(r.h))};
    circle = view_fit(l, &r, &x, &y);
    latent_remarks(remarks, sizeof remarks, l, circle);
    page_heading(c, page, remarks);
    canvas_font(c, FONT_NORMAL, 12);
    tx = ticks_across(c, x.lo, x.hi, r.w, 9, false);
    ty = ticks_nice(y.lo, y.hi, (int)fmax(1, fmin(9, r.h / (30 * u))));
    if (l->dims == 1)
        ty = (struct ticks){.count = 1}; /* the line that the points are on */
    axes_grid(c, &r, &x, &tx, &y, &ty);
    cairo_save(c->cr);
    cairo_rectangle(c->cr, r.x, r.y, r.w, r.h);
    cairo_clip(c->cr);
    if (l->count <= LABELS_MOST)
        draw_prior(c, &r, &x, &y, l->dims == 1);
    draw_points(c, l, &x, &y);
    if (l->count > LABELS_MOST) /* a cloud of points would hide it */
        draw_prior(c, &r, &x, &y, l->dims == 1);
    cairo_restore(c->cr);
    canvas_font(c, FONT_NORMAL, 12);
    axes_bottom(c, &r, &x, &tx, true);
    canvas_text(c, INK_FAINT, r.x + r.w / 2, r.y + r.h + 34 * u, 0.5, "z1");
    if (l->dims > 1) {
        axes_left(c, &r, &y, &ty, true);
        canvas_text_up(c, INK_FAINT, margin * u, r.y + r.h / 2, "z2");
    }
    if (l->count <= LABELS_MOST && r.w * r.h > (double)l->count * 3000 * u * u)
        draw_names(c, l, &r, &x, &y);
}

static void latent_release(void *state)
{
    struct latent *l = state;

    for (size_t i = 0; i < l->count && i < LABELS_MOST; i++)
        free(l->names[i]);
    free(l->points);
    free(l);
}

const struct plot plot_latent = {
    .name = "latent",
    .kinds = (const char *const[]){"latent", "noise", NULL},
    .start = latent_start,
    .take = latent_take,
    .fit = latent_fit,
    .draw = latent_draw,
    .release = latent_release,
};
