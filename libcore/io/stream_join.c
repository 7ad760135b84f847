/* The parts of a clip: that they fit together, and all of them as one frame. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/stream_private.h"

void join_clear(struct join *j)
{
    for (size_t i = 0; i < j->count; i++) {
        free((char *)(uintptr_t)j->tensors[i].name);
        if (j->rooms[i] > 0) /* else it is join_end's nothing */
            free(j->tensors[i].t.data);
    }
    free(j->tensors);
    free(j->rooms);
    free(j->name);
    meta_free(j->meta);
    *j = (struct join){0};
}

/* What comes in is the first part of a clip. */
static void join_begin(struct join *j, const struct frame *f)
{
    join_clear(j);
    j->name = mem_text(f->name);
    j->meta = meta_map();
    j->count = f->count;
    j->tensors = mem_zero(f->count + 1, sizeof *j->tensors);
    j->rooms = mem_zero(f->count + 1, sizeof *j->rooms);
    for (size_t i = 0; i < f->count; i++) {
        j->tensors[i].name = mem_text(f->tensors[i].name);
        j->tensors[i].t = f->tensors[i].t;
        j->tensors[i].t.data = NULL;
        if (f->tensors[i].t.rank > 0)
            j->tensors[i].t.shape[f->tensors[i].t.rank - 1] = 0;
    }
}

/* Values of t for each value of its last index. */
static int64_t rows_of(const struct tensor *t)
{
    int64_t rows = 1;

    for (int i = 0; i + 1 < t->rank; i++)
        rows *= t->shape[i];
    return rows;
}

static int check_tensor(const struct frame_tensor *first, const struct frame_tensor *t)
{
    char shape[100], before[100];

    if (strcmp(first->name, t->name) != 0)
        return error_set("it has the tensor \"%.60s\" where the clip began with \"%.60s\"", t->name, first->name);
    if (t->t.rank == 0)
        return error_set("tensor \"%.60s\" is a scalar, which cannot come in parts", t->name);
    if (t->t.rank == first->t.rank &&
        memcmp(t->t.shape, first->t.shape, (size_t)(t->t.rank - 1) * sizeof *t->t.shape) == 0)
        return 0;
    return error_set("tensor \"%.60s\" has shape %s, which does not go on with %s", t->name,
                     tensor_shape_text(&t->t, shape, sizeof shape),
                     tensor_shape_text(&first->t, before, sizeof before));
}

static int check_frame(const struct join *j, const struct frame *f)
{
    if (strcmp(j->name, f->name) != 0)
        return error_set("the clip \"%.60s\" goes on under another name", j->name);
    if (j->count != f->count)
        return error_set("it has %zu tensors, the clip began with %zu", f->count, j->count);
    for (size_t i = 0; i < f->count; i++)
        if (check_tensor(&j->tensors[i], &f->tensors[i]) < 0)
            return -1;
    return 0;
}

/* What one map says stands for the clip, once; its rate from the first on. */
static int add_meta(struct meta *all, const struct meta *m, bool first)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct meta *known = meta_get(all, m->keys[i]);

        if (known && !meta_equal(known, m->items[i]))
            return error_set("meta: \"%.60s\" has another value than the clip began with", m->keys[i]);
        if (known)
            continue;
        if (!first && strcmp(m->keys[i], "rate") == 0)
            return error_set("meta: \"rate\" comes after the first part of the clip, which is read without it");
        if (all->count == STREAM_KEYS)
            return error_set("meta: over %d keys in the parts of a clip", STREAM_KEYS);
        meta_add(all, m->keys[i], meta_copy(m->items[i]));
    }
    return 0;
}

/* Puts more behind what is there in each row; the rows lie room apart. */
static int add_values(struct tensor *all, int64_t *room, const struct tensor *more)
{
    int64_t *have = &all->shape[all->rank - 1], n = more->shape[more->rank - 1], rows = rows_of(all), most;

    most = STREAM_BIN / (int64_t)sizeof(float) / (rows > 0 ? rows : 1);
    if (n > most - *have)
        return error_set(
            "the clip has over %lld values, the most that one frame can have: what reads it needs it whole",
            (long long)(most * (rows > 0 ? rows : 1)));
    if (*have + n > *room && rows > 0) {
        int64_t wider = 2 * *room > *have + n ? 2 * *room : *have + n;

        all->data = mem_grow(all->data, (size_t)(rows * wider), sizeof *all->data);
        for (int64_t i = rows - 1; i > 0; i--)
            memmove(all->data + i * wider, all->data + i * *room, (size_t)*have * sizeof *all->data);
        *room = wider;
    }
    for (int64_t i = 0; i < rows && n > 0; i++)
        memcpy(all->data + i * *room + *have, more->data + i * n, (size_t)n * sizeof *all->data);
    *have += n;
    return 0;
}

int join_add(struct join *j, const struct frame *f, bool keep)
{
    bool first = !j->open;

    if (first)
        join_begin(j, f);
    j->open = true;
    if (check_frame(j, f) < 0 || add_meta(j->meta, f->meta, first) < 0)
        return -1;
    for (size_t i = 0; keep && i < f->count; i++)
        if (add_values(&j->tensors[i].t, &j->rooms[i], &f->tensors[i].t) < 0)
            return error_prefix("tensor \"%.60s\"", f->tensors[i].name);
    return 0;
}

struct frame join_end(struct join *j, float *nothing)
{
    j->open = false;
    for (size_t k = 0; k < j->count; k++) {
        struct tensor *t = &j->tensors[k].t;
        int64_t rows = rows_of(t), n = t->shape[t->rank - 1];

        for (int64_t i = 1; i < rows && n > 0; i++)
            memmove(t->data + i * n, t->data + i * j->rooms[k], (size_t)n * sizeof *t->data);
        if (t->data == NULL)
            t->data = nothing;
    }
    return (struct frame){j->name, j->meta, j->tensors, j->count, false, false};
}
