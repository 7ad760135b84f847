/* parts WIDTH ... < STREAM: the same stream with its clips in parts of that many places of the last index; several widths
 * take turns, 0 is an empty part, and a clip of many tensors is cut in all of them (those that are shorter end earlier).
 * parts -b: the same with whole clips, without the history, which differs where all else is the same.
 * parts -m: shows the maps of a stream, one a line: sort, name, and the last index of its first tensor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/stream.h"

static struct tensor cut(const struct tensor *t, int64_t from, int64_t to)
{
    int64_t length = t->shape[t->rank - 1], rows = length > 0 ? tensor_count(t) / length : 0;
    struct tensor part = *t;

    from = from < length ? from : length;
    to = to < length ? to : length;
    part.shape[t->rank - 1] = to - from;
    part.data = mem_floats((size_t)(rows * (to - from)) + 1);
    for (int64_t i = 0; i < rows; i++)
        memcpy(part.data + i * (to - from), t->data + i * length + from, (size_t)(to - from) * sizeof(float));
    return part;
}

static int put(struct writer *w, const struct frame *f, char **widths, int count)
{
    struct frame_tensor *t = mem_alloc((f->count + 1) * sizeof *t);
    int64_t longest = 0, from = 0, to;
    int status = 0;

    for (size_t k = 0; k < f->count; k++)
        if (f->tensors[k].t.shape[f->tensors[k].t.rank - 1] > longest)
            longest = f->tensors[k].t.shape[f->tensors[k].t.rank - 1];
    for (int i = 0; status == 0 && (i == 0 || from < longest); i++, from = to) {
        to = from + atoll(widths[i % count]);
        for (size_t k = 0; k < f->count; k++)
            t[k] = (struct frame_tensor){f->tensors[k].name, cut(&f->tensors[k].t, from, to)};
        status =
            (to < longest ? writer_part : writer_put)(w, f->name, from == 0 && i == 0 ? f->meta : NULL, t, f->count);
        for (size_t k = 0; k < f->count; k++)
            free(t[k].t.data);
    }
    free(t);
    return status;
}

int main(int argc, char **argv)
{
    static char *whole[] = {"99999999"};
    struct reader *r = reader_open("-", NULL);
    bool maps = argc == 2 && strcmp(argv[1], "-m") == 0, bare = argc == 2 && strcmp(argv[1], "-b") == 0;
    struct meta *head;
    struct writer *w = NULL;
    const struct frame *f;
    int got;

    if (argc < 2 || !r)
        return 1;
    head = meta_copy(reader_meta(r));
    if (bare)
        meta_set(head, "history", meta_nil());
    if (!maps && !(w = writer_new(1, "standard output", reader_kind(r), head)))
        return 1;
    meta_free(head);
    if (maps)
        reader_parts(r);
    while ((got = reader_next(r, &f)) > 0)
        if (maps)
            printf("%s %s %lld\n", f->part ? "part" : "frame", f->name,
                   f->count && f->tensors->t.rank ? (long long)f->tensors->t.shape[f->tensors->t.rank - 1] : 0);
        else if (put(w, f, bare ? whole : argv + 1, argc - 1) < 0)
            return 1;
    reader_free(r);
    return got < 0 || (w && writer_end(w) < 0);
}
