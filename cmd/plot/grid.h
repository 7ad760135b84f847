/* A page of equal cells that share their axes, and the words around them. */
#ifndef PLOT_GRID_H
#define PLOT_GRID_H

#include <stdint.h>

#include "canvas.h"
#include "plot.h"

struct grid {
    int cols, rows, cells; /* cells in use <= cols * rows */
    double left;           /* room for the numbers of the vertical axis, to be set first */
    double label;          /* width of the numbers under a cell, to be set first */
    double right, side;    /* room right of each cell, and right of all, in units of the page; to be set first */
    struct rect area;      /* of all cells with their titles and gaps */
    double col_gap, row_gap, head;
};

enum { GRID_CELLS = 16 }; /* shown when nothing else is asked for */

/* At the end of the stream, for that many cells in use out of all the clips
 * there were: decides what the page leaves open, and its unit; says how many
 * clips are left out. -1: there are none, or no room for them. */
int grid_begin(struct page *page, int cells, int64_t clips, double *unit);

/* Lays out the page. */
void grid_lay(struct grid *g, const struct page *page, double unit);

/* The inside of cell i. */
struct rect grid_cell(const struct grid *g, int i);

/* The title of the vertical axis, beside the rows in use. */
void grid_title(struct canvas *c, const struct grid *g, const char *title);

/* Page heading (where asked for) and the line of remarks under it. */
void page_heading(struct canvas *c, const struct page *page, const char *remarks);

/* The name over a cell, shortened in the middle to fit beside the remark on
 * the right (may be ""). */
void cell_heading(struct canvas *c, const struct rect *r, const char *name, const char *remark);

#endif
