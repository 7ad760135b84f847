/* Layout of a page of cells. */
#include "grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "text.h"

/* In units of the page. */
static const double margin = 16, axis_title = 18, bottom = 46, cell_head = 24;
static const double page_width = 1200;

static double heading_height(bool title)
{
    return title ? 62 : 36;
}

int grid_begin(struct page *page, int cells, int64_t clips, double *unit)
{
    static const double cell_height[] = {380, 240, 190, 150, 130};
    double cell, page_height, head = heading_height(page->title != NULL);

    if (cells == 0)
        return error_set("no clips to plot: the stream is whole but empty");
    if (clips > cells)
        diag_note("%d of %lld clips drawn, %lld left out: -g COLSxROWS makes room for more", cells, (long long)clips,
                  (long long)(clips - cells));
    if (page->cols == 0) {
        page->cols = cells <= 3 ? 1 : cells == 9 ? 3 : cells <= 10 ? 2 : cells <= 12 ? 3 : 4;
        page->rows = (cells + page->cols - 1) / page->cols;
    }
    cell = page->rows <= 5 ? cell_height[page->rows - 1] : 110;
    page_height = head + page->rows * (cell_head + cell) + (page->rows - 1) * 12 + bottom;
    if (page->width == 0)
        page->width = (int)page_width;
    *unit = fmin(8, fmax(0.7, page->width / page_width));
    if (page->height == 0)
        page->height = (int)fmin(round(page_height * *unit), CANVAS_SIZE_MAX);
    *unit = fmin(*unit, fmax(0.7, page->height / page_height));
    if ((page->width - 100 * *unit) / page->cols - 24 * *unit < 16 ||
        (page->height - (head + bottom) * *unit) / page->rows - (cell_head + 12) * *unit < 16)
        return error_set("no room for %d x %d cells on a page of %d x %d pixels:"
                         " ask for fewer cells (-g) or a larger page (-W, -H)",
                         page->cols, page->rows, page->width, page->height);
    return 0;
}

void grid_lay(struct grid *g, const struct page *page, double unit)
{
    double top = heading_height(page->title != NULL) * unit;

    g->cols = page->cols;
    g->rows = page->rows;
    g->head = cell_head * unit;
    g->col_gap = fmax(22 * unit, g->label + 12 * unit) + g->right * unit;
    g->row_gap = 12 * unit;
    g->area.x = (margin + axis_title) * unit + g->left;
    g->area.y = top;
    g->area.w = page->width - (margin + g->right + g->side) * unit - g->area.x;
    g->area.h = page->height - bottom * unit - top;
}

struct rect grid_cell(const struct grid *g, int i)
{
    double w = (g->area.w - (g->cols - 1) * g->col_gap) / g->cols;
    double h = (g->area.h - (g->rows - 1) * g->row_gap) / g->rows;
    double x = g->area.x + (i % g->cols) * (w + g->col_gap);
    double y = g->area.y + floor(i / g->cols) * (h + g->row_gap);

    /* whole pixels, so that columns of pixels are columns of the data */
    return (struct rect){round(x), round(y + g->head), fmax(4, floor(w)), fmax(4, floor(h - g->head))};
}

void grid_title(struct canvas *c, const struct grid *g, const char *title)
{
    struct rect first = grid_cell(g, 0), last = grid_cell(g, g->cells - 1);

    canvas_font(c, FONT_NORMAL, 12);
    canvas_text_up(c, INK_FAINT, 22 * c->unit, (first.y + last.y + last.h) / 2, title);
}

/* Of remarks, parted by "; ", as many as there is room for. */
static char *remarks_fit(struct canvas *c, const char *remarks, double width)
{
    char *text = mem_text(remarks), *fit, *end;

    while (canvas_text_width(c, text) > width && (end = strrchr(text, ';')) != NULL)
        *end = '\0';
    fit = text_fit(c, text, width);
    free(text);
    return fit;
}

void page_heading(struct canvas *c, const struct page *page, const char *remarks)
{
    double u = c->unit, width = page->width - 2 * margin * u;
    char *text;

    if (page->title != NULL) {
        canvas_font(c, FONT_BOLD, 18);
        text = text_fit(c, page->title, width);
        canvas_text(c, INK_TEXT, margin * u, 30 * u, 0, text);
        free(text);
    }
    canvas_font(c, FONT_NORMAL, 13);
    text = remarks_fit(c, remarks, width);
    canvas_text(c, INK_FAINT, margin * u, (heading_height(page->title != NULL) - 12) * u, 0, text);
    free(text);
}

void cell_heading(struct canvas *c, const struct rect *r, const char *name, const char *remark)
{
    double base = r->y - 7 * c->unit, room = r->w;
    char *text;

    canvas_font(c, FONT_NORMAL, 12);
    if (remark[0] != '\0' && canvas_text_width(c, remark) < r->w * 0.6) {
        canvas_text(c, INK_FAINT, r->x + r->w, base, 1, remark);
        room -= canvas_text_width(c, remark) + 12 * c->unit;
    }
    canvas_font(c, FONT_BOLD, 13);
    text = text_fit(c, name, room);
    canvas_text(c, INK_TEXT, r->x, base, 0, text);
    free(text);
}
