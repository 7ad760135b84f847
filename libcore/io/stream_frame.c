/* Frames where they lie in the reader's buffer: one pass over the bytes for all that is done to them. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/stream_private.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are used as they lie in the stream");

const struct tensor *frame_get(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->tensors[i].name, name) == 0)
            return &f->tensors[i].t;
    return NULL;
}

typedef uint32_t __attribute__((may_alias)) float_bits;

/* Index of the first value that is not finite, -1 when all are. In blocks
 * without a branch, which compilers turn into vector code: adding one to an
 * exponent of all ones carries into the sign. */
static int64_t find_nonfinite(const float *x, size_t n)
{
    enum { BLOCK = 1024 };
    const float_bits *bits = (const float_bits *)x;
    size_t i = 0;

    for (; i + BLOCK <= n; i += BLOCK) {
        uint32_t any = 0;

        for (size_t j = 0; j < BLOCK; j++)
            any |= (bits[i + j] & 0x7f800000) + 0x00800000;
        if (any >> 31)
            break;
    }
    for (; i < n; i++)
        if ((bits[i] & 0x7f800000) == 0x7f800000)
            return (int64_t)i;
    return -1;
}

/* Ends a text of the buffer in NUL where it lies: moves it over the last byte
 * of its own MessagePack header, which nobody needs any more. */
static const char *text_settle(struct reader *r, const msgpack_object *o)
{
    char *p = (char *)r->source.buffer + (o->via.str.ptr - (const char *)r->source.buffer);

    if (o->via.str.size == 0)
        return ""; /* msgpack leaves ptr at another text or bin */
    p--;
    memmove(p, p + 1, o->via.str.size);
    p[o->via.str.size] = '\0';
    return p;
}

/* All that is done to the values of a tensor, block by block, so that memory
 * is passed over once: both checksums, the check for finite values, and a move
 * back by up to 3 bytes to where floats may lie, over their own header (2
 * bytes or more) and the end of the key "data". Returns the place of the first
 * value that is not finite, or -1. */
static int64_t data_settle(struct reader *r, const char *data, size_t bytes, bool digested, float **settled)
{
    enum { BLOCK = 64 << 10 };
    char *p = (char *)r->source.buffer + (data - (const char *)r->source.buffer);
    size_t off = (uintptr_t)p % sizeof(float);
    int64_t bad = -1;

    *settled = (float *)(void *)(p - off);
    for (size_t at = 0; at < bytes; at += BLOCK) {
        size_t n = bytes - at < BLOCK ? bytes - at : BLOCK;
        const float *x = *settled + at / sizeof(float);

        hash_update(r->hash, p + at, n);
        if (off)
            memmove(p + at - off, p + at, n);
        if (digested)
            hash_update(r->digest, x, n);
        if (r->finite && bad < 0 && (bad = find_nonfinite(x, n / sizeof(float))) >= 0)
            bad += (int64_t)(at / sizeof(float));
    }
    return bad;
}

static void digest_text(struct reader *r, const char *text, size_t n)
{
    hash_update(r->digest, text, n);
    hash_update(r->digest, "", 1);
}

/* All of a tensor but its data; false, and nothing: it is not digested. */
static bool digest_shape(struct reader *r, const char *name, size_t n, const struct tensor *t)
{
    int64_t rank = t->rank;

    if (r->digested && (strlen(r->digested) != n || memcmp(r->digested, name, n) != 0))
        return false;
    digest_text(r, name, n);
    hash_update(r->digest, &rank, sizeof rank);
    hash_update(r->digest, t->shape, (size_t)rank * sizeof *t->shape);
    return true;
}

void frame_digest(struct reader *r, const struct frame *f)
{
    digest_text(r, f->name, strlen(f->name));
    for (size_t i = 0; i < f->count; i++) {
        const struct frame_tensor *t = &f->tensors[i];

        if (digest_shape(r, t->name, strlen(t->name), &t->t))
            hash_update(r->digest, t->t.data, (size_t)tensor_count(&t->t) * sizeof(float));
    }
}

static int set_nonfinite(const struct frame_tensor *t, int64_t at)
{
    return error_set("tensor \"%.60s\" holds %s at position %" PRId64 ", finite numbers were expected", t->name,
                     isnan(t->t.data[at]) ? "a NaN" : "an infinite value", at);
}

int frame_settle(struct reader *r, bool digested)
{
    const char *at = (const char *)r->source.buffer + r->source.start, *end = at + r->source.held;
    struct frame *f = &r->frame;
    int64_t bad = -1;
    size_t where = 0;

    if (r->raw.count > r->tensor_room) {
        r->tensor_room = r->raw.count;
        r->tensors = mem_grow(r->tensors, r->tensor_room, sizeof *r->tensors);
    }
    if (digested)
        digest_text(r, r->raw.name->via.str.ptr, r->raw.name->via.str.size);
    for (size_t i = 0; i < r->raw.count; i++) {
        const struct raw_tensor *raw = &r->raw.tensors[i];
        size_t bytes = (size_t)tensor_count(&raw->t) * sizeof(float);
        bool now = digested && digest_shape(r, raw->name->via.str.ptr, raw->name->via.str.size, &raw->t);
        int64_t found;

        r->tensors[i].t = raw->t;
        r->tensors[i].t.data = &r->nothing;
        if (bytes == 0)
            continue;
        assert(at <= raw->data && raw->data + bytes <= end);
        hash_update(r->hash, at, (size_t)(raw->data - at));
        found = data_settle(r, raw->data, bytes, now, &r->tensors[i].t.data);
        at = raw->data + bytes;
        if (found >= 0 && bad < 0) {
            bad = found;
            where = i;
        }
    }
    hash_update(r->hash, at, (size_t)(end - at));
    for (size_t i = 0; i < r->raw.count; i++)
        r->tensors[i].name = text_settle(r, r->raw.tensors[i].name);
    *f = (struct frame){text_settle(r, r->raw.name), r->raw.meta, r->tensors, r->raw.count, false, false};
    return bad < 0 ? 0 : set_nonfinite(&f->tensors[where], bad);
}
