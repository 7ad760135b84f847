/* From an audio stream to clips that stay. */
#include "train/dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "io/clip.h"
#include "io/digests.h"

static int clip_refuse(const struct dataset *d, const struct reader *r, const char *name, const struct tensor *t,
                       double rate)
{
    if (d->rate < rate || d->rate > rate)
        return error_set("%s: clip '%s' is at %g Hz, the ones before it at %g Hz: load all with one cv-load -r",
                         reader_label(r), name, rate, d->rate);
    return error_set("%s: clip '%s' has %lld channels, the ones before it %d: load all without cv-load -c",
                     reader_label(r), name, (long long)t->shape[1], d->channels);
}

/* A copy of the name among the clips: small blocks of their own would scatter over the heap. */
static char *keep_name(struct spool *spool, const char *name)
{
    size_t bytes = strlen(name) + 1;
    char *copy = (char *)spool_floats(spool, (bytes + sizeof(float) - 1) / sizeof(float));

    return copy ? memcpy(copy, name, bytes) : NULL;
}

/* Counts the track of clip b if none before was of it. */
static void count_track(struct dataset *d, struct digests *seen, const struct frame *f, int64_t b)
{
    struct meta *m = audio_clip_meta(f, b);
    const char *track = audio_clip_name(f, b);

    meta_get_text(m, "track", &track);
    if (!digests_first(seen, track, strlen(track), 0, ""))
        d->tracks++;
    meta_free(m);
}

/* -1: it is not like the frames before it. */
static int check_frame(struct dataset *d, const struct reader *r, const struct frame *f, const struct tensor *t,
                       double rate)
{
    bool batched = frame_get(f, "audio")->rank == 3;

    if (t->shape[1] > 4096)
        return error_set("%s: clip '%s' has too many channels to train on: %lld", reader_label(r), f->name,
                         (long long)t->shape[1]);
    if (d->count == 0) {
        d->rate = rate;
        d->channels = (int)t->shape[1];
        d->batched = batched;
    }
    if (d->rate < rate || d->rate > rate || t->shape[1] != d->channels)
        return clip_refuse(d, r, f->name, t, rate);
    if (batched != d->batched)
        return error_set("%s: '%s' %s, the frames before it %s: pass all through cv-batch, or none", reader_label(r),
                         f->name, batched ? "is a batch" : "is a single clip",
                         batched ? "are single clips" : "are batches");
    return 0;
}

/* -1: the spool is full. */
static int keep_clip(struct dataset *d, const struct frame *f, const struct tensor *t, int64_t b)
{
    size_t size = (size_t)d->channels * (size_t)t->shape[2];
    struct clip *c;

    if ((d->count & (d->count - 1)) == 0) /* the room is the count rounded up to a power of two */
        d->clips = mem_grow(d->clips, d->count ? 2 * d->count : 1, sizeof *d->clips);
    c = &d->clips[d->count++];
    c->name = keep_name(d->spool, audio_clip_name(f, b));
    c->meta = audio_clip_brief(f, b);
    c->batch = d->batches;
    c->samples = t->shape[2];
    c->data = spool_floats(d->spool, size);
    if (!c->name || !c->data)
        return -1;
    memcpy(c->data, t->data + (size_t)b * size, size * sizeof *c->data);
    dataset_release(d, d->count - 1);
    return 0;
}

static int keep_frame(struct dataset *d, const struct reader *r, const struct frame *f, struct digests *seen)
{
    struct tensor t;
    double rate;

    if (audio_tensor(r, f, &t) || audio_rate(r, f, &rate) || check_frame(d, r, f, &t, rate))
        return -1;
    d->samples = t.shape[2] > d->samples ? t.shape[2] : d->samples;
    for (int64_t b = 0; b < t.shape[0]; b++) {
        count_track(d, seen, f, b);
        if (keep_clip(d, f, &t, b))
            return -1;
    }
    d->batches++;
    return 0;
}

int dataset_spool(struct dataset *d, struct reader *r, struct spool *spool)
{
    struct digests *seen = digests_new();
    const struct frame *f;
    int got;

    *d = (struct dataset){.spool = spool};
    while ((got = reader_next(r, &f)) > 0 && !keep_frame(d, r, f, seen))
        progress("clips loaded", (int64_t)d->count, 0);
    progress("clips loaded", 0, 0);
    digests_free(seen);
    if (got == 0 && d->count > 0) {
        d->digest = reader_digest(r);
        return 0;
    }
    if (got == 0)
        error_set("%s: holds no clips", reader_label(r));
    dataset_free(d);
    return -1;
}

struct meta *dataset_digest(const struct dataset *d)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, d->digest);
    return meta_text(text);
}

void dataset_release(const struct dataset *d, size_t i)
{
    spool_release(d->spool, d->clips[i].data, (size_t)d->channels * (size_t)d->clips[i].samples);
}

void dataset_free(struct dataset *d)
{
    for (size_t i = 0; i < d->count; i++)
        meta_free(d->clips[i].meta); /* names and data are the spool's */
    free(d->clips);
    memset(d, 0, sizeof *d);
}
