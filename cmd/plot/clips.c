/* Clips as they come in a stream, laid out on a page. */
#include "clips.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "io/clip.h"
#include "text.h"

enum { NAME_MOST = 160 };

void *clips_start(const struct page *page)
{
    struct clips *s = mem_zero(1, sizeof *s);

    s->room = page->cols > 0 ? page->cols * page->rows : GRID_CELLS;
    s->list = mem_zero((size_t)s->room, sizeof *s->list);
    s->spool = spool_new(spool_default());
    s->from = page->from;
    s->to = page->to;
    s->slowest = s->shortest = INFINITY;
    return s;
}

/* Keeps a clip, whose channels are so many samples apart. */
static int keep(struct clips *s, struct clip clip, int64_t apart)
{
    double seconds = (double)clip.samples / clip.rate;
    float *data = spool_floats(s->spool, (size_t)(clip.channels * clip.samples));

    if (data == NULL)
        return -1;
    for (int64_t i = 0; i < clip.channels; i++)
        memcpy(data + i * clip.samples, clip.data + i * apart, (size_t)clip.samples * sizeof *data);
    clip.data = data;
    clip.name = text_clean(clip.name, NAME_MOST);
    s->list[s->count++] = clip;
    s->longest = fmax(s->longest, seconds);
    s->shortest = fmin(s->shortest, seconds);
    s->fastest = fmax(s->fastest, clip.rate);
    s->slowest = fmin(s->slowest, clip.rate);
    return 0;
}

int clips_take(void *state, const struct reader *r, const struct frame *f)
{
    struct clips *s = state;
    struct tensor t;
    double rate;

    if (audio_tensor(r, f, &t) != 0 || audio_rate(r, f, &rate) != 0)
        return -1;
    for (int64_t i = 0; i < t.shape[0]; i++) {
        double samples = (double)t.shape[2], end = s->to > 0 ? fmin(samples, round(s->to * rate)) : samples;
        double first = fmin(end, round(s->from * rate));
        struct clip clip = {audio_clip_name(f, i), rate, t.shape[1], (int64_t)(end - first),
                            t.data + i * t.shape[1] * t.shape[2] + (int64_t)first};

        s->seen++;
        s->early += clip.samples == 0;
        if (clip.samples > 0 && s->count < s->room && keep(s, clip, t.shape[2]) != 0)
            return -1;
    }
    return 0;
}

int clips_fit(void *state, struct page *page, double *unit)
{
    const struct clips *s = state;

    if (s->count == 0 && s->early > 0)
        return error_set("no clip is longer than the %g s that --from passes over", s->from);
    if (s->early > 0)
        diag_note("%lld clips end before %g s and are left out", (long long)s->early, s->from);
    return grid_begin(page, s->count, s->seen - s->early, unit);
}

void clips_release(void *state)
{
    struct clips *s = state;

    for (int i = 0; i < s->count; i++)
        free((char *)s->list[i].name);
    spool_free(s->spool);
    free(s->list);
    free(s);
}

/* "30 s", or "10 s to 30 s" */
static void range_text(char *buffer, size_t size, double from, double to, int digits, const char *unit)
{
    char a[64], b[64];

    text_number(a, sizeof a, from, digits);
    text_number(b, sizeof b, to, digits);
    if (strcmp(a, b) != 0)
        snprintf(buffer, size, "%s to %s %s", a, b, unit);
    else
        snprintf(buffer, size, "%s %s", a, unit);
}

void clips_text(char *buffer, size_t size, const struct clips *s)
{
    char seconds[140], rates[140], all[64] = "";

    if (s->seen > s->count)
        snprintf(all, sizeof all, "of %lld ", (long long)s->seen);
    range_text(seconds, sizeof seconds, s->shortest, s->longest, s->longest < 1000 ? 3 : 6, "s");
    range_text(rates, sizeof rates, s->slowest, s->fastest, 6, "Hz");
    snprintf(buffer, size, "%d %sclip%s, %s at %s", s->count, all, s->seen > 1 ? "s" : "", seconds, rates);
}

static struct ticks time_ticks(const struct clips *s, struct canvas *c, double width)
{
    return ticks_across(c, s->from, s->from + s->longest, fmax(width, 1), 11, true);
}

void clips_lay(const struct clips *s, struct grid *g, const struct page *page, struct canvas *c, const struct scale *y)
{
    struct scale high = *y;
    struct ticks t;

    canvas_font(c, FONT_NORMAL, 12);
    high.to = (double)page->height / page->rows;
    t = ticks_up(c, &high, 20.4);
    g->left = fmax(page->left, ticks_width(c, &t) + 8 * c->unit);
    t = time_ticks(s, c, page->width / page->cols - 60 * c->unit);
    g->label = ticks_width(c, &t);
    g->cells = s->count;
    grid_lay(g, page, c->unit);
}

struct cell clips_cell(const struct clips *s, const struct grid *g, struct canvas *c, int i)
{
    double seconds = (double)s->list[i].samples / s->list[i].rate;
    struct cell cell = {.r = grid_cell(g, i)};
    char length[96] = "";

    if (s->longest > 1.001 * s->shortest)
        range_text(length, sizeof length, seconds, seconds, 3, "s");
    cell_heading(c, &cell.r, s->list[i].name, length);
    canvas_font(c, FONT_NORMAL, 12);
    cell.x = (struct scale){.lo = s->from, .hi = s->from + s->longest, .from = cell.r.x, .to = cell.r.x + cell.r.w};
    cell.ticks = time_ticks(s, c, cell.r.w);
    return cell;
}

void clips_time(const struct cell *cell, const struct grid *g, struct canvas *c, int i)
{
    const struct rect *r = &cell->r;
    bool outer = i + g->cols >= g->cells;

    axes_bottom(c, r, &cell->x, &cell->ticks, outer);
    if (outer)
        canvas_text(c, INK_FAINT, r->x + r->w / 2, r->y + r->h + 35 * c->unit, 0.5,
                    !cell->ticks.clock           ? "time (s)"
                    : cell->ticks.widest >= 3600 ? "time (h:min:s)"
                                                 : "time (min:s)");
}

double clips_at(const struct clips *s, const struct cell *cell, const struct clip *clip, double sample)
{
    return scale_at(&cell->x, s->from + sample / clip->rate);
}
