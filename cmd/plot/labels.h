/* Names next to points, placed where they hide little. */
#ifndef PLOT_LABELS_H
#define PLOT_LABELS_H

#include "canvas.h"

struct label {
    double x, y;      /* the point, on the page */
    const char *text; /* clean; belongs to the caller */
};

/* Draws all names in the font now chosen, within r as far as it goes; for a few
 * dozen points (the work grows with the square of count). */
void labels_draw(struct canvas *c, const struct rect *r, const struct label *labels, int count);

#endif
