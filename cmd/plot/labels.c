/* Greedy placement of names: each takes the nearest place that is still free. */
#include "labels.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text.h"

static const double line_height = 13, widest = 150; /* units of the page */

static double overlap(const struct rect *a, const struct rect *b)
{
    double w = fmin(a->x + a->w, b->x + b->w) - fmax(a->x, b->x);
    double h = fmin(a->y + a->h, b->y + b->h) - fmax(a->y, b->y);

    return w > 0 && h > 0 ? w * h : 0;
}

/* The place of a name in the given direction (0..7, from the right, clockwise)
 * at some distance from its point. */
static struct rect place_at(const struct label *label, int direction, double distance, double w, double h)
{
    double angle = direction * M_PI / 4, dx = cos(angle), dy = sin(angle);
    struct rect r = {label->x + dx * distance - w / 2, label->y + dy * distance - h / 2, w, h};

    if (fabs(dx) > 0.1)
        r.x += (dx > 0 ? 0.5 : -0.5) * w;
    else
        r.y += (dy > 0 ? 0.5 : -0.5) * h;
    return r;
}

/* What a place would hide: names above all, then points, then nothing. */
static double place_cost(const struct canvas *c, const struct rect *p, const struct rect *page,
                         const struct rect *taken, int done, const struct label *labels, int count)
{
    double outside = p->w * p->h - overlap(p, page), u = c->unit;
    double cost = outside > 1e-6 * p->w * p->h ? 4 * outside : 0; /* rounding is no reason to move */

    for (int i = 0; i < done; i++)
        cost += 3 * overlap(p, &taken[i]);
    for (int i = 0; i < count; i++) {
        struct rect dot = {labels[i].x - 4 * u, labels[i].y - 4 * u, 8 * u, 8 * u};

        cost += overlap(p, &dot);
    }
    return cost;
}

void labels_draw(struct canvas *c, const struct rect *r, const struct label *labels, int count)
{
    static const int directions[] = {0, 4, 6, 2, 7, 1, 5, 3};
    static const double distances[] = {7, 16, 28, 44, 64, 88};
    struct rect *taken = mem_zero((size_t)count, sizeof *taken);
    double u = c->unit;

    for (int i = 0; i < count; i++) {
        char *text = text_fit(c, labels[i].text, widest * u);
        double w = canvas_text_width(c, text) + 2 * u, least = INFINITY, far = 0;

        for (int j = 0; j < 6 * 8 && least > 0; j++) {
            double distance = distances[j / 8] * u;
            struct rect p = place_at(&labels[i], directions[j % 8], distance, w, line_height * u);
            double cost = place_cost(c, &p, r, taken, i, labels, count);

            /* far away is worth it only for much less in the way */
            if (cost + (j / 8) * 12 * u * u < least || cost == 0) {
                least = cost > 0 ? cost + (j / 8) * 12 * u * u : 0;
                taken[i] = p;
                far = distance;
            }
        }
        if (far > 10 * u) {
            double x = fmin(fmax(labels[i].x, taken[i].x), taken[i].x + w);
            double y = fmin(fmax(labels[i].y, taken[i].y), taken[i].y + line_height * u);

            canvas_ink(c, INK_FAINT, 0.5);
            cairo_set_line_width(c->cr, 0.7 * u);
            cairo_move_to(c->cr, labels[i].x, labels[i].y);
            cairo_line_to(c->cr, x, y);
            cairo_stroke(c->cr);
        }
        canvas_text(c, INK_TEXT, taken[i].x + u, taken[i].y + 10 * u, 0, text);
        free(text);
    }
    free(taken);
}
