/* Time axes. */
#include "timeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

void timeline_add(struct timeline *t, double rate, int64_t samples)
{
    double length = (double)samples, seconds = rate > 0 ? length / rate : 0;

    if (rate > 0) {
        t->slowest = t->rated > 0 ? fmin(t->slowest, rate) : rate;
        t->fastest = fmax(t->fastest, rate);
        t->rated++;
    }
    t->clips++;
    if (samples == 0)
        return;
    t->in_samples.longest = fmax(t->in_samples.longest, length);
    t->in_seconds.longest = fmax(t->in_seconds.longest, seconds);
    t->in_samples.shortest = t->in_samples.shortest > 0 ? fmin(t->in_samples.shortest, length) : length;
    t->in_seconds.shortest = t->in_seconds.shortest > 0 ? fmin(t->in_seconds.shortest, seconds) : seconds;
}

void timeline_end(struct timeline *t)
{
    t->seconds = t->rated == t->clips;
    t->longest = t->seconds ? t->in_seconds.longest : t->in_samples.longest;
    t->shortest = t->seconds ? t->in_seconds.shortest : t->in_samples.shortest;
    t->factor = t->seconds && t->longest < 0.05 ? 1000 : 1;
    t->title = !t->seconds          ? "sample"
               : t->factor > 1      ? "time (ms)"
               : t->longest >= 3600 ? "time (h:min:s)"
               : t->longest >= 300  ? "time (min:s)"
                                    : "time (s)";
    t->x.lo = 0;
    t->x.hi = t->longest > 0 ? t->factor * t->longest : 1;
}

double timeline_length(const struct timeline *t, double rate, int64_t samples)
{
    return t->seconds ? (double)samples / rate : (double)samples;
}

struct scale timeline_scale(const struct timeline *t, const struct rect *r)
{
    return (struct scale){t->x.lo, t->x.hi, r->x, r->x + r->w};
}

double timeline_at(const struct timeline *t, const struct scale *x, double rate, int64_t samples)
{
    return scale_at(x, t->factor * timeline_length(t, rate, samples));
}

struct ticks timeline_ticks(struct canvas *c, const struct timeline *t, double width)
{
    return ticks_across(c, t->x.lo, t->x.hi, fmax(width, 1), 11, t->seconds && t->factor == 1);
}

void timeline_draw(struct canvas *c, const struct timeline *t, const struct rect *r, const struct ticks *ticks,
                   bool outer)
{
    struct scale x = timeline_scale(t, r);

    axes_bottom(c, r, &x, ticks, outer);
    if (outer)
        canvas_text(c, INK_FAINT, r->x + r->w / 2, r->y + r->h + 35 * c->unit, 0.5, t->title);
}

bool timeline_uneven(const struct timeline *t)
{
    return t->longest > 1.001 * t->shortest;
}

void timeline_length_text(char *buffer, size_t size, const struct timeline *t, double length)
{
    char number[64];

    if (t->seconds && length < 0.05) {
        text_number(number, sizeof number, length * 1000, 3);
        snprintf(buffer, size, "%s ms", number);
    } else if (t->seconds) {
        text_number(number, sizeof number, length, length < 1000 ? 3 : 6);
        snprintf(buffer, size, "%s s", number);
    } else {
        snprintf(buffer, size, "%.0f sample%s", length, length != 1 ? "s" : "");
    }
}

void timeline_clips_text(char *buffer, size_t size, const struct timeline *t, int64_t clips)
{
    char count[64], from[96], to[96], rate[96] = "";

    if (clips > t->clips)
        snprintf(count, sizeof count, "%d of %lld clips", t->clips, (long long)clips);
    else
        snprintf(count, sizeof count, "%d clip%s", t->clips, t->clips > 1 ? "s" : "");
    timeline_length_text(from, sizeof from, t, t->shortest);
    timeline_length_text(to, sizeof to, t, t->longest);
    if (t->seconds && t->slowest == t->fastest)
        snprintf(rate, sizeof rate, " at %.6g Hz", t->slowest);
    else if (t->seconds)
        snprintf(rate, sizeof rate, " at %.6g to %.6g Hz", t->slowest, t->fastest);
    snprintf(buffer, size, "%s, %s%s%s%s", count, strcmp(from, to) != 0 ? from : "",
             strcmp(from, to) != 0 ? " to " : "", to, rate);
}
