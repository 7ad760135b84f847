/* From an audio stream to clips that stay. */
#include "train/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "base/progress.h"
#include "io/clip.h"
#include "io/digests.h"

/* A copy of the name among the clips: small blocks of their own would scatter over the heap. */
static char *keep_name(struct spool *spool, const char *name)
{
    size_t bytes = strlen(name) + 1;
    char *copy = (char *)spool_floats(spool, (bytes + sizeof(float) - 1) / sizeof(float));

    return copy ? memcpy(copy, name, bytes) : NULL;
}

/* Counts the track of a clip if none before was of it. */
static void count_track(struct dataset *d, struct digests *seen, const struct audio_clip *c)
{
    if (!digests_first(seen, c->track, strlen(c->track), 0, ""))
        d->tracks++;
}

/* -1: it is not like the clips before it. */
static int check_clip(struct dataset *d, const struct reader *r, const struct audio_clip *c)
{
    bool batched = frame_get(c->frame, "audio")->rank == 3;

    if (c->channels > 4096)
        return error_set("%s: clip '%s' has too many channels to train on: %lld", reader_label(r), c->name,
                         (long long)c->channels);
    if (d->count == 0) {
        d->rate = c->rate;
        d->channels = (int)c->channels;
        d->batched = batched;
    }
    if (d->rate < c->rate || d->rate > c->rate)
        return error_set("%s: clip '%s' is at %g Hz, the ones before it at %g Hz: load all with one cv-load -r",
                         reader_label(r), c->name, c->rate, d->rate);
    if (c->channels != d->channels)
        return error_set("%s: clip '%s' has %lld channels, the ones before it %d: load all without cv-load -c",
                         reader_label(r), c->name, (long long)c->channels, d->channels);
    if (batched != d->batched)
        return error_set("%s: '%s' %s, the frames before it %s: pass all through cv-batch, or none", reader_label(r),
                         c->frame->name, batched ? "is a batch" : "is a single clip",
                         batched ? "are single clips" : "are batches");
    return 0;
}

/* -1: the spool is full. */
static int keep_clip(struct dataset *d, const struct audio_clip *from)
{
    size_t size = (size_t)from->channels * (size_t)from->samples;
    struct clip *c;

    d->clips = mem_more(d->clips, d->count, sizeof *d->clips);
    d->batches += from->number == 0;
    d->samples = from->samples > d->samples ? from->samples : d->samples;
    c = &d->clips[d->count++];
    c->name = keep_name(d->spool, from->name);
    c->meta = audio_clip_brief(from);
    c->batch = d->batches;
    c->samples = from->samples;
    c->data = spool_floats(d->spool, size);
    if (!c->name || !c->data)
        return -1;
    memcpy(c->data, from->x, size * sizeof *c->data);
    dataset_release(d, d->count - 1);
    return 0;
}

int dataset_spool(struct dataset *d, struct reader *r, struct spool *spool)
{
    struct digests *seen = digests_new();
    struct meta *streams = meta_list();
    struct audio_clip c = {0};
    int64_t segment = -1;
    int got;

    *d = (struct dataset){.spool = spool};
    while ((got = audio_clip_next(r, &c)) > 0 && !check_clip(d, r, &c)) {
        if (segment != reader_segment(r))
            history_more(streams, reader_meta(r));
        segment = reader_segment(r);
        count_track(d, seen, &c);
        if (keep_clip(d, &c))
            break;
        progress("clips loaded", (int64_t)d->count, 0);
    }
    progress("clips loaded", 0, 0);
    digests_free(seen);
    d->history = history_join(streams);
    meta_free(streams);
    if (got == 0 && d->count > 0) {
        d->digest = reader_digest(r);
        return 0;
    }
    if (got == 0)
        error_set("%s: holds no clips", reader_label(r));
    dataset_free(d);
    return -1;
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
    meta_free(d->history);
    memset(d, 0, sizeof *d);
}
