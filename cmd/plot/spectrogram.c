/* Spectrograms: a grid of clips with the time across, the frequency up and the
 * level as shades of blue, on one scale for all. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "base/error.h"
#include "base/mem.h"
#include "clips.h"
#include "dsp/stft.h"
#include "grid.h"
#include "plot.h"
#include "text.h"
#include "timeline.h"

enum { ROWS_MOST = 512, NAME_MOST = 160 };

static const double range_db = 70;     /* from the loudest to white */
static const double nothing_db = -1e6; /* the level of silence */

struct spectrogram {
    char *name;
    double rate;
    int64_t samples;
    int columns, rows;  /* of the picture kept */
    double first, last; /* samples: where its left and right edge lie */
    double low, high;   /* its lower and upper edge, 0 to 0.5 cycles a sample */
    float *db;          /* [columns, rows]: level below a sine of amplitude 1 */
    float loudest;
};

struct spectrograms {
    struct spectrogram *clips;
    int count, room;
    int64_t seen;
    int columns; /* at most, of a picture */
    struct timeline time;
};

static void *spectrogram_start(const struct page *page)
{
    struct spectrograms *s = mem_zero(1, sizeof *s);
    int width = page->width > 0 ? page->width : 1200;

    s->room = page->cols > 0 ? page->cols * page->rows : GRID_CELLS;
    s->clips = mem_zero((size_t)s->room, sizeof *s->clips);
    s->columns = page->cols > 0 ? width / page->cols + 1 : width;
    return s;
}

/* Samples in a frame: a power of two, about a twelfth of a second, not longer
 * than the clip unless that is very short. */
static int frame_size(double rate, int samples)
{
    int size = (int)fmin(8192, fmax(64, rate > 0 ? exp2(round(log2(rate / 12))) : 512));

    while (size > 16 && size > samples)
        size /= 2;
    return size;
}

/* A channel without its mean, scaled so that powers stay in range; returns the
 * level in dB to be added for the scale. */
static double channel_copy(float *to, const float *from, int samples)
{
    double mean = 0, peak = 0;

    for (int i = 0; i < samples; i++)
        mean += from[i];
    mean /= samples;
    for (int i = 0; i < samples; i++)
        peak = fmax(peak, fabs(from[i] - mean));
    if (peak < 1e-6 * fabs(mean)) /* rounding, no sound */
        peak = 0;
    for (int i = 0; i < samples; i++)
        to[i] = peak > 0 ? (float)((from[i] - mean) / peak) : 0;
    return peak > 0 ? 20 * log10(peak) : 0;
}

/* Adds the powers of a channel, put together to rows and columns of the picture. */
static void power_add(const struct spectrogram *s, const struct stft *stft, const float *x, double gain, double *power)
{
    int frames = stft_frames(stft, (int)s->samples), bins = stft_bins(stft);
    float *spectrum = mem_floats(stft_row(stft)), *scratch = mem_floats(stft_scratch(stft));

    for (int f = 0; f < frames; f++) {
        int column = (int)((int64_t)f * s->columns / frames);

        stft_frame(stft, x, (int)s->samples, f, spectrum, scratch);
        for (int b = 0; b < bins; b++) {
            double re = spectrum[2 * b], im = spectrum[2 * b + 1];

            power[(int64_t)column * s->rows + b * s->rows / bins] += gain * (re * re + im * im);
        }
    }
    free(spectrum);
    free(scratch);
}

/* Number of things i in 0..n-1 that i * cells / n puts into a cell. */
static double share(int n, int cells, int cell)
{
    return (double)(((int64_t)(cell + 1) * n + cells - 1) / cells - ((int64_t)cell * n + cells - 1) / cells);
}

static void spectrogram_make(struct spectrogram *s, const struct clip *clip, int most)
{
    int samples = (int)clip->samples, size = frame_size(clip->rate, samples), frames, bins;
    int hop = (int)fmin(size / 4, fmax(1, samples / (2 * most)));
    struct stft *stft = stft_new(size, hop, WINDOW_HANN);
    float *x = mem_floats((size_t)samples);
    double *power, loudest = -INFINITY;

    frames = stft_frames(stft, samples);
    bins = stft_bins(stft);
    s->columns = frames < most ? frames : most;
    s->rows = bins < ROWS_MOST ? bins : ROWS_MOST;
    s->first = -0.5 * hop;
    s->last = (frames - 0.5) * hop;
    s->low = -0.5 / size;
    s->high = (bins - 0.5) / size;
    power = mem_zero((size_t)s->columns * (size_t)s->rows, sizeof *power);
    for (int64_t i = 0; i < clip->channels; i++)
        loudest = fmax(loudest, channel_copy(x, clip->data + i * samples, samples));
    for (int64_t i = 0; i < clip->channels; i++) {
        double db = channel_copy(x, clip->data + i * samples, samples);

        power_add(s, stft, x, exp10((db - loudest) / 10) / (double)clip->channels, power);
    }
    s->db = mem_zero((size_t)s->columns * (size_t)s->rows, sizeof *s->db);
    s->loudest = (float)nothing_db;
    for (int i = 0; i < s->columns * s->rows; i++) {
        double full = size / 4.0; /* magnitude of a sine of amplitude 1 under the window */
        double mean = power[i] / share(frames, s->columns, i / s->rows) / share(bins, s->rows, i % s->rows);

        s->db[i] = mean > 0 ? (float)(10 * log10(mean / full / full) + loudest) : (float)nothing_db;
        s->loudest = fmaxf(s->loudest, s->db[i]);
    }
    free(power);
    free(x);
    stft_free(stft);
}

static int spectrogram_one(void *arg, const struct clip *clip)
{
    struct spectrograms *s = arg;
    struct spectrogram *one;

    s->seen++;
    if (s->count == s->room)
        return 0;
    if (clip->samples > INT_MAX / 2)
        return error_set("%s: %lld samples are too many for a spectrogram", clip->name, (long long)clip->samples);
    one = &s->clips[s->count++];
    one->name = text_clean(clip->name, NAME_MOST);
    one->rate = clip->rate;
    one->samples = clip->channels > 0 ? clip->samples : 0;
    timeline_add(&s->time, one->rate, one->samples);
    if (one->samples > 0)
        spectrogram_make(one, clip, s->columns);
    return 0;
}

static int spectrogram_take(void *state, const struct reader *r, const struct frame *f)
{
    return clips_each(r, f, spectrogram_one, state);
}

static int spectrogram_fit(void *state, struct page *page, double *unit)
{
    struct spectrograms *s = state;

    return grid_begin(page, s->count, s->seen, unit);
}

/* White, by way of light blue, to a dark one. */
static void shade(double level, double *rgb)
{
    static const double shades[][3] = {
        {1, 1, 1}, {0.82, 0.89, 0.95}, {0.53, 0.69, 0.86}, {0.17, 0.40, 0.66}, {0.04, 0.13, 0.29},
    };
    double at = fmin(1, fmax(0, level)) * 4;
    int i = at < 4 ? (int)at : 3;

    for (int j = 0; j < 3; j++)
        rgb[j] = shades[i][j] + (at - i) * (shades[i + 1][j] - shades[i][j]);
}

/* The picture kept, as pixels; top is the level that is darkest. */
static cairo_surface_t *picture_new(const struct spectrogram *s, double top)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, s->columns, s->rows);
    unsigned char *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);

    if (data == NULL)
        return surface; /* in error: so will be the page */
    for (int y = 0; y < s->rows; y++)
        for (int x = 0; x < s->columns; x++) {
            double db = s->db[(int64_t)x * s->rows + s->rows - 1 - y], rgb[3];
            uint32_t pixel = 0;

            shade(1 + (db - top) / range_db, rgb);
            for (int j = 0; j < 3; j++)
                pixel = pixel << 8 | (uint32_t)lround(255 * rgb[j]);
            memcpy(data + (int64_t)y * stride + 4 * x, &pixel, 4);
        }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static void draw_picture(struct canvas *c, const struct spectrogram *s, const struct timeline *t, const struct scale *x,
                         const struct scale *y, double factor, double top)
{
    double end = timeline_at(t, x, s->rate, s->samples);
    double per_sample = (end - x->from) / (double)s->samples, per_cycle = scale_at(y, factor) - y->from;
    cairo_surface_t *picture = picture_new(s, top);
    double wide = (s->last - s->first) * per_sample, high = (s->high - s->low) * per_cycle;

    cairo_save(c->cr);
    cairo_rectangle(c->cr, x->from, y->from, fmax(1, end - x->from), 0.5 * per_cycle);
    cairo_clip(c->cr);
    cairo_translate(c->cr, x->from + s->first * per_sample, y->from + s->low * per_cycle + high);
    cairo_scale(c->cr, fmax(wide, 1) / s->columns, -high / s->rows);
    cairo_set_source_surface(c->cr, picture, 0, 0);
    cairo_pattern_set_extend(cairo_get_source(c->cr), CAIRO_EXTEND_PAD);
    cairo_pattern_set_filter(cairo_get_source(c->cr), CAIRO_FILTER_GOOD);
    cairo_paint(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(picture);
}

/* The shades and what they mean, at the top right. */
static void draw_key(struct canvas *c, const struct page *page, double top)
{
    double u = c->unit, right = page->width - 16 * u, y = (page->title != NULL ? 40 : 14) * u;
    char low[64], high[64], text[80];

    if (page->width < 700 * u)
        return;
    text_number(low, sizeof low, round(top - range_db), 4);
    text_number(high, sizeof high, round(top), 4);
    snprintf(text, sizeof text, "%s dB", high);
    canvas_font(c, FONT_NORMAL, 12);
    canvas_text(c, INK_FAINT, right, y + 10 * u, 1, text);
    right -= canvas_text_width(c, text) + 8 * u;
    for (int i = 0; i < 100; i++) {
        double rgb[3];

        shade((i + 0.5) / 100, rgb);
        cairo_set_source_rgb(c->cr, rgb[0], rgb[1], rgb[2]);
        cairo_rectangle(c->cr, floor(right - (100 - i) * 1.4 * u), y, ceil(1.4 * u) + (i < 99), 11 * u);
        cairo_fill(c->cr);
    }
    canvas_text(c, INK_FAINT, right - 148 * u, y + 10 * u, 1, low);
}

static void draw_cell(struct canvas *c, const struct grid *g, int i, const struct spectrograms *s,
                      const struct scale *frequencies, bool hertz, double top)
{
    const struct spectrogram *one = &s->clips[i];
    struct rect r = grid_cell(g, i);
    struct scale x = timeline_scale(&s->time, &r), y = *frequencies;
    char remark[96] = "";
    struct ticks tx, ty;

    y.from = r.y + r.h;
    y.to = r.y;
    if (one->samples == 0)
        snprintf(remark, sizeof remark, "no samples");
    else if (timeline_uneven(&s->time))
        timeline_length_text(remark, sizeof remark, &s->time, timeline_length(&s->time, one->rate, one->samples));
    cell_heading(c, &r, one->name, remark);
    canvas_font(c, FONT_NORMAL, 12);
    tx = timeline_ticks(c, &s->time, r.w);
    ty = ticks_nice(y.lo, y.hi, (int)fmin(7, fmax(1, r.h / (20 * c->unit))));
    if (one->samples > 0)
        draw_picture(c, one, &s->time, &x, &y, hertz ? one->rate : 1, top);
    axes_left(c, &r, &y, &ty, grid_outer_left(g, i));
    timeline_draw(c, &s->time, &r, &tx, grid_outer_bottom(g, i));
}

static void spectrogram_draw(void *state, const struct page *page, struct canvas *c)
{
    struct spectrograms *s = state;
    struct grid g = {.cells = s->count};
    struct scale y = {0, 0.5, 0, 0};
    double top = nothing_db;
    char remarks[512];
    struct ticks t;

    timeline_end(&s->time);
    for (int i = 0; i < s->count; i++)
        if (s->clips[i].samples > 0)
            top = fmax(top, s->clips[i].loudest);
    if (top <= nothing_db)
        top = 0;
    if (s->time.seconds)
        y.hi = s->time.fastest / 2;
    timeline_clips_text(remarks, 300, &s->time, s->seen);
    strcat(remarks, "; level in dB of a full-scale sine");
    page_heading(c, page, remarks);
    draw_key(c, page, top);
    canvas_font(c, FONT_NORMAL, 12);
    t = ticks_nice(y.lo, y.hi, 7);
    g.left = ticks_width(c, &t) + 8 * c->unit;
    t = timeline_ticks(c, &s->time, page->width / page->cols - 60 * c->unit);
    g.label = ticks_width(c, &t);
    grid_lay(&g, page, c->unit);
    for (int i = 0; i < s->count; i++)
        draw_cell(c, &g, i, s, &y, s->time.seconds, top);
    grid_title(c, &g, s->time.seconds ? "frequency (Hz)" : "frequency (cycles per sample)");
}

static void spectrogram_release(void *state)
{
    struct spectrograms *s = state;

    for (int i = 0; i < s->count; i++) {
        free(s->clips[i].name);
        free(s->clips[i].db);
    }
    free(s->clips);
    free(s);
}

const struct plot plot_spectrogram = {
    .name = "spectrogram",
    .kinds = (const char *const[]){"audio", NULL},
    .start = spectrogram_start,
    .take = spectrogram_take,
    .fit = spectrogram_fit,
    .draw = spectrogram_draw,
    .release = spectrogram_release,
};
