/* The clips of an audio stream one after another, for clips that stand for them. */
#include "io/originals.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/clip.h"

struct originals {
    struct reader *r;
    const struct frame *f;
    struct tensor t; /* of f, [batch, channels, samples] */
    double rate;
    int64_t next; /* clip of the batch */
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

/* 1: clip o->next of the frame is there; 0: no more of them; -1. */
static int advance(struct originals *o)
{
    int got = 1;

    while (!o->f || o->next == o->t.shape[0]) {
        got = reader_next(o->r, &o->f);
        if (got <= 0)
            return got;
        if (audio_tensor(o->r, o->f, &o->t) < 0 || audio_rate(o->r, o->f, &o->rate) < 0)
            return -1;
        o->next = 0;
    }
    return got;
}

float *originals_next(struct originals *o, const char *name, double rate, int64_t channels, int64_t samples)
{
    int got = advance(o);

    if (got < 0)
        return NULL;
    if (got == 0) {
        error_set("%s: holds no clip for '%s': give as many as are compared, in the same order", reader_label(o->r),
                  name);
        return NULL;
    }
    if (o->rate < rate || o->rate > rate || o->t.shape[1] != channels || o->t.shape[2] != samples) {
        error_set("%s: clip '%s' is %lld channels of %lld samples at %.15g Hz, but '%s', which stands for it, "
                  "%lld of %lld at %.15g Hz: load both with the same -r, -n and -c of cv-load",
                  reader_label(o->r), audio_clip_name(o->f, o->next), (long long)o->t.shape[1],
                  (long long)o->t.shape[2], o->rate, name, (long long)channels, (long long)samples, rate);
        return NULL;
    }
    return o->t.data + o->next++ * channels * samples;
}

int originals_end(struct originals *o)
{
    int got = advance(o);

    if (got > 0)
        return error_set("%s: clip '%s' and those after it have none that stands for them", reader_label(o->r),
                         audio_clip_name(o->f, o->next));
    return got;
}
