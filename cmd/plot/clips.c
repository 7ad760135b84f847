/* Walks the clips of an audio frame. */
#include "clips.h"

#include "base/error.h"

const char *clips_name(const struct frame *f, int64_t i, int64_t count)
{
    const struct meta *names = meta_get(f->meta, "names");

    if (names != NULL && names->kind == META_LIST && names->count == (size_t)count &&
        names->items[i]->kind == META_TEXT)
        return names->items[i]->text;
    return f->name;
}

int clips_each(const struct reader *r, const struct frame *f, int (*each)(void *arg, const struct clip *clip),
               void *arg)
{
    const struct tensor *t = frame_get(f, "audio");
    long long number = (long long)reader_frames(r);
    struct clip clip = {.rate = 0};
    char shape[128];
    int64_t count;

    if (t == NULL)
        return error_set("%s: frame %lld (%s) has no tensor \"audio\"", reader_label(r), number, f->name);
    if (t->rank != 2 && t->rank != 3)
        return error_set("%s: frame %lld (%s): audio of shape %s, expected [channels, samples] or"
                         " [batch, channels, samples]",
                         reader_label(r), number, f->name, tensor_shape_text(t, shape, sizeof shape));
    if (!meta_get_real(f->meta, "rate", &clip.rate) && !meta_get_real(reader_meta(r), "rate", &clip.rate))
        clip.rate = 0;
    else if (!(clip.rate > 0 && clip.rate <= 1e9))
        return error_set("%s: frame %lld (%s): a rate of %g Hz, expected more than 0", reader_label(r), number, f->name,
                         clip.rate);
    count = t->rank == 3 ? t->shape[0] : 1;
    clip.channels = t->shape[t->rank - 2];
    clip.samples = t->shape[t->rank - 1];
    for (int64_t i = 0; i < count; i++) {
        int result;

        clip.name = clips_name(f, i, count);
        clip.data = t->data + i * clip.channels * clip.samples;
        result = each(arg, &clip);
        if (result != 0)
            return result;
    }
    return 0;
}
