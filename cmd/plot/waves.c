/* Waveforms: a grid of clips with the time across and the amplitude up, all on
 * the same two axes. */
#include <math.h>
#include <stdlib.h>
#include <stdio.h>

#include "axes.h"
#include "base/diag.h"
#include "base/mem.h"
#include "clips.h"
#include "envelope.h"
#include "grid.h"
#include "plot.h"
#include "text.h"
#include "timeline.h"

enum { LANES_MAX = 8, NAME_MOST = 160, REMARK = 256 };

struct wave {
    char *name;
    double rate;
    int64_t samples, channels;
    int lanes; /* channels drawn */
    struct envelope *lane;
};

struct waves {
    struct wave *waves;
    int count, room; /* kept, at most kept */
    int64_t clips;   /* seen */
    int64_t bins;    /* of an envelope */
    struct timeline time;
};

/* What all cells share besides the time axis. */
struct view {
    bool follow;     /* the amplitude axis follows the data */
    double min, max; /* of all values */
    struct scale y;
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
    timeline_add(&w->time, clip->rate, clip->samples);
    wave->lanes = clip->channels < LANES_MAX ? (int)clip->channels : LANES_MAX;
    wave->lane = mem_zero((size_t)wave->lanes, sizeof *wave->lane);
    for (int i = 0; i < wave->lanes; i++)
        wave->lane[i] = envelope_new(clip->data + i * clip->samples, clip->samples, w->bins);
    if (wave->channels > wave->lanes)
        diag_note("%s: the first %d of %lld channels are drawn", wave->name, wave->lanes, (long long)wave->channels);
    return 0;
}

static int waves_take(void *state, const struct reader *r, const struct frame *f)
{
    return clips_each(r, f, wave_take, state);
}

static int waves_fit(void *state, struct page *page, double *unit)
{
    struct waves *w = state;

    return grid_begin(page, w->count, w->clips, unit);
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
    if (pad < 1e-6 * larger) /* as good as constant */
        pad = 0.1 * fabs(larger > 0 ? larger : lo);
    v->y.lo = lo - pad;
    v->y.hi = hi + pad;
}

/* The few samples of a short clip, joined. */
static void draw_samples(struct canvas *c, const struct envelope *e, double x0, double apart, const struct scale *y)
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
static void draw_band(struct canvas *c, const struct envelope *e, double x0, int n, const struct scale *y, bool rms)
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
        if (flat) /* on the raster of pixels, so that it is sharp */
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
static void draw_lane(struct canvas *c, const struct rect *r, const struct timeline *t, const struct view *v,
                      const struct wave *wave, const struct envelope *e)
{
    struct scale x = timeline_scale(t, r), y = v->y;
    double end, last;
    int columns;

    y.from = r->y + r->h;
    y.to = r->y;
    end = timeline_at(t, &x, wave->rate, wave->samples);
    last = timeline_at(t, &x, wave->rate, wave->samples - 1);
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

static void wave_remark(char *buffer, size_t size, const struct timeline *t, const struct view *v,
                        const struct wave *wave)
{
    char length[96] = "", mean[96] = "", number[64];

    if (wave->samples == 0 || wave->lanes == 0) {
        snprintf(buffer, size, "no samples");
        return;
    }
    if (timeline_uneven(t))
        timeline_length_text(length, sizeof length, t, timeline_length(t, wave->rate, wave->samples));
    if (v->follow && wave->lanes == 1) {
        text_number(number, sizeof number, wave->lane[0].mean, 4);
        snprintf(mean, sizeof mean, "mean %s", number);
    }
    snprintf(buffer, size, "%s%s%s", length, length[0] != '\0' && mean[0] != '\0' ? ", " : "", mean);
}

static void draw_cell(struct canvas *c, const struct grid *g, int i, const struct timeline *t, const struct view *v,
                      const struct wave *wave)
{
    struct rect r = grid_cell(g, i), lane = r;
    struct scale x = timeline_scale(t, &r), y = v->y;
    int lanes = wave->lanes > 0 ? wave->lanes : 1;
    bool left = grid_outer_left(g, i);
    char remark[REMARK];
    struct ticks tx, ty;

    wave_remark(remark, sizeof remark, t, v, wave);
    cell_heading(c, &r, wave->name, remark);
    canvas_font(c, FONT_NORMAL, 12);
    tx = timeline_ticks(c, t, r.w);
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
            draw_lane(c, &lane, t, v, wave, &wave->lane[j]);
        if (lanes > 1) {
            char label[16];

            snprintf(label, sizeof label, "%d", j + 1);
            canvas_text(c, INK_FAINT, r.x + r.w + 6 * c->unit, lane.y + lane.h / 2 + 4 * c->unit, 0,
                        lanes == 2 ? (j == 0 ? "L" : "R") : label);
        }
    }
    timeline_draw(c, t, &r, &tx, grid_outer_bottom(g, i));
}

static void heading_remarks(char *buffer, size_t size, const struct waves *w, const struct view *v)
{
    char clips[300], min[64], max[64];
    bool near = v->max - v->min < 0.01 * fmax(fabs(v->max), fabs(v->min)), constant = v->min == v->max;

    timeline_clips_text(clips, sizeof clips, &w->time, w->clips);
    text_number(min, sizeof min, v->min, near ? 7 : 3);
    text_number(max, sizeof max, v->max, near ? 7 : 3);
    snprintf(buffer, size, "%s; amplitude %s%s%s%s", clips, min, constant ? "" : " to ", constant ? "" : max,
             w->count > 1 ? ", one scale for all" : "");
}

static void waves_draw(void *state, const struct page *page, struct canvas *c)
{
    struct waves *w = state;
    struct grid g = {.cells = w->count};
    char remarks[512];
    struct ticks tx, ty;
    struct view v;

    timeline_end(&w->time);
    view_amplitude(&v, w);
    for (int i = 0; i < w->count; i++)
        if (w->waves[i].lanes > 1)
            g.right = 16;
    heading_remarks(remarks, sizeof remarks, w, &v);
    page_heading(c, page, remarks);
    canvas_font(c, FONT_NORMAL, 12);
    ty = ticks_nice(v.y.lo, v.y.hi, 7);
    g.left = ticks_width(c, &ty) + 8 * c->unit;
    tx = timeline_ticks(c, &w->time, page->width / page->cols - 60 * c->unit);
    g.label = ticks_width(c, &tx);
    grid_lay(&g, page, c->unit);
    for (int i = 0; i < w->count; i++)
        draw_cell(c, &g, i, &w->time, &v, &w->waves[i]);
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
