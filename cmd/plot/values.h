/* The vertical axis of curves: values, or where they span much their logarithms. */
#ifndef PLOT_VALUES_H
#define PLOT_VALUES_H

#include "axes.h"

enum { VALUES_MOST = 64 };

struct values {
    struct scale y; /* of values or logarithms; where on the page is for the caller to set */
    bool logarithmic;
    double ticks[VALUES_MOST]; /* as in y */
    char labels[VALUES_MOST][64];
    int count;
};

/* For values lo..hi and a little beside them, with about most labels; logarithmic where hi is 50 lo or more. */
struct values values_axis(double lo, double hi, int most);

double values_at(const struct values *v, double value);                           /* on the page */
double values_width(struct canvas *c, const struct values *v);                    /* of the widest label */
void values_draw(struct canvas *c, const struct rect *r, const struct values *v); /* left of r, lines across it */

#endif
