/* A white page to draw on with cairo, kept in memory until it is whole and
 * then given out as the bytes of a PNG or SVG file. */
#ifndef PLOT_CANVAS_H
#define PLOT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include <cairo.h>

enum { CANVAS_SIZE_MIN = 200, CANVAS_SIZE_MAX = 10000 }; /* pixels, each way */

struct rect {
    double x, y, w, h;
};

enum ink {
    INK_TEXT,  /* titles, labels */
    INK_FAINT, /* remarks, units */
    INK_AXIS,
    INK_GRID, /* lines behind the data */
    INK_WAVE, /* the one blue */
    INK_WAVE_DARK,
    INK_PAPER,
    INK_CURVE, /* the first of the inks of curves, told apart by most eyes */
    INK_COUNT = INK_CURVE + 8
};

enum font { FONT_NORMAL, FONT_BOLD };

struct canvas {
    cairo_t *cr;
    cairo_surface_t *surface;
    int width, height;
    double unit; /* size of things: 1 at the default size of a page */
    bool svg;
    cairo_font_face_t *fallback; /* for names that the usual font cannot write, NULL: none was needed */
    bool lacking;                /* it has been said that no font can */
    unsigned char *bytes;        /* of the file, as far as written */
    size_t count, room;
};

/* NULL with the reason in error_text. */
struct canvas *canvas_new(int width, int height, double unit, bool svg);

/* Ends drawing: the picture is in bytes [count]. -1: with the reason. */
int canvas_end(struct canvas *c);

/* The same, and writes the picture: a file, whole or untouched, or to standard output where file is NULL. -1: with
 * the reason. */
int canvas_save(struct canvas *c, const char *file);
void canvas_free(struct canvas *c);

void canvas_ink(struct canvas *c, enum ink ink, double alpha);

/* A thin line, put on the pixel raster so that it is sharp. */
void canvas_line(struct canvas *c, enum ink ink, double x0, double y0, double x1, double y1);

/* Sizes of type in units of the page: about 10 small, 12 normal, 17 a heading. Text that this font cannot write is
 * drawn in one that can; if none is there, a note says so. */
void canvas_font(struct canvas *c, enum font font, double size);
double canvas_text_width(struct canvas *c, const char *text);

/* Text on the base line y; align 0: starts at x, 0.5: centred, 1: ends there.
 * The text must be valid UTF-8 (see text.h). */
void canvas_text(struct canvas *c, enum ink ink, double x, double y, double align, const char *text);

/* The same from bottom to top, centred on y. */
void canvas_text_up(struct canvas *c, enum ink ink, double x, double y, const char *text);

#endif
