/* The page: a cairo surface, its inks and its type. */
#include "canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cairo-ft.h>
#include <cairo-svg.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"

static const double inks[INK_COUNT][3] = {
    [INK_TEXT] = {0.13, 0.14, 0.16},
    [INK_FAINT] = {0.42, 0.44, 0.47},
    [INK_AXIS] = {0.30, 0.31, 0.33},
    [INK_GRID] = {0.89, 0.90, 0.91},
    [INK_WAVE] = {0.53, 0.69, 0.86},
    [INK_WAVE_DARK] = {0.17, 0.40, 0.66},
    [INK_PAPER] = {1, 1, 1},
    /* blue as in waves, then vermilion, green, purple, orange, sky, brown, grey, after Okabe and Ito */
    [INK_CURVE] = {0.17, 0.40, 0.66},
    {0.84, 0.37, 0.00},
    {0.00, 0.62, 0.45},
    {0.80, 0.47, 0.65},
    {0.90, 0.62, 0.00},
    {0.34, 0.71, 0.91},
    {0.49, 0.31, 0.24},
    {0.45, 0.45, 0.45},
};

static cairo_status_t bytes_append(void *closure, const unsigned char *data, unsigned int count)
{
    struct canvas *c = closure;

    if (c->room - c->count < count) {
        c->room = c->room * 2 + count + 4096;
        c->bytes = mem_grow(c->bytes, c->room, 1);
    }
    memcpy(c->bytes + c->count, data, count);
    c->count += count;
    return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *surface_new(struct canvas *c)
{
    cairo_surface_t *surface;

    if (!c->svg)
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, c->width, c->height);
    surface = cairo_svg_surface_create_for_stream(bytes_append, c, c->width, c->height);
    cairo_svg_surface_restrict_to_version(surface, CAIRO_SVG_VERSION_1_1);
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    return surface;
}

/* Whether the font now chosen has no glyph for some character. */
static bool font_lacks(struct canvas *c, const char *text)
{
    cairo_glyph_t *glyphs = NULL;
    bool lacks = false;
    int count = 0;

    if (cairo_scaled_font_text_to_glyphs(cairo_get_scaled_font(c->cr), 0, 0, text, -1, &glyphs, &count, NULL, NULL,
                                         NULL) != CAIRO_STATUS_SUCCESS)
        return true;
    for (int i = 0; i < count; i++)
        lacks = lacks || glyphs[i].index == 0;
    cairo_glyph_free(glyphs);
    return lacks;
}

/* The font with the most characters of text, which fontconfig looks for when cairo first uses it. */
static cairo_font_face_t *font_having(const char *text)
{
    FcPattern *pattern = FcPatternCreate();
    FcCharSet *set = FcCharSetCreate();
    cairo_font_face_t *face;
    FcChar32 character;
    int length;

    while ((length = FcUtf8ToUcs4((const FcChar8 *)text, &character, (int)strlen(text))) > 0) {
        FcCharSetAddChar(set, character);
        text += length;
    }
    FcPatternAddString(pattern, FC_FAMILY, (const FcChar8 *)"sans-serif");
    FcPatternAddCharSet(pattern, FC_CHARSET, set);
    face = cairo_ft_font_face_create_for_pattern(pattern);
    FcCharSetDestroy(set);
    FcPatternDestroy(pattern);
    return face;
}

/* Chooses a font for text. */
static void font_for(struct canvas *c, const char *text)
{
    if (!font_lacks(c, text))
        return;
    if (c->fallback != NULL)
        cairo_set_font_face(c->cr, c->fallback);
    if (c->fallback != NULL && !font_lacks(c, text))
        return;
    cairo_font_face_destroy(c->fallback);
    c->fallback = font_having(text);
    cairo_set_font_face(c->cr, c->fallback);
    if (c->lacking || !font_lacks(c, text))
        return;
    diag_note("no font here has all characters of '%s', some are not readable: install one that has"
              " (Debian: fonts-dejavu-core, fonts-noto-cjk)",
              text);
    c->lacking = true;
}

struct canvas *canvas_new(int width, int height, double unit, bool svg)
{
    struct canvas *c = mem_zero(1, sizeof *c);
    cairo_font_options_t *options;
    cairo_status_t status;

    c->width = width;
    c->height = height;
    c->unit = unit;
    c->svg = svg;
    c->surface = surface_new(c);
    c->cr = cairo_create(c->surface);
    status = cairo_status(c->cr);
    if (status != CAIRO_STATUS_SUCCESS) {
        error_set("cannot make a page of %d x %d pixels: %s", width, height, cairo_status_to_string(status));
        canvas_free(c);
        return NULL;
    }
    cairo_set_source_rgb(c->cr, 1, 1, 1);
    cairo_paint(c->cr);
    /* unhinted: text keeps its proportions at every size of page, on every machine */
    options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(c->cr, options);
    cairo_font_options_destroy(options);
    cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
    canvas_font(c, FONT_NORMAL, 12);
    return c;
}

int canvas_end(struct canvas *c)
{
    cairo_status_t status = cairo_status(c->cr);

    if (status == CAIRO_STATUS_SUCCESS && !c->svg)
        status = cairo_surface_write_to_png_stream(c->surface, bytes_append, c);
    if (status == CAIRO_STATUS_SUCCESS) {
        cairo_surface_finish(c->surface);
        status = cairo_surface_status(c->surface);
    }
    if (status != CAIRO_STATUS_SUCCESS)
        return error_set("cannot draw: %s", cairo_status_to_string(status));
    return 0;
}

int canvas_save(struct canvas *c, const char *file)
{
    if (canvas_end(c) != 0)
        return -1;
    if (file != NULL)
        return file_save(file, c->bytes, c->count);
    return fd_put(STDOUT_FILENO, c->bytes, c->count) ? error_set("standard output:") : 0;
}

void canvas_free(struct canvas *c)
{
    if (c == NULL)
        return;
    cairo_font_face_destroy(c->fallback); /* NULL is fine */
    cairo_destroy(c->cr);
    cairo_surface_destroy(c->surface); /* an SVG surface writes its last bytes here */
    free(c->bytes);
    free(c);
}

void canvas_ink(struct canvas *c, enum ink ink, double alpha)
{
    cairo_set_source_rgba(c->cr, inks[ink][0], inks[ink][1], inks[ink][2], alpha);
}

void canvas_line(struct canvas *c, enum ink ink, double x0, double y0, double x1, double y1)
{
    double width = fmax(1, floor(c->unit + 0.25));
    double half = fmod(width, 2) / 2;

    if (x0 == x1)
        x0 = x1 = floor(x0) + half;
    if (y0 == y1)
        y0 = y1 = floor(y0) + half;
    canvas_ink(c, ink, 1);
    cairo_set_line_width(c->cr, width);
    cairo_move_to(c->cr, x0, y0);
    cairo_line_to(c->cr, x1, y1);
    cairo_stroke(c->cr);
}

void canvas_font(struct canvas *c, enum font font, double size)
{
    cairo_select_font_face(c->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           font == FONT_BOLD ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c->cr, size * c->unit);
}

double canvas_text_width(struct canvas *c, const char *text)
{
    cairo_text_extents_t extents;

    cairo_save(c->cr);
    font_for(c, text);
    cairo_text_extents(c->cr, text, &extents);
    cairo_restore(c->cr);
    return extents.x_advance;
}

void canvas_text(struct canvas *c, enum ink ink, double x, double y, double align, const char *text)
{
    cairo_save(c->cr);
    canvas_ink(c, ink, 1);
    font_for(c, text);
    cairo_move_to(c->cr, x - align * canvas_text_width(c, text), y);
    cairo_show_text(c->cr, text);
    cairo_new_path(c->cr);
    cairo_restore(c->cr);
}

void canvas_text_up(struct canvas *c, enum ink ink, double x, double y, const char *text)
{
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -M_PI / 2);
    canvas_text(c, ink, 0, 0, 0.5, text);
    cairo_restore(c->cr);
}
