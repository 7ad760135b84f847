/* Mean, deviation and extremes of the numbers in a frame. */
#include "io/describe.h"

#include <math.h>
#include <string.h>

#include "io/clip.h"

enum { DATA_SHOWN = 64 }; /* values of a small tensor, as latents are */

static struct meta *shape_of(const struct tensor *t)
{
    struct meta *shape = meta_list();

    for (int i = 0; i < t->rank; i++)
        meta_append(shape, meta_int(t->shape[i]));
    return shape;
}

struct meta *values_figures(const char *name, const struct tensor *t)
{
    int64_t count = tensor_count(t), finite = 0;
    double sum = 0, squares = 0, spread = 0, low = INFINITY, high = -INFINITY, mean;
    struct meta *m = meta_map();

    for (int64_t i = 0; i < count; i++)
        if (isfinite(t->data[i])) {
            double x = (double)t->data[i];

            finite++;
            sum += x;
            squares += x * x;
            low = x < low ? x : low;
            high = x > high ? x : high;
        }
    mean = sum / (double)finite;        /* 0 / 0 where there are none */
    for (int64_t i = 0; i < count; i++) /* a second pass: squares minus squares would lose the digits */
        if (isfinite(t->data[i]))
            spread += ((double)t->data[i] - mean) * ((double)t->data[i] - mean);
    meta_add(m, "name", meta_text(name));
    meta_add(m, "shape", shape_of(t));
    meta_add(m, "values", meta_int(count));
    meta_add(m, "mean", meta_real(mean));
    meta_add(m, "sd", meta_real(sqrt(spread / (double)finite)));
    meta_add(m, "rms", meta_real(sqrt(squares / (double)finite)));
    meta_add(m, "min", meta_real(finite > 0 ? low : NAN));
    meta_add(m, "max", meta_real(finite > 0 ? high : NAN));
    meta_add(m, "peak", meta_real(finite > 0 ? fmax(-low, high) : NAN));
    if (finite < count)
        meta_add(m, "nonfinite", meta_int(count - finite));
    return m;
}

static void data_add(struct meta *m, const struct tensor *t)
{
    struct meta *data = meta_list();

    for (int64_t i = 0; i < tensor_count(t); i++)
        meta_append(data, meta_real(t->data[i]));
    meta_add(m, "data", data);
}

static void clips_append(struct meta *list, const struct reader *r, const struct frame *f, const struct tensor *t)
{
    int64_t count = t->rank == 3 ? t->shape[0] : 1, size = count ? tensor_count(t) / count : 0;
    double rate = 0;

    if (!meta_get_real(f->meta, "rate", &rate))
        meta_get_real(reader_meta(r), "rate", &rate);
    for (int64_t i = 0; i < count; i++) {
        struct tensor clip = tensor_view(t->data + i * size, 2, t->shape + t->rank - 2);
        struct meta *m = values_figures(audio_clip_name(f, i), &clip);

        meta_add(m, "seconds", meta_real(rate > 0 ? (double)clip.shape[1] / rate : NAN));
        meta_append(list, m);
    }
}

static void list_add(struct meta *map, const char *key, struct meta *list)
{
    if (list->count > 0)
        meta_add(map, key, list);
    else
        meta_free(list);
}

struct meta *frame_describe(const struct reader *r, const struct frame *f)
{
    struct meta *m = meta_map(), *clips = meta_list(), *tensors = meta_list();
    bool audio = strcmp(reader_kind(r), "audio") == 0;

    for (size_t i = 0; i < f->count; i++) {
        const struct tensor *t = &f->tensors[i].t;

        if (audio && strcmp(f->tensors[i].name, "audio") == 0 && (t->rank == 2 || t->rank == 3)) {
            clips_append(clips, r, f, t);
            continue;
        }
        meta_append(tensors, values_figures(f->tensors[i].name, t));
        if (tensor_count(t) <= DATA_SHOWN)
            data_add(tensors->items[tensors->count - 1], t);
    }
    meta_add(m, "name", meta_text(f->name));
    meta_add(m, "segment", meta_int(reader_segment(r)));
    meta_add(m, "meta", meta_copy(f->meta));
    list_add(m, "clips", clips);
    list_add(m, "tensors", tensors);
    return m;
}
