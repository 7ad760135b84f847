/* A grid of the clips of an audio stream with the time across: what waves and spectrograms have in common. */
#ifndef PLOT_CLIPS_H
#define PLOT_CLIPS_H

#include "axes.h"
#include "base/spool.h"
#include "grid.h"
#include "io/stream.h"
#include "plot.h"

/* As far as it is shown (--from, --to). */
struct clip {
    const char *name;
    double rate; /* Hz */
    int64_t channels, samples;
    const float *data; /* [channels, samples] */
};

struct clips {
    struct clip *list;
    int count, room;
    int64_t seen, early; /* all clips; those that end before they would be shown */
    struct spool *spool;
    double from, to;                            /* seconds of each clip; to 0: the end */
    double longest, shortest, fastest, slowest; /* of those kept: seconds shown, rates */
};

void *clips_start(const struct page *page);
int clips_take(void *state, const struct reader *r, const struct frame *f);
int clips_fit(void *state, struct page *page, double *unit);
void clips_release(void *state);

/* "2 of 5 clips, 10 s to 30 s at 3000 Hz" */
void clips_text(char *buffer, size_t size, const struct clips *s);

/* Lays out the page, for cells whose upright axis is y; room right of cells and of the page is set in g. */
void clips_lay(const struct clips *s, struct grid *g, const struct page *page, struct canvas *c, const struct scale *y);

/* A cell: its inside, the scale of its time, with ticks. */
struct cell {
    struct rect r;
    struct scale x;
    struct ticks ticks;
};

/* Cell i, with the clip's name over it, and its length where those differ. */
struct cell clips_cell(const struct clips *s, const struct grid *g, struct canvas *c, int i);

/* The axis of time under a cell; the numbers and the title under outer cells only. */
void clips_time(const struct cell *cell, const struct grid *g, struct canvas *c, int i);

/* The place on the page of a sample. */
double clips_at(const struct clips *s, const struct cell *cell, const struct clip *clip, double sample);

#endif
