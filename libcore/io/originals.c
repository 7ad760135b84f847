/* The clips of an audio stream one after another, for clips that stand for them. */
#include "io/originals.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/clip.h"

struct originals {
    struct reader *r;
    struct audio_clip c;
};

struct originals *originals_open(const char *path)
{
    static const char *const kinds[] = {"audio", NULL};
    struct reader *r = reader_open(path);
    struct originals *o;

    if (!r || reader_start(r, kinds) < 0) {
        reader_free(r);
        return NULL;
    }
    o = mem_zero(1, sizeof *o);
    o->r = r;
    return o;
}

void originals_free(struct originals *o)
{
    if (!o)
        return;
    reader_free(o->r);
    free(o);
}

float *originals_next(struct originals *o, const char *name, double rate, int64_t channels, int64_t samples)
{
    const struct audio_clip *c = &o->c;
    int got = audio_clip_next(o->r, &o->c);

    if (got < 0)
        return NULL;
    if (got == 0) {
        error_set("%s: holds no clip for '%s': give as many as are compared, in the same order", reader_label(o->r),
                  name);
        return NULL;
    }
    if (c->rate < rate || c->rate > rate || c->channels != channels || c->samples != samples) {
        error_set("%s: clip '%s' is %lld channels of %lld samples at %.15g Hz, but '%s', which stands for it, "
                  "%lld of %lld at %.15g Hz: load both with the same -r, -n and -c of cv-load",
                  reader_label(o->r), c->name, (long long)c->channels, (long long)c->samples, c->rate, name,
                  (long long)channels, (long long)samples, rate);
        return NULL;
    }
    return c->x;
}

int originals_end(struct originals *o)
{
    int got = audio_clip_next(o->r, &o->c);

    if (got > 0)
        return error_set("%s: clip '%s' and those after it have none that stands for them", reader_label(o->r),
                         o->c.name);
    return got;
}
