/* Axes: scales, ticks at round values, the lines and numbers of a cell. */
#ifndef PLOT_AXES_H
#define PLOT_AXES_H

#include <stdbool.h>

#include "canvas.h"

/* A map of values lo..hi onto the page, from..to: straight, of frequencies from 0 Hz on by their pitch in mel, or by
 * logarithms. */
struct scale {
    double lo, hi;
    double from, to;
    enum { SCALE_STRAIGHT, SCALE_MEL, SCALE_LOG } kind;
};

/* For values lo..hi and a little beside them; logarithmic where hi is 50 lo or more. */
struct scale scale_around(double lo, double hi);

double scale_at(const struct scale *s, double value);

enum { AXIS_TICKS = 24 };

struct ticks {
    double value[AXIS_TICKS];
    int count;
    double step;
    bool clock;    /* seconds written as minutes:seconds or h:mm:ss */
    double widest; /* the larger end of the range, without sign */
};

/* Width of the widest label in the font now chosen. */
double ticks_width(struct canvas *c, const struct ticks *t);

/* Ticks for an axis of the given length on the page, as many as there is room
 * for labels side by side (in the font now chosen), at most `most`. Seconds: from five minutes on, steps of minutes
 * and hours. */
struct ticks ticks_across(struct canvas *c, double lo, double hi, double length, int most, bool seconds);

/* Ticks for an upright axis, as many as there is room for, labels at least so many units of the page apart. */
struct ticks ticks_up(const struct canvas *c, const struct scale *y, double apart);

/* Lines behind the data at the ticks. */
void axes_grid(struct canvas *c, const struct rect *r, const struct scale *x, const struct ticks *tx,
               const struct scale *y, const struct ticks *ty);

/* The axis under r, and the one to its left (side -1) or right (1); labels in the font now chosen. */
void axes_bottom(struct canvas *c, const struct rect *r, const struct scale *x, const struct ticks *t, bool labels);
void axes_up(struct canvas *c, const struct rect *r, const struct scale *y, const struct ticks *t, int side,
             bool labels);

#endif
