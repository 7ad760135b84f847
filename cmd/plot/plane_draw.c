/* The plane of latents on a page: times of clips as points, joined while there are few clips, in the colour of their
 * track, over the circles of a standard normal prior. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "axes.h"
#include "base/diag.h"
#include "base/mem.h"
#include "grid.h"
#include "latent.h"
#include "text.h"

enum { INKS = 8 };

static const double margin = 20, bottom = 50;

/* ---- tracks ---- */

/* Clips have a colour each track where that tells any of them apart or together. */
static bool has_tracks(const struct latent *l)
{
    return l->track_count > 1 && (l->track_count <= INKS || l->track_count < (int)l->count);
}

static enum ink ink_of(const struct latent *l, int track)
{
    int number = l->track_count <= INKS || track < INKS - 1 ? track : INKS - 1;

    return (enum ink)(INK_CURVE + (has_tracks(l) && number >= 0 ? number : 0));
}

/* The legend of the tracks, in lines from y on; returns where the next one would be. */
static double draw_tracks(struct canvas *c, const struct latent *l, double y)
{
    int count = !has_tracks(l) ? 0 : l->track_count < INKS ? l->track_count : INKS;
    double u = c->unit, left = 16 * u, x = left;

    canvas_font(c, FONT_NORMAL, 12);
    for (int i = 0; i < count; i++) {
        bool others = i == INKS - 1 && l->track_count > INKS;
        char *words = others ? mem_format("%d others", l->track_count - i) : text_clean(l->tracks[i], 24);
        double wide = canvas_text_width(c, words) + 32 * u;

        if (x > left && x + wide > c->width) {
            x = left;
            y += 18 * u;
        }
        canvas_ink(c, ink_of(l, i), 1);
        cairo_rectangle(c->cr, round(x), round(y - 9 * u), round(11 * u), round(9 * u));
        cairo_fill(c->cr);
        canvas_text(c, INK_TEXT, x + 16 * u, y, 0, words);
        x += wide;
        free(words);
    }
    return count > 0 ? y + 18 * u : y;
}

/* ---- the view ---- */

/* Both axes at one scale. They are never so close up that what cannot be told apart looks far apart: two standard
 * deviations of a standard normal prior are in view, else as many of the posterior, else a span of 1. */
static void view_fit(const struct plane *p, const struct latent *l, const struct rect *r, struct scale *x,
                     struct scale *y)
{
    double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY}, middle[2], per_pixel = 0;
    double least = l->spread ? 4 * fmax(p->posterior[0], p->posterior[1]) : 1;

    for (int64_t i = 0; i < l->points; i++) {
        const struct point *at = &p->points[i];

        lo[0] = fmin(lo[0], at->x);
        hi[0] = fmax(hi[0], at->x);
        lo[1] = fmin(lo[1], at->y);
        hi[1] = fmax(hi[1], at->y);
    }
    for (int d = 0; d < 2; d++) {
        double pad = 0.06 * (hi[d] - lo[d]);

        lo[d] = l->normal ? fmin(lo[d] - pad, -2.2) : lo[d] - pad;
        hi[d] = l->normal ? fmax(hi[d] + pad, 2.2) : hi[d] + pad;
        middle[d] = (lo[d] + hi[d]) / 2;
        per_pixel = fmax(per_pixel, fmax(hi[d] - lo[d], least) / (d == 0 ? r->w : r->h));
    }
    per_pixel = fmax(per_pixel, 1e-5 * fmax(fabs(middle[0]), fabs(middle[1])) / r->w); /* what a double can tell */
    *x = (struct scale){.lo = middle[0] - per_pixel * r->w / 2, .hi = middle[0] + per_pixel * r->w / 2};
    *y = (struct scale){.lo = middle[1] - per_pixel * r->h / 2, .hi = middle[1] + per_pixel * r->h / 2};
    x->from = r->x;
    x->to = r->x + r->w;
    y->from = r->y + r->h;
    y->to = r->y;
}

/* ---- what is in it ---- */

/* The prior: circles of one and two standard deviations. */
static void draw_prior(struct canvas *c, const struct scale *x, const struct scale *y)
{
    static const char *const names[] = {"1 sd", "2 sd"};
    double u = c->unit, ox = scale_at(x, 0), oy = scale_at(y, 0), one = scale_at(x, 1) - ox;

    canvas_font(c, FONT_NORMAL, 11);
    for (int i = 0; i < 2; i++) {
        double radius = (i + 1) * one;

        canvas_ink(c, INK_FAINT, 0.8);
        cairo_set_line_width(c->cr, u);
        cairo_set_dash(c->cr, (double[]){2 * u, 3 * u}, 2, 0);
        cairo_new_path(c->cr);
        cairo_arc(c->cr, ox, oy, radius, 0, 2 * M_PI);
        cairo_stroke(c->cr);
        cairo_set_dash(c->cr, NULL, 0, 0);
        if (one > 20 * u)
            canvas_text(c, INK_FAINT, ox, oy - radius - 4 * u, 0.5, names[i]);
    }
}

static void draw_dot(struct canvas *c, double x, double y, double radius, enum ink ink, double alpha)
{
    cairo_new_path(c->cr);
    cairo_arc(c->cr, x, y, radius * c->unit, 0, 2 * M_PI);
    canvas_ink(c, ink, alpha);
    cairo_fill(c->cr);
}

/* The times of a clip, whose points begin at p. */
static void draw_times(struct canvas *c, const struct latent *l, const struct latent_clip *clip, const struct point *p,
                       const struct scale *x, const struct scale *y)
{
    enum ink ink = ink_of(l, clip->track);
    double radius = l->points <= LATENT_FEW ? 4 : l->points <= 1000 ? 3 : 1.8;
    double alpha = l->points <= LATENT_FEW ? 1 : l->points <= 1000 ? 0.6 : 0.35;

    if (!l->noise && clip->times > 1 && l->count <= LATENT_JOINED) {
        for (int64_t t = 0; t < clip->times; t++)
            cairo_line_to(c->cr, scale_at(x, p[t].x), scale_at(y, p[t].y));
        canvas_ink(c, ink, 0.4);
        cairo_set_line_width(c->cr, c->unit);
        cairo_stroke(c->cr);
    }
    for (int64_t t = 0; t < clip->times; t++)
        draw_dot(c, scale_at(x, p[t].x), scale_at(y, p[t].y), radius, ink, alpha);
}

static bool apart(const struct rect *a, const struct rect *b)
{
    return a->x + a->w <= b->x || b->x + b->w <= a->x || a->y + a->h <= b->y || b->y + b->h <= a->y;
}

/* Draws a name right or left of the point number own of taken [count], where it hides none of these and is within r.
 * Returns its place, of no width: there is none. */
static struct rect draw_name(struct canvas *c, const char *name, const struct rect *r, const struct rect *taken,
                             size_t own, size_t count)
{
    double u = c->unit, middle = taken[own].y + taken[own].h / 2;
    char *text = text_fit(c, name, 150 * u);
    double w = canvas_text_width(c, text) + 2 * u;
    struct rect p = {.y = middle - 6.5 * u, .h = 13 * u};

    for (int side = 0; side < 2 && p.w == 0; side++) {
        bool good;

        p.x = side == 0 ? taken[own].x + taken[own].w + 3 * u : taken[own].x - 3 * u - w;
        p.w = w;
        good = p.x >= r->x && p.x + w <= r->x + r->w && p.y >= r->y && p.y + p.h <= r->y + r->h;
        for (size_t i = 0; i < count; i++)
            good = good && apart(&p, &taken[i]);
        p.w = good ? w : 0;
    }
    if (p.w > 0)
        canvas_text(c, INK_TEXT, p.x + u, p.y + 10 * u, 0, text);
    free(text);
    return p;
}

/* Means of clips over their times, with their names while there are few. */
static void draw_means(struct canvas *c, const struct latent *l, const struct plane *p, const struct rect *r,
                       const struct scale *x, const struct scale *y)
{
    struct rect *taken = mem_zero(2 * l->count, sizeof *taken); /* by the points, and by names */
    const struct point *at = p->points;
    size_t count = l->count;
    double u = c->unit;

    for (size_t i = 0; i < l->count; i++) {
        const struct latent_clip *clip = &l->clips[i];
        double mean_x = 0, mean_y = 0;

        for (int64_t t = 0; t < clip->times; t++, at++) {
            mean_x += scale_at(x, at->x) / (double)clip->times;
            mean_y += scale_at(y, at->y) / (double)clip->times;
        }
        if (clip->times > 1) {
            draw_dot(c, mean_x, mean_y, 6, INK_PAPER, 1);
            draw_dot(c, mean_x, mean_y, 4.5, ink_of(l, clip->track), 1);
        }
        taken[i] = (struct rect){mean_x - 4 * u, mean_y - 4 * u, 8 * u, 8 * u};
    }
    canvas_font(c, FONT_NORMAL, 12);
    for (size_t i = 0; i < l->count && l->count <= LATENT_FEW; i++) {
        taken[count] = draw_name(c, l->clips[i].name, r, taken, i, count);
        count += taken[count].w > 0;
    }
    if (l->count <= LATENT_FEW && count < 2 * l->count)
        diag_note("%zu of %zu names are left out: there is no room beside their points", 2 * l->count - count,
                  l->count);
    free(taken);
}

static void draw_axes(struct canvas *c, const struct plane *p, const struct latent *l, const struct rect *r,
                      const struct scale *x, const struct scale *y)
{
    struct ticks tx, ty;
    char names[2][32];

    canvas_font(c, FONT_NORMAL, 12);
    tx = ticks_across(c, x->lo, x->hi, r->w, 9, false);
    ty = ticks_up(c, y, 20.4);
    axes_grid(c, r, x, &tx, y, &ty);
    axes_bottom(c, r, x, &tx, true);
    axes_up(c, r, y, &ty, -1, true);
    for (int k = 0; k < 2; k++)
        if (p->share > 0)
            snprintf(names[k], sizeof names[k], "component %d", k + 1);
        else
            snprintf(names[k], sizeof names[k], "z%d", p->dims[k]);
    canvas_text(c, INK_FAINT, r->x + r->w / 2, r->y + r->h + 34 * c->unit, 0.5, names[0]);
    if (l->dims > 1)
        canvas_text_up(c, INK_FAINT, margin * c->unit, r->y + r->h / 2, names[1]);
}

void plane_draw(const struct plane *p, const struct latent *l, const struct page *page, struct canvas *c)
{
    double u = c->unit, top = page->title != NULL ? 68 : 42;
    const struct point *at = p->points;
    struct scale x, y;
    char text[512];
    struct rect r;

    plane_remarks(text, sizeof text, p, l);
    page_heading(c, page, text);
    plane_legend(text, sizeof text, p, l);
    canvas_text(c, INK_FAINT, 16 * u, top * u, 0, text);
    r.x = round((margin + 56) * u);
    r.y = round(draw_tracks(c, l, (top + 18) * u));
    r.w = fmax(8, round(page->width - (2 * margin + 56) * u));
    r.h = fmax(8, round(page->height - bottom * u - r.y));
    view_fit(p, l, &r, &x, &y);
    draw_axes(c, p, l, &r, &x, &y);
    cairo_save(c->cr);
    cairo_rectangle(c->cr, r.x, r.y, r.w, r.h);
    cairo_clip(c->cr);
    for (size_t i = 0; i < l->count; at += l->clips[i++].times)
        draw_times(c, l, &l->clips[i], at, &x, &y);
    if (l->normal)
        draw_prior(c, &x, &y);
    cairo_restore(c->cr);
    if (!l->noise || l->points == (int64_t)l->count)
        draw_means(c, l, p, &r, &x, &y);
}
