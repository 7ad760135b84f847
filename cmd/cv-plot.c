/* Draws a stream: audio as a grid of waveforms or spectrograms, latents as points in a plane,
 * or the logs of trainings, or models, as curves, to a PNG or SVG file. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"
#include "io/stream.h"
#include "io/stretch.h"
#include "plot/canvas.h"
#include "plot/plot.h"
#include "plot/text.h"

enum { CELLS_MOST = 64, TITLE_MOST = 400 }; /* cells each way; characters */

static const struct plot *const plots[] = {&plot_waves, &plot_spectrogram, &plot_latent, &plot_training};
enum { PLOTS = sizeof plots / sizeof plots[0] };

static const char *file, *grid, *title, *kind, *scale = "mel", *dims;
static int64_t width, height;
static bool svg, scale_given, drawn;
static struct page page;
static int64_t last;

static const struct opt opts[] = {
    {'o', "output", OPT_TEXT, &file, "FILE", 0, 0, "picture to write, .png or .svg; - is standard output", NULL},
    {'g', "grid", OPT_TEXT, &grid, "COLSxROWS", 0, 0,
     "cells of the page, as in 4x4; without it as many as clips come, up to 16", NULL},
    {'t', "title", OPT_TEXT, &title, "TEXT", 0, 0, "heading of the page", NULL},
    {'W', "width", OPT_INT, &width, "PX", 0, CANVAS_SIZE_MAX, "width in pixels, 0: as the plot needs", NULL},
    {'H', "height", OPT_INT, &height, "PX", 0, CANVAS_SIZE_MAX, "height in pixels, 0: as the plot needs", NULL},
    {0, "kind", OPT_TEXT, &kind, "waves|spectrogram|latent|training", 0, 0,
     "what to draw; without it as what comes needs, waves for audio", NULL},
    {0, "from", OPT_REAL, &page.from, "SECONDS", 0, 1e9, "where in each clip the picture begins", NULL},
    {0, "to", OPT_REAL, &page.to, "SECONDS", 0, 1e9, "where in each clip it ends, 0: with the clip", NULL},
    {0, "last", OPT_INT, &last, "SECONDS", 0, 3600,
     "draw the last so many seconds of audio, again and again as it comes, 0: all at the end", NULL},
    {0, "scale", OPT_TEXT, &scale, "mel|linear", 0, 0, "frequencies of a spectrogram: mel is by pitch as it is heard",
     &scale_given},
    {0, "dims", OPT_TEXT, &dims, "A,B", 0, 0,
     "dimensions of latents, the first is 1; without it 1,2, or of more than two their principal components", NULL},
};

static const struct program program = {
    .name = "cv-plot",
    .operands = "[LOG ...]",
    .purpose = "Draw the audio or the latents of a stream, or the curves of trainings (cv-train --log, or models), "
               "as a PNG or SVG picture.",
    .opts = opts,
    .count = sizeof opts / sizeof opts[0],
    .example = "cv-load jazz/*.wav | cv-plot -o jazz.png",
};

/* "4x4", "1,2": two whole numbers from 1 to most, parted by the character, into pair. */
static bool pair_parse(const char *text, char parted, int most, int pair[2])
{
    char *first = mem_text(text), *second = strchr(first, parted);
    int64_t numbers[2] = {0};
    bool good;

    if (second)
        *second++ = '\0';
    good = second && number_int(first, 1, most, &numbers[0]) == 0 && number_int(second, 1, most, &numbers[1]) == 0;
    for (int i = 0; i < 2; i++)
        pair[i] = (int)numbers[i];
    free(first);
    return good;
}

/* SVG or not, by the extension of the file. */
static bool file_is_svg(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL, *base = slash != NULL ? slash + 1 : path;
    const char *dot = base != NULL ? strrchr(base, '.') : NULL;

    if (base != NULL && base[0] == '\0')
        diag_usage("-o %s: expected the name of a file", path);
    if (dot == NULL || strcasecmp(dot, ".png") == 0)
        return false;
    if (strcasecmp(dot, ".svg") != 0)
        diag_usage("-o %s: pictures are .png or .svg", path);
    return true;
}

static const struct plot *plot_named(const char *name)
{
    int i = 0;

    while (strcmp(plots[i]->name, name) != 0)
        i++;
    return plots[i];
}

/* The plot that reads logs, if that is what is to be drawn. */
static const struct plot *plot_of_logs(bool logs_named)
{
    const struct plot *p = kind != NULL ? plot_named(kind) : logs_named ? &plot_training : NULL;

    if (p != NULL && p->read == NULL && logs_named)
        diag_usage("--kind %s: draws a stream from standard input; files are named for training only", kind);
    return p != NULL && p->read != NULL ? p : NULL;
}

static void logs_take(const struct plot *p, void *state, char **logs)
{
    char *input[] = {"-", NULL};

    for (char **log = *logs != NULL ? logs : input; *log != NULL; log++)
        if (p->read(state, *log) != 0)
            diag_die("%s", error_text());
}

static void picture_write(const struct plot *p, void *state)
{
    struct page own = page; /* what it leaves open each picture fills in */
    struct canvas *c = NULL;
    double unit;

    if (p->fit(state, &own, &unit) == 0)
        c = canvas_new(own.width, own.height, unit, svg);
    if (c != NULL)
        p->draw(state, &own, c);
    if (c == NULL || canvas_save(c, file) != 0)
        diag_die("%s", error_text());
    canvas_free(c);
    drawn = true;
}

/* Draws the last seconds, [channels, samples] in w, and c, which goes on with them or is the first of a clip of that name. */
static int window_draw(const struct plot *p, const struct reader *r, void **state, struct tensor *w, const char *name,
                       const struct audio_clip *c)
{
    int64_t room = (int64_t)round((double)last * c->rate) - c->samples, before = c->number > 0 ? w->shape[1] : 0;
    int64_t kept = before < room ? before : room, all = kept + c->samples;
    struct tensor t = tensor_view(mem_floats((size_t)(c->channels * all)), 2, (int64_t[]){c->channels, all});
    struct meta *meta = meta_map();

    for (int64_t i = 0; i < c->channels; i++) {
        if (kept > 0)
            memcpy(t.data + i * all, w->data + (i + 1) * before - kept, (size_t)kept * sizeof *t.data);
        memcpy(t.data + i * all + kept, c->x + i * c->samples, (size_t)c->samples * sizeof *t.data);
    }
    free(w->data);
    *w = t;
    meta_add(meta, "rate", meta_real(c->rate));
    p->release(*state);
    *state = p->start(&page);
    if (p->take(*state, r, &(struct frame){name, meta, &(struct frame_tensor){"audio", t}, 1, false, false}) < 0)
        return -1;
    meta_free(meta);
    picture_write(p, *state);
    return 0;
}

/* Draws the last of what comes about once a second, and at the end of each clip. */
static int stream_follow(const struct plot *p, struct reader *r, void **state)
{
    struct stretch s = {.seconds = fmax(1, (double)last / 10)};
    struct audio_clip c = {0};
    struct tensor w = {0};
    int got;

    reader_parts(r);
    while ((got = audio_clip_next(r, &c)) > 0)
        while (stretch_next(&s, &c))
            if (window_draw(p, r, state, &w, s.of, &s.clip) < 0)
                return -1;
    stretch_free(&s);
    free(w.data);
    return got;
}

/* Finds out who draws what is on standard input, and lets it take all of that: a picture of half a stream would look
 * complete. */
static const struct plot *stream_take(void **state)
{
    static const char *const all[] = {"audio", "latent", "noise", NULL};
    const struct plot *p = kind != NULL ? plot_named(kind) : NULL;
    struct reader *r = reader_open("-", p != NULL ? p->kinds : all);
    const struct frame *f;
    int got = r != NULL ? 0 : -1;

    if (r != NULL && p == NULL)
        p = strcmp(reader_kind(r), "audio") == 0 ? &plot_waves : &plot_latent;
    if (r != NULL)
        *state = p->start(&page);
    if (r != NULL && last > 0 && strcmp(reader_kind(r), "audio") == 0)
        got = stream_follow(p, r, state);
    while (got == 0 && (got = reader_next(r, &f)) > 0)
        got = p->take(*state, r, f);
    if (got < 0)
        diag_die("%s", error_text());
    reader_free(r);
    return p;
}

/* The checks that the table of options cannot make, before any input is read. */
static void options_check(void)
{
    int shape[2] = {0, 0};

    if (file != NULL && strcmp(file, "-") == 0)
        file = NULL;
    svg = file_is_svg(file);
    if ((width > 0 && width < CANVAS_SIZE_MIN) || (height > 0 && height < CANVAS_SIZE_MIN))
        diag_usage("a page has at least %d x %d pixels", CANVAS_SIZE_MIN, CANVAS_SIZE_MIN);
    page.width = (int)width;
    page.height = (int)height;
    if (grid != NULL && !pair_parse(grid, 'x', CELLS_MOST, shape))
        diag_usage("-g %s: expected columns and rows from 1 to %d, as in 4x4", grid, CELLS_MOST);
    page.cols = shape[0];
    page.rows = shape[1];
    if (dims != NULL && (!pair_parse(dims, ',', INT_MAX, page.dims) || page.dims[0] == page.dims[1]))
        diag_usage("--dims %s: expected the numbers of two dimensions from 1 on that differ, as in 1,2", dims);
    if (page.to > 0 && page.to <= page.from)
        diag_usage("--to %g: expected more than the %g of --from, or 0", page.to, page.from);
    if (last > 0 && (page.from > 0 || page.to > 0))
        diag_usage("--last SECONDS: is what is shown of a clip, without --from and --to");
    page.linear = strcmp(scale, "linear") == 0;
    if (title != NULL && title[0] != '\0')
        page.title = text_clean(title, TITLE_MOST);
    if (file == NULL && isatty(STDOUT_FILENO))
        diag_die("standard output is a terminal: name a picture with -o FILE, or redirect");
}

/* Options that are for another plot than the one that is drawn. */
static void warn_unused(const struct plot *p)
{
    bool sound = p == &plot_waves || p == &plot_spectrogram;
    const struct {
        const char *name;
        bool given, used;
    } options[] = {{"--grid", grid != NULL, sound},
                   {"--from", page.from > 0, sound},
                   {"--to", page.to > 0, sound},
                   {"--last", last > 0, sound},
                   {"--scale", scale_given, p == &plot_spectrogram},
                   {"--dims", dims != NULL, p == &plot_latent}};

    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && !options[i].used)
            diag_warn("%s has no effect: the plot is '%s'", options[i].name, p->name);
}

int main(int argc, char **argv)
{
    const struct plot *p;
    void *state;
    int first = program_begin(&program, argc, argv, 0, -1);

    p = plot_of_logs(first < argc);
    options_check();
    if (p != NULL) {
        state = p->start(&page);
        logs_take(p, state, argv + first);
    } else {
        p = stream_take(&state);
    }
    warn_unused(p);
    if (!drawn)
        picture_write(p, state);
    p->release(state);
    free(page.title);
    if (file == NULL && close(STDOUT_FILENO))
        diag_die("standard output:");
    return EXIT_SUCCESS;
}
