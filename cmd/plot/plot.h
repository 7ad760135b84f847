/* What a kind of plot is: a file in this directory that collects from a stream
 * what it needs and then draws one page. A new kind is one such file, one line
 * at the end of this header and one in the table of cv-plot.c. */
#ifndef PLOT_PLOT_H
#define PLOT_PLOT_H

#include "canvas.h"
#include "io/stream.h"

/* What was asked for; 0 or NULL: the plot decides. */
struct page {
    int width, height; /* pixels */
    int cols, rows;    /* cells */
    char *title;       /* clean text */
    double from, to;   /* seconds of each clip; to 0: its end */
    bool linear;       /* frequencies in Hz, not in mel */
    int dims[2];       /* of latents, from 1 */
    double left;       /* pixels for the numbers of the vertical axis of clips, at least */
};

struct plot {
    const char *name;         /* --kind */
    const char *const *kinds; /* of streams it draws, ends in NULL; the first plot of the table
                                           that takes a kind draws it by default */

    void *(*start)(const struct page *page);

    /* Takes from a frame the little that will be drawn, never the frame itself,
     * so that memory stays small however long the stream is. -1: error_text
     * says why not. */
    int (*take)(void *state, const struct reader *r, const struct frame *f);

    /* Instead of take, in plots that have no kinds: reads the file of that name,
     * "-" for standard input, which is a text; 1: there is nothing in it to draw. NULL in all others. */
    int (*read)(void *state, const char *path);

    /* At the end of the stream: fills in what the page leaves open, and the
     * unit of the canvas. -1: nothing to draw, or no room for it. */
    int (*fit)(void *state, struct page *page, double *unit);

    void (*draw)(void *state, const struct page *page, struct canvas *c);
    void (*release)(void *state);
};

extern const struct plot plot_waves;
extern const struct plot plot_spectrogram;
extern const struct plot plot_latent;
extern const struct plot plot_training;

#endif
