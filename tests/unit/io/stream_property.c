/* Streams drawn at random: what holds of all of them, whatever is in them and however they were cut. */
#include <msgpack.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <xxhash.h>

#include "base/rng.h"
#include "bytes.h"
#include "check.h"

enum { CASES = 200, TENSORS = 3, RANK = 3, VALUES = 3 * 3 * 40 };

static uint64_t most; /* bytes that one read gets; 0: all */
static struct rng pieces;

/* In place of the C library's. */
ssize_t read(int fd, void *to, size_t bytes)
{
    uint64_t n = most ? 1 + rng_below(&pieces, most) : bytes;

    return syscall(SYS_read, fd, to, n < bytes ? n : bytes);
}

static struct meta *draw_meta(struct rng *g)
{
    struct meta *m = meta_map(), *list = meta_list();

    for (uint64_t i = 0, n = rng_below(g, 3); i < n; i++)
        meta_add(m, i ? "track" : "", i ? meta_text("M\xc3\xa4rz") : meta_int((int64_t)rng_word(g) - INT32_MAX));
    for (uint64_t n = rng_below(g, 4); n > 0; n--)
        meta_append(list, n == 1 ? meta_copy(m) : meta_real(rng_uniform(g)));
    meta_add(m, "list", list);
    return m;
}

/* The values of t from the from-th to the to-th of its last index. */
static struct tensor piece(const struct tensor *t, int64_t from, int64_t to, float *y)
{
    struct tensor p = *t;
    int64_t length = t->shape[t->rank - 1], rows = length ? tensor_count(t) / length : 0;

    for (int64_t i = 0; i < rows; i++)
        memcpy(y + i * (to - from), t->data + i * length + from, (size_t)(to - from) * sizeof *y);
    p.shape[p.rank - 1] = to - from;
    p.data = y;
    return p;
}

/* A clip drawn from g in one map, or cut by c at random places, what is told of it too. */
static void put_clip(struct writer *w, struct rng *g, struct rng *c)
{
    static float x[TENSORS][VALUES], y[TENSORS][VALUES];
    struct frame_tensor t[TENSORS], p[TENSORS];
    struct meta *all = draw_meta(g);
    size_t count = 1 + rng_below(g, TENSORS), told = 0;
    int64_t at[TENSORS] = {0};
    uint64_t left = c ? rng_below(c, 5) : 0;
    int (*put)(struct writer *, const char *, const struct meta *, const struct frame_tensor *, size_t);

    for (size_t i = 0; i < count; i++) {
        int64_t shape[RANK] = {(int64_t)rng_below(g, 4), (int64_t)rng_below(g, 4), (int64_t)rng_below(g, 41)};
        int rank = 1 + (int)rng_below(g, RANK);

        rng_normal(g, x[i], VALUES);
        t[i] =
            (struct frame_tensor){(const char *[]){"audio", "z", ""}[i], tensor_view(x[i], rank, shape + RANK - rank)};
    }
    do {
        size_t until = left ? told + rng_below(c, all->count - told + 1) : all->count;
        struct meta *some = meta_map();

        for (; told < until; told++)
            meta_add(some, all->keys[told], meta_copy(all->items[told]));
        for (size_t i = 0; i < count; i++) {
            int64_t end = t[i].t.shape[t[i].t.rank - 1];
            int64_t to = left ? at[i] + (int64_t)rng_below(c, (uint64_t)(end - at[i]) + 1) : end;

            p[i] = (struct frame_tensor){t[i].name, piece(&t[i].t, at[i], to, y[i])};
            at[i] = to;
        }
        put = left ? writer_part : writer_put;
        put(w, all->count > 1 ? "one" : "two", some, p, count);
        meta_free(some);
    } while (left-- > 0);
    meta_free(all);
}

/* The stream of a seed; cut: its clips are. */
static struct bytes draw_stream(uint64_t seed, bool cut)
{
    struct rng g = rng_new(seed, 1), c = rng_new(seed, 2);
    int fd = bytes_fd("", 0);
    struct bytes b;

    for (uint64_t segments = 1 + rng_below(&g, 3); segments > 0; segments--) {
        struct meta *head = draw_meta(&g);
        struct writer *w = writer_new(fd, "bytes", "audio", head);

        for (uint64_t clips = 1 + rng_below(&g, 4); clips > 0; clips--)
            put_clip(w, &g, cut ? &c : NULL);
        writer_end(w);
        meta_free(head);
    }
    b = bytes_of(fd);
    close(fd);
    return b;
}

/* What the writer makes of all that the reader gives. */
static struct bytes again(const struct bytes *from, bool by_part)
{
    struct reader *r = reader_new(bytes_fd(from->p, from->n), "bytes");
    int to = bytes_fd("", 0), status = reader_start(r, NULL);
    struct writer *w = NULL;
    const struct frame *f;
    int64_t segment = -1;
    struct bytes b;

    if (by_part)
        reader_parts(r);
    while (status == 0 && (status = reader_next(r, &f)) > 0) {
        if (reader_segment(r) != segment) {
            if (w)
                writer_end(w);
            w = writer_new(to, "again", reader_kind(r), reader_meta(r));
            segment = reader_segment(r);
        }
        status = (f->part ? writer_part : writer_put)(w, f->name, f->meta, f->tensors, f->count);
    }
    if (status == 0)
        writer_end(w);
    else
        writer_abandon(w);
    b = bytes_of(to);
    reader_free(r);
    close(to);
    return b;
}

static void same(const char *what, uint64_t seed, struct bytes a, const struct bytes *b)
{
    check(a.n > 0 && a.n == b->n && memcmp(a.p, b->p, a.n) == 0, "%s, stream %d", what, (int)seed);
    free(a.p);
}

static int by_key(const void *a, const void *b)
{
    const msgpack_object_str *x = &((const msgpack_object_kv *)a)->key.via.str,
                             *y = &((const msgpack_object_kv *)b)->key.via.str;

    return x->size != y->size ? (x->size < y->size ? -1 : 1) : memcmp(x->ptr, y->ptr, x->size);
}

/* Puts the entries of all maps in another order, or sorts them, but for those of "tensors": their order counts. */
static void order(msgpack_object *o, struct rng *g, bool keep)
{
    msgpack_object_map *m = &o->via.map;

    for (uint32_t i = 0; o->type == MSGPACK_OBJECT_ARRAY && i < o->via.array.size; i++)
        order(&o->via.array.ptr[i], g, false);
    for (uint32_t i = 0; o->type == MSGPACK_OBJECT_MAP && i < m->size; i++) {
        uint32_t k = keep || !g ? i : (uint32_t)rng_below(g, i + 1);
        msgpack_object_kv kv = m->ptr[i];

        order(&kv.val, g, kv.key.via.str.size == 7 && memcmp(kv.key.via.str.ptr, "tensors", 7) == 0);
        m->ptr[i] = m->ptr[k];
        m->ptr[k] = kv;
    }
    if (o->type == MSGPACK_OBJECT_MAP && !keep && !g)
        qsort(m->ptr, m->size, sizeof *m->ptr, by_key);
}

/* The same stream with its keys in another order, or sorted, and checksums that agree with that. */
static struct bytes ordered(const struct bytes *b, struct rng *g)
{
    msgpack_sbuffer out;
    msgpack_packer to;
    msgpack_unpacked u;
    size_t at = 0, segment = 0;

    msgpack_sbuffer_init(&out);
    msgpack_packer_init(&to, &out, msgpack_sbuffer_write);
    msgpack_unpacked_init(&u);
    while (msgpack_unpack_next(&u, (const char *)b->p, b->n, &at) == MSGPACK_UNPACK_SUCCESS) {
        msgpack_object *last = &u.data.via.map.ptr[u.data.via.map.size - 1].val;
        bool tail = last->type == MSGPACK_OBJECT_POSITIVE_INTEGER; /* its checksum */

        if (tail)
            last->via.u64 = XXH3_64bits(out.data + segment, out.size - segment);
        order(&u.data, g, false);
        msgpack_pack_object(&to, u.data);
        segment = tail ? out.size : segment;
    }
    msgpack_unpacked_destroy(&u);
    return (struct bytes){(unsigned char *)out.data, out.size, out.size};
}

static void test_stream(uint64_t seed)
{
    struct rng g = rng_new(seed, 4);
    struct bytes whole = draw_stream(seed, false), parts = draw_stream(seed, true), other = ordered(&parts, &g),
                 read_other = again(&other, false), sorted = ordered(&whole, NULL), next[2];

    same("written again", seed, again(&whole, false), &whole);
    same("parts, joined", seed, again(&parts, false), &whole);
    same("parts, one by one", seed, again(&parts, true), &parts);
    same("keys in another order", seed, ordered(&read_other, NULL), &sorted);
    pieces = g;
    most = seed % 3 ? 300 : 3;
    same("read in pieces", seed, again(&parts, false), &whole);
    most = 0;
    for (int cut = 0; cut < 2; cut++) {
        next[cut] = draw_stream(seed + 1, cut);
        bytes_add(cut ? &parts : &whole, next[cut].p, next[cut].n);
        free(next[cut].p);
    }
    same("one behind the other", seed, again(&parts, false), &whole);
    free(whole.p);
    free(parts.p);
    free(other.p);
    free(read_other.p);
    free(sorted.p);
}

int main(void)
{
    for (uint64_t seed = 0; seed < CASES; seed++)
        test_stream(seed);
    return check_done();
}
