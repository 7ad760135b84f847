/* Clips for mixing: copies that outlast their frames. */
#include "model/mix_clip.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

const char *mix_part_name(const char *kind, int part)
{
    static const char *const names[MIX_PARTS] = {"z", "mean", "logvar", "start"};

    return part == MIX_VALUE && !strcmp(kind, "noise") ? "noise" : names[part];
}

void mix_clip_clear(struct mix_clip *c)
{
    free(c->name);
    meta_free(c->meta);
    for (int p = 0; p < MIX_PARTS; p++)
        free(c->part[p].data);
    *c = (struct mix_clip){.name = NULL};
}

/* One part, copied; left without data when the frame has none. */
static int part_read(struct tensor *copy, const struct reader *r, const struct frame *f, int part)
{
    const char *name = mix_part_name(reader_kind(r), part);
    const struct tensor *t = frame_get(f, name);
    char shape[128];
    size_t bytes;

    if (!t && part == MIX_VALUE)
        return error_set("%s: '%s' has no tensor '%s'", reader_label(r), f->name, name);
    if (!t)
        return 0;
    if (t->rank < 1 || t->rank > 2 || tensor_count(t) == 0)
        return error_set("%s: '%s' of '%s' has shape %s, latents at times were expected", reader_label(r), name,
                         f->name, tensor_shape_text(t, shape, sizeof shape));
    bytes = (size_t)tensor_count(t) * sizeof(float);
    *copy = tensor_view(mem_alloc(bytes), 2, (int64_t[]){t->shape[0], t->rank == 2 ? t->shape[1] : 1});
    memcpy(copy->data, t->data, bytes);
    return 0;
}

int mix_clip_read(struct mix_clip *c, const struct reader *r, const struct frame *f)
{
    const struct meta *samples = meta_get(reader_meta(r), "samples");
    const struct tensor *value = &c->part[MIX_VALUE];
    char a[128], b[128];

    mix_clip_clear(c);
    c->name = mem_text(f->name);
    c->meta = meta_copy(f->meta);
    if (samples && !meta_get(c->meta, "samples") && !meta_get(c->meta, "seconds"))
        meta_set(c->meta, "samples", meta_copy(samples));
    for (int p = 0; p < MIX_PARTS; p++) {
        const struct tensor *t = &c->part[p];

        if (part_read(&c->part[p], r, f, p))
            return -1;
        if (t->data && (t->shape[0] != value->shape[0] || (p != MIX_START && t->shape[1] != value->shape[1])))
            return error_set("%s: '%s' of '%s' has shape %s, '%s' %s", reader_label(r),
                             mix_part_name(reader_kind(r), p), c->name, tensor_shape_text(t, a, sizeof a),
                             mix_part_name(reader_kind(r), MIX_VALUE), tensor_shape_text(value, b, sizeof b));
    }
    return 0;
}
