/* Waveforms: a grid of clips with the time across and the amplitude up, all on
 * the same two axes. */
#include <math.h>
#include <stdio.h>

#include "axes.h"
#include "clips.h"
#include "grid.h"
#include "plot.h"
#include "text.h"

/* The amplitude axis of all cells. */
struct view {
    double min, max; /* of all values */
    struct scale y;
};

/* What is drawn of a run of samples. */
struct column {
    double lo, hi, mean;
    double rms; /* of the deviation from a middle */
};

static struct column column_of(const float *x, int64_t count, double middle)
{
    struct column m = {INFINITY, -INFINITY, 0, 0};

    for (int64_t i = 0; i < count; i++) {
        m.lo = fmin(m.lo, x[i]);
        m.hi = fmax(m.hi, x[i]);
        m.mean += x[i] / (double)count;
        m.rms += (x[i] - middle) * (x[i] - middle) / (double)count;
    }
    m.rms = sqrt(m.rms);
    return m;
}

/* Sound is drawn on an axis that is the same on both sides of 0; what lies on
 * one side (a generated clip around 0.5) on the range that it has. */
static struct view view_amplitude(const struct clips *s)
{
    struct view v = {.min = INFINITY, .max = -INFINITY};
    double larger, pad;

    for (int i = 0; i < s->count; i++) {
        struct column all = column_of(s->list[i].data, s->list[i].channels * s->list[i].samples, 0);

        v.min = fmin(v.min, all.lo);
        v.max = fmax(v.max, all.hi);
    }
    larger = fmax(-v.min, v.max);
    if (fmin(-v.min, v.max) >= 0.2 * larger || larger <= 0) {
        v.y.hi = larger > 0 ? 1.05 * larger : 1;
        v.y.lo = -v.y.hi;
        return v;
    }
    pad = 0.06 * (v.max - v.min);
    if (pad < 1e-6 * larger) /* as good as constant */
        pad = 0.1 * larger;
    v.y.lo = v.min - pad;
    v.y.hi = v.max + pad;
    return v;
}

/* The few samples of a short clip, joined. */
static void draw_samples(struct canvas *c, const float *x, int64_t samples, double x0, double apart,
                         const struct scale *y)
{
    double u = c->unit;

    canvas_ink(c, INK_WAVE_DARK, 1);
    for (int64_t i = 0; i < samples; i++)
        cairo_line_to(c->cr, x0 + (double)i * apart, scale_at(y, x[i]));
    cairo_set_line_width(c->cr, 1.2 * u);
    cairo_stroke(c->cr);
    if (apart < 7 * u && samples > 1)
        return;
    for (int64_t i = 0; i < samples; i++) {
        cairo_new_sub_path(c->cr);
        cairo_arc(c->cr, x0 + (double)i * apart, scale_at(y, x[i]), 2.2 * u, 0, 2 * M_PI);
    }
    cairo_fill(c->cr);
}

/* A column of pixels between two heights, or a little more, so that it is to be seen. */
static void draw_column(struct canvas *c, enum ink ink, double x, double top, double bottom)
{
    double more = fmax(0, (ink == INK_WAVE ? 1.4 : 1) * c->unit - (bottom - top)) / 2;

    canvas_ink(c, ink, 1);
    cairo_rectangle(c->cr, x, top - more, 1, bottom - top + 2 * more);
    cairo_fill(c->cr);
}

/* All of the wave in n columns of pixels, and the band of its RMS around the mean. */
static void draw_bands(struct canvas *c, const float *x, int64_t samples, double x0, int n, struct scale y)
{
    struct column all = column_of(x, samples, 0);

    if (fabs(scale_at(&y, all.hi) - scale_at(&y, all.lo)) < 1) /* a line, on the raster of pixels so that it is sharp */
        y.from = y.to = floor(scale_at(&y, all.mean)) + 0.5;
    for (int i = 0; i < n; i++) {
        int64_t from = samples * i / n, to = samples * (i + 1) / n + (i < n - 1); /* with the first of the next */
        struct column m = column_of(x + from, to - from, all.mean);

        draw_column(c, INK_WAVE, x0 + i, scale_at(&y, m.hi), scale_at(&y, m.lo));
        draw_column(c, INK_WAVE_DARK, x0 + i, scale_at(&y, fmin(m.hi, all.mean + m.rms)),
                    scale_at(&y, fmax(m.lo, all.mean - m.rms)));
    }
}

static void draw_cell(struct canvas *c, const struct grid *g, const struct clips *s, int i, struct scale y)
{
    const struct clip *clip = &s->list[i];
    struct cell cell = clips_cell(s, g, c, i);
    double end = clips_at(s, &cell, clip, (double)clip->samples);
    int columns = (int)fmax(1, ceil(end - cell.r.x));
    struct rect lane = cell.r;
    struct ticks ty;

    for (int64_t j = 0; j < clip->channels; j++) {
        const float *x = clip->data + j * clip->samples;

        lane.y = round(cell.r.y + cell.r.h * (double)j / (double)clip->channels);
        lane.h = round(cell.r.y + cell.r.h * (double)(j + 1) / (double)clip->channels) - lane.y;
        y.from = lane.y + lane.h;
        y.to = lane.y;
        ty = ticks_up(c, &y, 20.4);
        axes_grid(c, &lane, &cell.x, &cell.ticks, &y, &ty);
        axes_up(c, &lane, &y, &ty, -1, i % g->cols == 0 && lane.h >= 12 * c->unit);
        if (j > 0)
            canvas_line(c, INK_GRID, lane.x, lane.y, lane.x + lane.w, lane.y);
        if ((double)clip->samples < 1.5 * columns)
            draw_samples(c, x, clip->samples, lane.x, (end - lane.x) / (double)clip->samples, &y);
        else
            draw_bands(c, x, clip->samples, lane.x, columns, y);
        if (clip->channels == 2)
            canvas_text(c, INK_FAINT, lane.x + lane.w + 6 * c->unit, lane.y + lane.h / 2 + 4 * c->unit, 0,
                        j == 0 ? "L" : "R");
    }
    clips_time(&cell, g, c, i);
}

static void waves_draw(void *state, const struct page *page, struct canvas *c)
{
    const struct clips *s = state;
    struct view v = view_amplitude(s);
    char clips[300], min[64], max[64], remarks[512];
    int digits = v.max - v.min < 0.01 * fmax(fabs(v.max), fabs(v.min)) ? 7 : 3;
    struct grid g = {0};

    for (int i = 0; i < s->count; i++)
        if (s->list[i].channels == 2)
            g.right = 16;
    clips_text(clips, sizeof clips, s);
    text_number(min, sizeof min, v.min, digits);
    text_number(max, sizeof max, v.max, digits);
    snprintf(remarks, sizeof remarks, "%s; amplitude %s to %s%s; light: all samples, dark: RMS", clips, min, max,
             s->count > 1 ? ", one scale for all" : "");
    page_heading(c, page, remarks);
    clips_lay(s, &g, page, c, &v.y);
    for (int i = 0; i < s->count; i++)
        draw_cell(c, &g, s, i, v.y);
    grid_title(c, &g, "amplitude");
}

const struct plot plot_waves = {
    .name = "waves",
    .kinds = (const char *const[]){"audio", NULL},
    .start = clips_start,
    .take = clips_take,
    .fit = clips_fit,
    .draw = waves_draw,
    .release = clips_release,
};
