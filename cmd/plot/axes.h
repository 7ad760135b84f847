/* Axes: scales, ticks at round values, the lines and numbers of a cell. */
#ifndef PLOT_AXES_H
#define PLOT_AXES_H

#include <stdbool.h>
#include <stddef.h>

#include "canvas.h"

/* A map of values lo..hi onto the page, from..to: straight, or of frequencies in Hz by their pitch in mel. */
struct scale {
    double lo, hi;
    double from, to;
    bool mel;
};

double scale_at(const struct scale *s, double value);

/* 2595 log10(1 + hz / 700), O'Shaughnessy 1987; and back. */
double mel_of(double hz);
double mel_to_hz(double mel);

enum { AXIS_TICKS = 24 };

struct ticks {
    double value[AXIS_TICKS];
    int count;
    double step;
    bool clock;    /* seconds written as minutes:seconds or h:mm:ss */
    double widest; /* the larger end of the range, without sign */
};

/* At most `most` (1 to AXIS_TICKS) ticks in lo..hi; step 1, 2 or 5 x 10^k. Degenerate
 * ranges give one tick. */
struct ticks ticks_nice(double lo, double hi, int most);

double ticks_value(const struct ticks *t, int i);
void ticks_label(const struct ticks *t, int i, char *buffer, size_t size);

/* Width of the widest label in the font now chosen. */
double ticks_width(struct canvas *c, const struct ticks *t);

/* Ticks for an axis of the given length on the page, as many as there is room
 * for labels side by side (in the font now chosen), at most `most`. Seconds: from five minutes on, steps of minutes
 * and hours. */
struct ticks ticks_across(struct canvas *c, double lo, double hi, double length, int most, bool seconds);

/* Ticks for an upright axis, as many as there is room for labels above each other. */
struct ticks ticks_up(const struct canvas *c, const struct scale *y);

/* Lines behind the data at the ticks. */
void axes_grid(struct canvas *c, const struct rect *r, const struct scale *x, const struct ticks *tx,
               const struct scale *y, const struct ticks *ty);

/* The axis under r, and the one to its left (side -1) or right (1); labels in the font now chosen. */
void axes_bottom(struct canvas *c, const struct rect *r, const struct scale *x, const struct ticks *t, bool labels);
void axes_up(struct canvas *c, const struct rect *r, const struct scale *y, const struct ticks *t, int side,
             bool labels);

#endif
