/* From an audio stream to clips that stay. */
#include "train/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/clip.h"

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

int dataset_spool(struct dataset *d, struct reader *r, struct spool *spool)
{
    const struct frame *f;
    size_t room = 0;
    int got;

    memset(d, 0, sizeof *d);
    d->spool = spool;
    while ((got = reader_next(r, &f)) > 0) {
        struct tensor t;
        double rate;
        size_t size;
        bool batched = frame_get(f, "audio") && frame_get(f, "audio")->rank == 3;

        if (audio_tensor(r, f, &t) || audio_rate(r, f, &rate))
            goto failed;
        if (t.shape[1] > 4096) {
            error_set("%s: clip '%s' has too many channels to train on: %lld", reader_label(r), f->name,
                      (long long)t.shape[1]);
            goto failed;
        }
        if (d->count == 0) {
            d->rate = rate;
            d->channels = (int)t.shape[1];
            d->batched = batched;
        }
        if (d->rate < rate || d->rate > rate || t.shape[1] != d->channels) {
            clip_refuse(d, r, f->name, &t, rate);
            goto failed;
        }
        if (batched != d->batched) {
            error_set("%s: '%s' %s, the frames before it %s: pass all through cv-batch, or none", reader_label(r),
                      f->name, batched ? "is a batch" : "is a single clip",
                      batched ? "are single clips" : "are batches");
            goto failed;
        }
        size = (size_t)d->channels * (size_t)t.shape[2];
        d->samples = t.shape[2] > d->samples ? t.shape[2] : d->samples;
        for (int64_t b = 0; b < t.shape[0]; b++) {
            struct clip *c;

            if (d->count == room) {
                room = room ? 2 * room : 64;
                d->clips = mem_grow(d->clips, room, sizeof *d->clips);
            }
            c = &d->clips[d->count++];
            c->name = keep_name(spool, audio_clip_name(f, b));
            c->meta = audio_clip_brief(f, b);
            c->batch = d->batches;
            c->samples = t.shape[2];
            c->data = spool_floats(spool, size);
            if (!c->name || !c->data)
                goto failed;
            memcpy(c->data, t.data + (size_t)b * size, size * sizeof *c->data);
            dataset_release(d, d->count - 1);
        }
        d->batches++;
    }
    if (got < 0)
        goto failed;
    if (d->count == 0) {
        error_set("%s: holds no clips", reader_label(r));
        goto failed;
    }
    d->digest = reader_digest(r);
    return 0;
failed:
    dataset_free(d);
    return -1;
}

int dataset_read(struct dataset *d, struct reader *r)
{
    struct spool *spool = spool_new(SIZE_MAX);
    int status = dataset_spool(d, r, spool);

    if (status)
        spool_free(spool);
    else
        d->own_spool = true;
    return status;
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
    if (d->own_spool)
        spool_free(d->spool);
    memset(d, 0, sizeof *d);
}
