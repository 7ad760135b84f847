/* The time axis that clips of any lengths and rates share. */
#ifndef PLOT_TIMELINE_H
#define PLOT_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "axes.h"
#include "canvas.h"

/* Starts as zero; then timeline_add for each clip, then timeline_end. */
struct timeline {
    bool seconds;  /* else the axis counts samples: some clip has no rate */
    double factor; /* 1000: the axis is in ms */
    const char *title;
    struct scale x;           /* lo, hi: of the axis */
    double longest, shortest; /* of the clips with samples, in seconds or samples */
    double slowest, fastest;  /* rates */
    int clips, rated;
    struct {
        double longest, shortest;
    } in_samples, in_seconds;
};

void timeline_add(struct timeline *t, double rate, int64_t samples);
void timeline_end(struct timeline *t);

/* Length of so many samples: in seconds, or samples when the axis counts those. */
double timeline_length(const struct timeline *t, double rate, int64_t samples);

/* The axis over a cell; the place on the page of a sample of a clip. */
struct scale timeline_scale(const struct timeline *t, const struct rect *r);
double timeline_at(const struct timeline *t, const struct scale *x, double rate, int64_t samples);

/* Ticks for a cell that wide, in the font now chosen. */
struct ticks timeline_ticks(struct canvas *c, const struct timeline *t, double width);

/* The axis under a cell; the numbers and the title on outer cells only. */
void timeline_draw(struct canvas *c, const struct timeline *t, const struct rect *r, const struct ticks *ticks,
                   bool outer);

/* Whether clips differ in length so that it is worth saying how long each is. */
bool timeline_uneven(const struct timeline *t);

/* "30 s", "13.3 ms", "700 samples"; and "2 of 5 clips, 10 s to 30 s at 3000 Hz". */
void timeline_length_text(char *buffer, size_t size, const struct timeline *t, double length);
void timeline_clips_text(char *buffer, size_t size, const struct timeline *t, int64_t clips);

#endif
