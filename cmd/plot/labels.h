/* Names next to points, where they do not hide each other. */
#ifndef PLOT_LABELS_H
#define PLOT_LABELS_H

#include "canvas.h"

struct label {
    double x, y;      /* the point, on the page */
    const char *text; /* clean; belongs to the caller */
};

/* Draws names in the font now chosen, within r; returns how many found no place. */
int labels_draw(struct canvas *c, const struct rect *r, const struct label *labels, int count);

#endif
