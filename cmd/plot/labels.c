/* Greedy placement of names: each takes the first place that is still free. */
#include "labels.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text.h"

enum { PLACES = 8 * 10 }; /* eight at each of ten distances */

static const double line_height = 13, widest = 150, nearest = 7; /* units of the page */

static bool apart(const struct rect *a, const struct rect *b)
{
    return a->x + a->w <= b->x || b->x + b->w <= a->x || a->y + a->h <= b->y || b->y + b->h <= a->y;
}

/* Whether a place is inside r, off all points and off the places taken. */
static bool is_free(const struct canvas *c, const struct rect *p, const struct rect *r, const struct rect *taken,
                    int done, const struct label *labels, int count)
{
    bool good = p->x >= r->x && p->y >= r->y && p->x + p->w <= r->x + r->w && p->y + p->h <= r->y + r->h;

    for (int i = 0; i < done; i++)
        good = good && apart(p, &taken[i]);
    for (int i = 0; i < count; i++) {
        struct rect dot = {labels[i].x - 4 * c->unit, labels[i].y - 4 * c->unit, 8 * c->unit, 8 * c->unit};

        good = good && apart(p, &dot);
    }
    return good;
}

/* The place of a name in the given direction (0..7, from the right, clockwise) at some distance from its point. */
static struct rect place_at(const struct label *label, int direction, double distance, double w, double h)
{
    double dx = cos(direction * M_PI / 4), dy = sin(direction * M_PI / 4);
    double left = dx > 0.1 ? 0 : dx < -0.1 ? w : w / 2, up = fabs(dx) > 0.1 ? h / 2 : dy > 0 ? 0 : h;

    return (struct rect){label->x + dx * distance - left, label->y + dy * distance - up, w, h};
}

int labels_draw(struct canvas *c, const struct rect *r, const struct label *labels, int count)
{
    static const int directions[] = {0, 4, 6, 2, 7, 1, 5, 3};
    struct rect *taken = mem_zero((size_t)count, sizeof *taken);
    double u = c->unit, h = line_height * u;
    int done = 0;

    for (int i = 0; i < count; i++) {
        char *text = text_fit(c, labels[i].text, widest * u);
        double w = canvas_text_width(c, text) + 2 * u, distance = nearest * u;
        struct rect p = {0};
        int j = 0;

        for (; j < PLACES; j++) {
            distance = (nearest + j / 8 * 16) * u;
            p = place_at(&labels[i], directions[j % 8], distance, w, h);
            if (is_free(c, &p, r, taken, done, labels, count))
                break;
        }
        if (j >= 8 && j < PLACES)
            canvas_line(c, INK_FAINT, labels[i].x, labels[i].y, fmin(fmax(labels[i].x, p.x), p.x + w),
                        fmin(fmax(labels[i].y, p.y), p.y + h));
        if (j < PLACES) {
            canvas_text(c, INK_TEXT, p.x + u, p.y + 10 * u, 0, text);
            taken[done++] = p;
        }
        free(text);
    }
    free(taken);
    return count - done;
}
