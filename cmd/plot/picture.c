/* Plots as pictures in a page of text. */
#include "picture.h"

#include <math.h>

enum { WIDTH = 480 };

static const double unit = 1.05;                       /* half that where a telephone is 320 pixels wide */
static const double wave_high = 160, sound_high = 260; /* pixels, with headings and axes */
/* Units of the page: over a cell; left of it, but for numbers; under it; right of spectrograms. */
static const double heading = 44, title = 26, time = 40, bar = 54;

/* Five bits of each colour: no eye misses the others, and the picture takes half the room. */
static void colours_round(struct canvas *c)
{
    unsigned char *data = cairo_image_surface_get_data(c->surface);
    int64_t count = (int64_t)c->height * cairo_image_surface_get_stride(c->surface);

    cairo_surface_flush(c->surface);
    for (int64_t i = 0; data != NULL && i < count; i++)
        data[i] = (unsigned char)((data[i] & 0xF8) | data[i] >> 5);
    cairo_surface_mark_dirty(c->surface);
}

/* The bytes of a canvas, which is released; NULL: with the reason. */
static unsigned char *bytes_of(struct canvas *c, size_t *size)
{
    unsigned char *bytes = NULL;

    if (c != NULL)
        colours_round(c);
    if (c != NULL && canvas_end(c) == 0) {
        bytes = c->bytes;
        *size = c->count;
        c->bytes = NULL;
    }
    canvas_free(c);
    return bytes;
}

unsigned char *picture_plot(const struct plot *p, void *state, int height, size_t *size)
{
    struct page page = {.width = WIDTH, .height = height};
    struct canvas *c = NULL;
    double own;

    if (p->fit(state, &page, &own) == 0) {
        if (height == 0)
            page.height = (int)round(page.height * unit / own);
        c = canvas_new(page.width, page.height, unit, false);
    }
    if (c != NULL)
        p->draw(state, &page, c);
    p->release(state);
    return bytes_of(c, size);
}

/* Draws a plot of one cell without the titles over it and of its axis, from top down. */
static int cell_draw(struct canvas *c, const struct plot *p, const struct reader *r, const struct frame *f, double top,
                     struct page page)
{
    struct frame nameless = *f;
    void *state = p->start(&page);
    double own;
    int status;

    nameless.name = ""; /* the page around it says it */
    status = p->take(state, r, &nameless);
    if (status == 0)
        status = p->fit(state, &page, &own);
    if (status == 0) {
        cairo_save(c->cr);
        cairo_rectangle(c->cr, 0, top, c->width, c->height);
        cairo_clip(c->cr);
        canvas_ink(c, INK_PAPER, 1);
        cairo_paint(c->cr);
        cairo_translate(c->cr, -round(title * unit), top - round(heading * unit));
        p->draw(state, &page, c);
        cairo_restore(c->cr);
    }
    p->release(state);
    return status;
}

unsigned char *picture_sound(const struct reader *r, const struct frame *f, size_t *size)
{
    double head = round(heading * unit), wide = WIDTH + round(title * unit),
           middle = wave_high - head - round(time * unit);
    struct page wave = {.width = (int)(wide - round(bar * unit)), .height = (int)wave_high, .left = 46 * unit};
    struct page sound = {.width = (int)wide, .height = (int)sound_high, .left = 46 * unit};
    struct canvas *c = canvas_new(WIDTH, (int)(middle + sound_high - head), unit, false);

    if (c != NULL &&
        (cell_draw(c, &plot_waves, r, f, 0, wave) != 0 || cell_draw(c, &plot_spectrogram, r, f, middle, sound) != 0)) {
        canvas_free(c);
        return NULL;
    }
    return bytes_of(c, size);
}
