/* Stretches of clips. */
#include "io/stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void begin(struct stretch *s, const struct audio_clip *c)
{
    stretch_free(s);
    s->of = audio_clip_shown(c);
    s->room = (int64_t)fmax(1, round(s->seconds * c->rate));
    s->clip = *c;
    s->clip.number = s->clip.samples = 0;
    s->clip.told = NULL;
    s->clip.name = s->clip.track = NULL;
    s->clip.x = mem_floats((size_t)(s->clip.channels * s->room));
    s->full = false;
}

/* Its name, and its channels one behind the other. */
static void finish(struct stretch *s)
{
    struct audio_clip *c = &s->clip;

    free((char *)c->name);
    c->name = c->track = mem_format("%s-%03lld", s->of, (long long)c->number);
    for (int64_t i = 1; i < c->channels; i++)
        memmove(c->x + i * c->samples, c->x + i * s->room, (size_t)c->samples * sizeof *c->x);
}

bool stretch_next(struct stretch *s, const struct audio_clip *c)
{
    struct audio_clip *to = &s->clip;
    int64_t n;

    if (!c->frame->follows && s->at == 0)
        begin(s, c);
    if (s->full) {
        to->samples = 0;
        to->number++;
    }
    n = s->room - to->samples < c->samples - s->at ? s->room - to->samples : c->samples - s->at;
    for (int64_t i = 0; i < c->channels; i++)
        memcpy(to->x + i * s->room + to->samples, c->x + i * c->samples + s->at, (size_t)n * sizeof *c->x);
    to->samples += n;
    s->at += n;
    s->full = to->samples == s->room || (to->samples > 0 && s->at == c->samples && !c->frame->part);
    if (s->full)
        finish(s);
    else
        s->at = 0;
    return s->full;
}

void stretch_free(struct stretch *s)
{
    free((char *)s->clip.name);
    free(s->clip.x);
    free(s->of);
}
