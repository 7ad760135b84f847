/* What audio frames say of their clips; sides by the XXH3-64 of the track, seen as a fraction of 2^64, or by time. */
#include "io/clip.h"

#include <string.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/mem.h"

int audio_rate(const struct reader *r, const struct frame *f, double *rate)
{
    if (!meta_get_real(f->meta, "rate", rate) && !meta_get_real(reader_meta(r), "rate", rate))
        return error_set("%s: clip '%s' has no sample rate: the stream's head should say \"rate\"", reader_label(r),
                         f->name);
    if (!(*rate >= 1 && *rate <= 1e6))
        return error_set("%s: clip '%s' has a sample rate of %g Hz, 1 to 1000000 were expected", reader_label(r),
                         f->name, *rate);
    return 0;
}

int audio_tensor(const struct reader *r, const struct frame *f, struct tensor *batch)
{
    const struct tensor *t = frame_get(f, "audio");
    char shape[128];
    bool parts;

    if (!t)
        return error_set("%s: frame '%s' has no tensor 'audio'", reader_label(r), f->name);
    if (t->rank != 2 && t->rank != 3)
        return error_set("%s: clip '%s' has shape %s, expected [channels, samples] or [batch, channels, samples]",
                         reader_label(r), f->name, tensor_shape_text(t, shape, sizeof shape));
    parts = f->part || f->follows;
    if (parts && t->rank == 3 && t->shape[0] != 1)
        return error_set("%s: batch '%s' comes in parts, which are for single clips", reader_label(r), f->name);
    if (tensor_count(t) == 0 && (!parts || t->shape[t->rank - 2] == 0))
        return error_set("%s: clip '%s' holds no samples", reader_label(r), f->name);
    *batch = t->rank == 3 ? *t : tensor_view(t->data, 3, (int64_t[]){1, t->shape[0], t->shape[1]});
    return 0;
}

const char *audio_clip_name(const struct frame *f, int64_t b)
{
    const struct meta *names = meta_get(f->meta, "names");

    if (names && names->kind == META_LIST && b < (int64_t)names->count && names->items[b]->kind == META_TEXT)
        return names->items[b]->text;
    return f->name;
}

/* What is told of clip b, NULL for nothing. */
static const struct meta *clip_told(const struct frame *f, int64_t b)
{
    const struct meta *metas = meta_get(f->meta, "metas");

    if (!meta_get(f->meta, "names"))
        return f->meta;
    if (metas && metas->kind == META_LIST && b < (int64_t)metas->count && metas->items[b]->kind == META_MAP)
        return metas->items[b];
    return NULL;
}

static const char *clip_track(const char *name, const struct meta *told)
{
    const char *track = name;

    meta_get_text(told, "track", &track);
    return track;
}

char *audio_clip_shown(const struct audio_clip *c)
{
    bool unnamed = c->frame_audio.shape[0] > 1 && c->name == c->frame->name;

    return unnamed ? mem_format("%s-%03lld", c->name, (long long)c->number) : mem_text(c->name);
}

struct meta *audio_clip_meta(const struct audio_clip *c)
{
    return c->told ? meta_copy(c->told) : meta_map();
}

struct meta *audio_clip_brief(const struct audio_clip *c)
{
    static const char *const keys[] = {"tempo", "beat"};
    struct meta *kept = NULL;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct meta *value = meta_get(c->told, keys[i]);

        if (value && !kept)
            kept = meta_map();
        if (value)
            meta_add(kept, keys[i], meta_copy(value));
    }
    return kept;
}

struct reader *clips_open(const char *path)
{
    return reader_open(path, (const char *const[]){"audio", NULL});
}

int audio_clip_next(struct reader *r, struct audio_clip *c)
{
    while (c->frame == NULL || ++c->number == c->frame_audio.shape[0]) {
        int got = reader_next(r, &c->frame);

        if (got <= 0)
            return got;
        if (audio_tensor(r, c->frame, &c->frame_audio) < 0)
            return -1;
        if (!c->frame->follows && audio_rate(r, c->frame, &c->rate) < 0)
            return -1;
        c->sounds = tensor_count(&c->frame_audio) > 0 || (c->frame->follows && c->sounds);
        if (!c->frame->part && !c->sounds)
            return error_set("%s: clip '%s' comes in parts and holds no samples", reader_label(r), c->frame->name);
        c->number = -1;
    }
    c->name = audio_clip_name(c->frame, c->number);
    c->told = clip_told(c->frame, c->number);
    c->track = clip_track(c->name, c->told);
    c->channels = c->frame_audio.shape[1];
    c->samples = c->frame_audio.shape[2];
    c->x = c->frame_audio.data + c->number * c->channels * c->samples;
    return 1;
}

bool split_is_test(const char *name, const struct meta *meta, double share)
{
    const char *track = clip_track(name, meta);

    return (double)(XXH3_64bits(track, strlen(track)) >> 11) * 0x1p-53 < share;
}

int split_is_late(const char *name, const struct meta *meta, double share)
{
    double start, seconds;

    if (!meta_get_real(meta, "start", &start) || !meta_get_real(meta, "source_seconds", &seconds))
        return error_set("clip '%s' does not say where in its track it is (meta \"start\", \"source_seconds\"): "
                         "load it with this cv-load, or split without --by-time",
                         name);
    return start >= (1 - share) * seconds;
}
