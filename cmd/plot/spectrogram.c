/* Spectrograms: a grid of clips with the time across, the frequency up and the
 * level as shades of blue, on one scale for all. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "base/mem.h"
#include "clips.h"
#include "grid.h"
#include "levels.h"
#include "plot.h"

enum { ROWS_MOST = 2048, BAR_ROWS = 256 };

static const double range_db = 70;      /* from the darkest shade to white */
static const double passed_over = 0.01; /* part of the times that may be louder than the darkest shade */

static int falling(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x < y) - (x > y);
}

/* The level of the darkest shade: what all times but a few stay under, among those with any sound to be seen. So one
 * crack does not make all else pale. */
static double darkest_level(struct levels **levels, int clips)
{
    float *loudest = NULL;
    int count = 0, heard = 0;
    double level;

    for (int i = 0; i < clips; i++) {
        loudest = mem_grow(loudest, (size_t)(count + levels[i]->columns), sizeof *loudest);
        for (int j = 0; j < levels[i]->columns; j++)
            loudest[count++] = levels_loudest(levels[i], j);
    }
    qsort(loudest, (size_t)count, sizeof *loudest, falling);
    while (heard < count && loudest[heard] > fmax(LEVEL_NONE, loudest[0] - range_db))
        heard++;
    level = heard > 0 ? loudest[(int)(passed_over * heard)] : 0;
    free(loudest);
    return level;
}

/* White, by way of light blue, to a dark one. */
static void shade(double level, double *rgb)
{
    static const double shades[][3] = {
        {1, 1, 1}, {0.82, 0.89, 0.95}, {0.53, 0.69, 0.86}, {0.17, 0.40, 0.66}, {0.04, 0.13, 0.29},
    };
    double at = fmin(1, fmax(0, level)) * 4;
    int i = at < 4 ? (int)at : 3;

    for (int j = 0; j < 3; j++)
        rgb[j] = shades[i][j] + (at - i) * (shades[i + 1][j] - shades[i][j]);
}

/* Paints levels into a rectangle, darkest and above in the darkest shade. */
static void draw_levels(struct canvas *c, const struct levels *l, struct rect r, double darkest)
{
    cairo_surface_t *picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, l->columns, l->rows);
    unsigned char *data = cairo_image_surface_get_data(picture);
    int stride = cairo_image_surface_get_stride(picture);

    for (int y = 0; data != NULL && y < l->rows; y++) /* NULL: an error, which the page will have too */
        for (int x = 0; x < l->columns; x++) {
            double db = l->db[(int64_t)x * l->rows + l->rows - 1 - y], rgb[3];
            uint32_t pixel = 0;

            shade(1 + (db - darkest) / range_db, rgb);
            for (int j = 0; j < 3; j++)
                pixel = pixel << 8 | (uint32_t)lround(255 * rgb[j]);
            memcpy(data + (int64_t)y * stride + 4 * x, &pixel, 4);
        }
    cairo_surface_mark_dirty(picture);
    cairo_save(c->cr);
    cairo_rectangle(c->cr, r.x, r.y, r.w, r.h);
    cairo_clip(c->cr);
    cairo_translate(c->cr, r.x, r.y);
    cairo_scale(c->cr, r.w / l->columns, r.h / l->rows);
    cairo_set_source_surface(c->cr, picture, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(c->cr), CAIRO_EXTEND_PAD);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(picture);
}

/* The shades and their levels in dB, right of the cells. */
static void draw_bar(struct canvas *c, const struct grid *g, double darkest)
{
    struct rect first = grid_cell(g, 0), last = grid_cell(g, g->cells - 1), r = first;
    struct levels ramp = {1, BAR_ROWS, mem_floats(BAR_ROWS)};
    struct scale y = {.lo = darkest - range_db, .hi = darkest};
    struct ticks t;

    for (int i = 0; i < BAR_ROWS; i++)
        ramp.db[i] = (float)(darkest - range_db * (1 - (double)i / BAR_ROWS));
    r.x = round(g->area.x + g->area.w + 16 * c->unit);
    r.w = round(12 * c->unit);
    r.h = last.y + last.h - first.y;
    y.from = r.y + r.h;
    y.to = r.y;
    draw_levels(c, &ramp, r, darkest);
    canvas_font(c, FONT_NORMAL, 12);
    t = ticks_up(c, &y, 20.4);
    axes_up(c, &r, &y, &t, 1, true);
    canvas_text(c, INK_FAINT, r.x, r.y - 7 * c->unit, 0, "dB");
    free(ramp.db);
}

static void draw_cell(struct canvas *c, const struct grid *g, const struct clips *s, int i, struct scale y,
                      const struct levels *levels, double darkest)
{
    struct cell cell = clips_cell(s, g, c, i);
    struct ticks ty;
    double top, end;

    y.from = cell.r.y + cell.r.h;
    y.to = cell.r.y;
    ty = ticks_up(c, &y, 20.4);
    top = scale_at(&y, s->list[i].rate / 2);
    end = clips_at(s, &cell, &s->list[i], (double)s->list[i].samples);
    draw_levels(c, levels, (struct rect){cell.r.x, top, fmax(1, end - cell.r.x), y.from - top}, darkest);
    axes_up(c, &cell.r, &y, &ty, -1, i % g->cols == 0);
    clips_time(&cell, g, c, i);
}

static void spectrogram_draw(void *state, const struct page *page, struct canvas *c)
{
    const struct clips *s = state;
    struct grid g = {.side = 54};
    struct scale y = {.hi = s->fastest / 2, .kind = page->linear ? SCALE_STRAIGHT : SCALE_MEL};
    struct levels **levels = mem_zero((size_t)s->count, sizeof *levels);
    char clips[300], remarks[512];
    double darkest;

    clips_text(clips, sizeof clips, s);
    snprintf(remarks, sizeof remarks, "%s; level in dB of a full-scale sine; darkest: what %g %% of the times pass",
             clips, 100 * passed_over);
    page_heading(c, page, remarks);
    clips_lay(s, &g, page, c, &y);
    for (int i = 0; i < s->count; i++) {
        double part = (double)s->list[i].samples / s->list[i].rate / s->longest; /* of the cell */
        struct rect r = grid_cell(&g, i);

        levels[i] = levels_new(&s->list[i], (int)ceil(part * r.w), (int)fmin(r.h, ROWS_MOST), page->linear);
    }
    darkest = darkest_level(levels, s->count);
    for (int i = 0; i < s->count; i++) {
        draw_cell(c, &g, s, i, y, levels[i], darkest);
        levels_free(levels[i]);
    }
    draw_bar(c, &g, darkest);
    grid_title(c, &g, page->linear ? "frequency (Hz)" : "frequency (Hz, mel scale)");
    free(levels);
}

const struct plot plot_spectrogram = {
    .name = "spectrogram",
    .kinds = (const char *const[]){"audio", NULL},
    .start = clips_start,
    .take = clips_take,
    .fit = clips_fit,
    .draw = spectrogram_draw,
    .release = clips_release,
};
