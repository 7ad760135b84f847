/* Copies of clips, and what is written of several. */
#include "io/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

struct batch {
    struct writer *out;
    struct item *items;
    size_t size, filled;
    int64_t written;
    double head_rate;
};

struct item item_copy(const struct audio_clip *c)
{
    size_t bytes = (size_t)(c->channels * c->samples) * sizeof *c->x;
    struct item it = {.name = mem_text(c->name), .meta = audio_clip_meta(c), .rate = c->rate};

    it.audio = tensor_view(memcpy(mem_alloc(bytes), c->x, bytes), 2, (int64_t[]){c->channels, c->samples});
    return it;
}

void item_clear(struct item *it)
{
    free(it->name);
    meta_free(it->meta);
    free(it->audio.data);
}

struct batch *batch_new(struct writer *out, size_t size, double head_rate)
{
    struct batch *b = mem_zero(1, sizeof *b);

    *b = (struct batch){.out = out, .size = size, .head_rate = head_rate};
    b->items = mem_zero(size, sizeof *b->items);
    return b;
}

void batch_to(struct batch *b, struct writer *out)
{
    b->out = out;
}

void batch_free(struct batch *b)
{
    free(b->items);
    free(b);
}

static int put(struct batch *b, const char *name, struct meta *meta, const struct tensor *audio)
{
    struct frame_tensor t = {"audio", *audio};
    double rate = b->items[0].rate;

    if (rate < b->head_rate || rate > b->head_rate)
        meta_set(meta, "rate", rate == floor(rate) ? meta_int((int64_t)rate) : meta_real(rate));
    return writer_put(b->out, name, meta, &t, 1);
}

static int put_all(struct batch *b)
{
    const struct tensor *first = &b->items[0].audio;
    struct meta *meta = meta_map(), *names = meta_list(), *metas = meta_list();
    size_t size = (size_t)tensor_count(first);
    char *name = mem_format("batch-%04lld", (long long)b->written++);
    struct tensor all = tensor_view(NULL, 3, (int64_t[]){(int64_t)b->filled, first->shape[0], first->shape[1]});
    int status;

    all.data = mem_grow(NULL, b->filled * sizeof(float), size);
    for (size_t i = 0; i < b->filled; i++) {
        memcpy(all.data + i * size, b->items[i].audio.data, size * sizeof(float));
        meta_append(names, meta_text(b->items[i].name));
        meta_append(metas, b->items[i].meta);
        b->items[i].meta = NULL;
    }
    meta_set(meta, "names", names);
    meta_set(meta, "metas", metas);
    status = put(b, name, meta, &all);
    meta_free(meta);
    free(all.data);
    free(name);
    return status;
}

int batch_flush(struct batch *b)
{
    int status = 0;

    if (b->size == 1 && b->filled > 0)
        status = put(b, b->items[0].name, b->items[0].meta, &b->items[0].audio);
    else if (b->filled > 0)
        status = put_all(b);
    for (size_t i = 0; i < b->filled; i++)
        item_clear(&b->items[i]);
    b->filled = 0;
    return status;
}

int batch_add(struct batch *b, struct item it)
{
    const struct item *first = &b->items[0];
    char x[80], y[80];

    if (b->filled > 0 && (it.audio.shape[0] != first->audio.shape[0] || it.audio.shape[1] != first->audio.shape[1] ||
                          it.rate < first->rate || it.rate > first->rate))
        return error_set("clips of one batch must be alike: \"%s\" is %s at %.15g Hz, \"%s\" is %s at %.15g Hz "
                         "(one cv-load -r HZ --pad makes them so, -b 1 leaves them single)",
                         first->name, tensor_shape_text(&first->audio, x, sizeof x), first->rate, it.name,
                         tensor_shape_text(&it.audio, y, sizeof y), it.rate);
    b->items[b->filled++] = it;
    return b->filled == b->size ? batch_flush(b) : 0;
}
