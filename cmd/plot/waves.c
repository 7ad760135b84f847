/* Waveforms: a grid of clips with the time across and the amplitude up, all on
 * the same two axes. */
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "axes.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "clips.h"
#include "envelope.h"
#include "grid.h"
#include "plot.h"
#include "text.h"

enum { LANES_MAX = 8, NAME_MOST = 160, REMARK = 256 };

struct wave {
    char *name;
    double rate;
    int64_t samples, channels;
    int lanes;                  /* channels drawn */
    struct envelope *lane;
};

struct waves {
    struct wave *waves;
    int count, room;            /* kept, at most kept */
    int64_t clips;              /* seen */
    int64_t bins;               /* of an envelope */
};

/* What all cells share. */
struct view {
    bool seconds, follow;       /* time axis in seconds or samples; amplitude axis follows the data */
    double factor;              /* 1000: time in ms */
    const char *time_title;
    double min, max;            /* of all values */
    struct scale x, y;
    double longest, shortest;   /* seconds, or samples */
};

static void *waves_start(const struct page *page)
{
    struct waves *w = mem_zero(1, sizeof *w);
    int width = page->width > 0 ? page->width : 1200;

    w->room = page->cols > 0 ? page->cols * page->rows : GRID_CELLS;
    w->waves = mem_zero((size_t)w->room, sizeof *w->waves);
    /* four bins to a pixel of the widest cell there can be: no picture shows more */
    w->bins = 4 * (page->cols > 0 ? width / page->cols + 1 : width);
    return w;
}

static int wave_take(void *arg, const struct clip *clip)
{
    struct waves *w = arg;
    struct wave *wave = &w->waves[w->count];

    w->clips++;
    if (w->count == w->room)
        return 0;
    w->count++;
    wave->name = text_clean(clip->name, NAME_MOST);
    wave->rate = clip->rate;
    wave->samples = clip->samples;
    wave->channels = clip->channels;
    wave->lanes = clip->channels < LANES_MAX ? (int)clip->channels : LANES_MAX;
    wave->lane = mem_zero((size_t)wave->lanes, sizeof *wave->lane);
    for (int i = 0; i < wave->lanes; i++)
        wave->lane[i] = envelope_new(clip->data + i * clip->samples, clip->samples, w->bins);
    if (wave->channels > wave->lanes)
        diag_note("%s: the first %d of %lld channels are drawn", wave->name, wave->lanes,
                  (long long)wave->channels);
    return 0;
}

static int waves_take(void *state, const struct reader *r, const struct frame *f)
{
    return clips_each(r, f, wave_take, state);
}

static int waves_fit(void *state, struct page *page, double *unit)
{
    struct waves *w = state;

    if (w->count == 0)
        return error_set("no clips to plot: the stream is whole but empty");
    if (w->clips > w->count)
        diag_note("%d of %lld clips drawn, %lld left out: -g COLSxROWS makes room for more", w->count,
                  (long long)w->clips, (long long)(w->clips - w->count));
    grid_shape(w->count, page);
    return grid_fit(page, &page->width, &page->height, unit);
}

/* Length of so many samples of a clip: in seconds, or samples when the axis
 * counts those. */
static double wave_length(const struct view *v, const struct wave *wave, int64_t samples)
{
    return v->seconds ? (double)samples / wave->rate : (double)samples;
}

static void view_time(struct view *v, const struct waves *w)
{
    v->seconds = true;
    for (int i = 0; i < w->count; i++)
        v->seconds = v->seconds && w->waves[i].rate > 0;
    v->longest = 0;
    v->shortest = INFINITY;
    for (int i = 0; i < w->count; i++) {
        double length = wave_length(v, &w->waves[i], w->waves[i].samples);

        v->longest = fmax(v->longest, length);
        if (length > 0)
            v->shortest = fmin(v->shortest, length);
    }
    v->shortest = fmin(v->shortest, v->longest);
    v->factor = v->seconds && v->longest < 0.05 ? 1000 : 1;
    v->time_title = !v->seconds ? "sample" : v->factor > 1 ? "time (ms)"
                  : v->longest >= 3600 ? "time (h:min:s)" : v->longest >= 300 ? "time (min:s)" : "time (s)";
    v->x.lo = 0;
    v->x.hi = v->longest > 0 ? v->factor * v->longest : 1;
}

/* Sound is drawn on an axis that is the same on both sides of 0; what lies on
 * one side (a generated clip around 0.5) on the range that it has. */
static void view_amplitude(struct view *v, const struct waves *w)
{
    double lo = INFINITY, hi = -INFINITY, larger, pad;

    for (int i = 0; i < w->count; i++)
        for (int j = 0; j < w->waves[i].lanes; j++)
            if (w->waves[i].samples > 0) {
                lo = fmin(lo, w->waves[i].lane[j].min);
                hi = fmax(hi, w->waves[i].lane[j].max);
            }
    if (lo > hi)
        lo = hi = 0;
    v->min = lo;
    v->max = hi;
    larger = fmax(-lo, hi);
    v->follow = fmin(-lo, hi) < 0.2 * larger && larger > 0;
    if (!v->follow) {
        v->y.hi = larger > 0 ? 1.05 * larger : 1;
        v->y.lo = -v->y.hi;
        return;
    }
    pad = 0.06 * (hi - lo);
    if (pad < 1e-6 * larger)       /* as good as constant */
        pad = 0.1 * fabs(larger > 0 ? larger : lo);
    v->y.lo = lo - pad;
    v->y.hi = hi + pad;
}

/* The few samples of a short clip, joined. */
static void draw_samples(struct canvas *c, const struct envelope *e, double x0, double apart,
                         const struct scale *y)
{
    double u = c->unit;

    canvas_ink(c, INK_WAVE_DARK, 1);
    for (int64_t i = 0; i < e->samples; i++)
        cairo_line_to(c->cr, x0 + (double)i * apart, scale_at(y, e->lo[i]));
    cairo_set_line_width(c->cr, 1.2 * u);
    cairo_stroke(c->cr);
    if (apart < 7 * u && e->samples > 1)
        return;
    for (int64_t i = 0; i < e->samples; i++) {
        cairo_new_sub_path(c->cr);
        cairo_arc(c->cr, x0 + (double)i * apart, scale_at(y, e->lo[i]), 2.2 * u, 0, 2 * M_PI);
    }
    cairo_fill(c->cr);
}

/* Whether all of a wave is within a pixel. */
static bool wave_flat(const struct envelope *e, const struct scale *y)
{
    return fabs(scale_at(y, e->max) - scale_at(y, e->min)) < 1;
}

/* Fills between the ranges of n columns of pixels: all of the wave, or the band
 * of its RMS around the mean. Nothing is thinner than a line. */
static void draw_band(struct canvas *c, const struct envelope *e, double x0, int n, const struct scale *y,
                      bool rms)
{
    double *edge = mem_alloc(2 * (size_t)n * sizeof *edge);
    double thin = (rms ? 1 : 1.4) * c->unit;
    bool flat = wave_flat(e, y);

    for (int i = 0; i < n; i++) {
        struct column column = envelope_column(e, i, n);
        double top, bottom, more;

        if (rms) {
            column.lo = fmax(column.lo, e->mean - column.rms);
            column.hi = fmin(column.hi, e->mean + column.rms);
        }
        top = scale_at(y, column.hi);
        bottom = scale_at(y, column.lo);
        if (flat)   /* on the raster of pixels, so that it is sharp */
            top = bottom = floor(scale_at(y, e->mean)) + 0.5;
        more = fmax(0, thin - (bottom - top)) / 2;
        edge[2 * i] = top - more;
        edge[2 * i + 1] = bottom + more;
    }
    cairo_move_to(c->cr, x0, edge[0]);
    for (int i = 0; i < n; i++)
        cairo_line_to(c->cr, x0 + i + 0.5, edge[2 * i]);
    cairo_line_to(c->cr, x0 + n, edge[2 * n - 2]);
    cairo_line_to(c->cr, x0 + n, edge[2 * n - 1]);
    for (int i = n - 1; i >= 0; i--)
        cairo_line_to(c->cr, x0 + i + 0.5, edge[2 * i + 1]);
    cairo_line_to(c->cr, x0, edge[1]);
    cairo_close_path(c->cr);
    canvas_ink(c, rms ? INK_WAVE_DARK : INK_WAVE, 1);
    cairo_fill(c->cr);
    free(edge);
}

static void draw_mean(struct canvas *c, double x0, double x1, double y)
{
    canvas_ink(c, INK_MEAN, 0.75);
    cairo_set_line_width(c->cr, c->unit);
    cairo_set_dash(c->cr, (double[]){5 * c->unit, 4 * c->unit}, 2, 0);
    cairo_move_to(c->cr, x0, y);
    cairo_line_to(c->cr, x1, y);
    cairo_stroke(c->cr);
    cairo_set_dash(c->cr, NULL, 0, 0);
}

/* One channel in its part of a cell. */
static void draw_lane(struct canvas *c, const struct rect *r, const struct view *v, const struct wave *wave,
                      const struct envelope *e)
{
    struct scale x = v->x, y = v->y;
    double end, last;
    int columns;

    x.from = r->x;
    x.to = r->x + r->w;
    y.from = r->y + r->h;
    y.to = r->y;
    end = scale_at(&x, v->factor * wave_length(v, wave, wave->samples));
    last = scale_at(&x, v->factor * wave_length(v, wave, wave->samples - 1));
    columns = (int)fmax(1, ceil(end - r->x));
    if (e->bins == e->samples && (double)e->samples < 1.5 * columns) {
        draw_samples(c, e, r->x, e->samples > 1 ? (last - r->x) / (double)(e->samples - 1) : 0, &y);
    } else {
        draw_band(c, e, r->x, columns, &y, false);
        draw_band(c, e, r->x, columns, &y, true);
    }
    if (v->follow && !wave_flat(e, &y))
        draw_mean(c, r->x, fmax(end, r->x + 1), scale_at(&y, e->mean));
}

/* A length with its unit. */
static void length_text(char *buffer, size_t size, const struct view *v, double length)
{
    char number[64];

    if (v->seconds && length < 0.05) {
        text_number(number, sizeof number, length * 1000, 3);
        snprintf(buffer, size, "%s ms", number);
    } else if (v->seconds) {
        text_number(number, sizeof number, length, length < 1000 ? 3 : 6);
        snprintf(buffer, size, "%s s", number);
    } else {
        snprintf(buffer, size, "%.0f sample%s", length, length != 1 ? "s" : "");
    }
}

static void wave_remark(char *buffer, size_t size, const struct view *v, const struct wave *wave)
{
    char length[96] = "", mean[96] = "", number[64];

    if (wave->samples == 0 || wave->lanes == 0) {
        snprintf(buffer, size, "no samples");
        return;
    }
    if (v->longest > 1.001 * v->shortest)
        length_text(length, sizeof length, v, wave_length(v, wave, wave->samples));
    if (v->follow && wave->lanes == 1) {
        text_number(number, sizeof number, wave->lane[0].mean, 4);
        snprintf(mean, sizeof mean, "mean %s", number);
    }
    snprintf(buffer, size, "%s%s%s", length, length[0] != '\0' && mean[0] != '\0' ? ", " : "", mean);
}

static struct ticks time_ticks(struct canvas *c, const struct view *v, double width)
{
    return ticks_across(c, v->x.lo, v->x.hi, fmax(width, 1), 11, v->seconds && v->factor == 1);
}

static void draw_cell(struct canvas *c, const struct grid *g, int i, const struct view *v,
                      const struct wave *wave)
{
    struct rect r = grid_cell(g, i), lane = r;
    bool left = grid_outer_left(g, i), below = grid_outer_bottom(g, i);
    int lanes = wave->lanes > 0 ? wave->lanes : 1;
    struct scale x = v->x, y = v->y;
    char remark[REMARK];
    struct ticks tx, ty;

    wave_remark(remark, sizeof remark, v, wave);
    cell_heading(c, &r, wave->name, remark);
    canvas_font(c, FONT_NORMAL, 12);
    x.from = r.x;
    x.to = r.x + r.w;
    tx = time_ticks(c, v, r.w);
    for (int j = 0; j < lanes; j++) {
        lane.y = round(r.y + r.h * j / lanes);
        lane.h = round(r.y + r.h * (j + 1) / lanes) - lane.y;
        y.from = lane.y + lane.h;
        y.to = lane.y;
        ty = ticks_nice(y.lo, y.hi, (int)fmin(7, fmax(1, lane.h / (20 * c->unit))));
        axes_grid(c, &lane, &x, &tx, &y, &ty);
        axes_left(c, &lane, &y, &ty, left && lane.h >= 12 * c->unit);
        if (j > 0)
            canvas_line(c, INK_GRID, lane.x, lane.y, lane.x + lane.w, lane.y);
        if (wave->samples > 0 && wave->lanes > 0)
            draw_lane(c, &lane, v, wave, &wave->lane[j]);
        if (lanes > 1) {
            char label[16];

            snprintf(label, sizeof label, "%d", j + 1);
            canvas_text(c, INK_FAINT, r.x + r.w + 6 * c->unit, lane.y + lane.h / 2 + 4 * c->unit, 0,
                        lanes == 2 ? (j == 0 ? "L" : "R") : label);
        }
    }
    axes_bottom(c, &r, &x, &tx, below);
    if (below)
        canvas_text(c, INK_FAINT, r.x + r.w / 2, r.y + r.h + 35 * c->unit, 0.5, v->time_title);
}

static void heading_remarks(char *buffer, size_t size, const struct waves *w, const struct view *v)
{
    char count[64], from[96], to[96], rate[96] = "", min[64], max[64];
    bool constant = v->min == v->max;
    double low = INFINITY, high = 0;

    if (w->clips > w->count)
        snprintf(count, sizeof count, "%d of %lld clips", w->count, (long long)w->clips);
    else
        snprintf(count, sizeof count, "%d clip%s", w->count, w->count > 1 ? "s" : "");
    length_text(from, sizeof from, v, v->shortest);
    length_text(to, sizeof to, v, v->longest);
    for (int i = 0; i < w->count; i++) {
        low = fmin(low, w->waves[i].rate);
        high = fmax(high, w->waves[i].rate);
    }
    if (v->seconds && low == high)
        snprintf(rate, sizeof rate, " at %.6g Hz", low);
    else if (v->seconds)
        snprintf(rate, sizeof rate, " at %.6g to %.6g Hz", low, high);
    text_number(min, sizeof min, v->min, 3);
    text_number(max, sizeof max, v->max, 3);
    if (v->max - v->min < 0.01 * fmax(fabs(v->max), fabs(v->min))) {
        text_number(min, sizeof min, v->min, 7);
        text_number(max, sizeof max, v->max, 7);
    }
    snprintf(buffer, size, "%s, %s%s%s%s; amplitude %s%s%s%s", count, strcmp(from, to) != 0 ? from : "",
             strcmp(from, to) != 0 ? " to " : "", to, rate, min,
             constant ? "" : " to ", constant ? "" : max, w->count > 1 ? ", one scale for all" : "");
}

static void waves_draw(void *state, const struct page *page, struct canvas *c)
{
    struct waves *w = state;
    struct grid g = {.cells = w->count};
    struct view v = {.factor = 1};
    char remarks[512];
    struct ticks tx, ty;

    view_time(&v, w);
    view_amplitude(&v, w);
    for (int i = 0; i < w->count; i++)
        if (w->waves[i].lanes > 1)
            g.right = 16;
    heading_remarks(remarks, sizeof remarks, w, &v);
    page_heading(c, page, remarks);
    canvas_font(c, FONT_NORMAL, 12);
    ty = ticks_nice(v.y.lo, v.y.hi, 7);
    g.left = ticks_width(c, &ty) + 8 * c->unit;
    tx = time_ticks(c, &v, page->width / page->cols - 60 * c->unit);
    g.label = ticks_width(c, &tx);
    grid_lay(&g, page, c->unit);
    for (int i = 0; i < w->count; i++)
        draw_cell(c, &g, i, &v, &w->waves[i]);
    grid_title(c, &g, "amplitude");
}

static void waves_release(void *state)
{
    struct waves *w = state;

    for (int i = 0; i < w->count; i++) {
        for (int j = 0; j < w->waves[i].lanes; j++)
            envelope_free(&w->waves[i].lane[j]);
        free(w->waves[i].lane);
        free(w->waves[i].name);
    }
    free(w->waves);
    free(w);
}

const struct plot plot_waves = {
    .name = "waves",
    .kinds = (const char *const[]){"audio", NULL},
    .start = waves_start,
    .take = waves_take,
    .fit = waves_fit,
    .draw = waves_draw,
    .release = waves_release,
};
