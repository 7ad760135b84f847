/* From an audio stream to clips that stay. */
#include "vae/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

int audio_rate(const struct reader *r, const struct frame *f, double *rate)
{
    if (!meta_get_real(f->meta, "rate", rate) && !meta_get_real(reader_meta(r), "rate", rate))
        return error_set("%s: clip '%s' has no sample rate: the stream's head should say \"rate\"", reader_label(r),
                         f->name);
    if (!(*rate >= 1 && *rate <= 1e6))
        return error_set("%s: clip '%s' has a sample rate of %g Hz", reader_label(r), f->name, *rate);
    return 0;
}

int audio_tensor(const struct reader *r, const struct frame *f, struct tensor *batch)
{
    const struct tensor *t = frame_get(f, "audio");
    char shape[128];

    if (!t)
        return error_set("%s: frame '%s' has no tensor 'audio'", reader_label(r), f->name);
    if (t->rank != 2 && t->rank != 3)
        return error_set("%s: clip '%s' has shape %s, expected [channels, samples] or [batch, channels, samples]",
                         reader_label(r), f->name, tensor_shape_text(t, shape, sizeof shape));
    if (tensor_count(t) == 0)
        return error_set("%s: clip '%s' holds no samples", reader_label(r), f->name);
    *batch = t->rank == 3 ? *t
                          : tensor_view(t->data, 3, (int64_t[]){1, t->shape[0], t->shape[1]});
    return 0;
}

const char *audio_clip_name(const struct frame *f, int64_t b)
{
    const struct meta *names = meta_get(f->meta, "names");

    if (names && names->kind == META_LIST && b < (int64_t)names->count && names->items[b]->kind == META_TEXT)
        return names->items[b]->text;
    return f->name;
}

struct meta *audio_clip_meta(const struct frame *f, int64_t b)
{
    const struct meta *metas = meta_get(f->meta, "metas");

    if (!meta_get(f->meta, "names"))
        return meta_copy(f->meta);
    if (metas && metas->kind == META_LIST && b < (int64_t)metas->count && metas->items[b]->kind == META_MAP)
        return meta_copy(metas->items[b]);
    return meta_map();
}

struct meta *audio_clip_brief(const struct frame *f, int64_t b)
{
    static const char *const keys[] = {"tempo", "beat", "padded"};
    struct meta *all = audio_clip_meta(f, b), *kept = NULL;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct meta *value = meta_get(all, keys[i]);

        if (value && !kept)
            kept = meta_map();
        if (value)
            meta_set(kept, keys[i], meta_copy(value));
    }
    meta_free(all);
    return kept;
}

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
                      f->name, batched ? "is a batch" : "is a single clip", batched ? "are single clips" : "are batches");
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
        meta_free(d->clips[i].meta);   /* names and data are the spool's */
    free(d->clips);
    if (d->own_spool)
        spool_free(d->spool);
    memset(d, 0, sizeof *d);
}
