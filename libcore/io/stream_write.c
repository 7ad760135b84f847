/* Writing streams: heads and frames packed into a small buffer, tensors sent
 * straight from where they lie. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "io/stream_private.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are written as they lie in memory");

struct writer {
    int fd;
    char *label;
    struct packed {
        char *data;
        size_t size, room;
    } packed;
    msgpack_packer packer;
    struct iovec *parts;
    size_t room;
    XXH3_state_t *hash;
    uint64_t maps;
    bool open;     /* the last map was a part */
    bool narrow;   /* the pipe needs no more be made small */
    char *failure; /* what went wrong first: from then on nothing is written */
};

/* What the packer calls. Its own buffer would leave bytes out when memory runs
 * out, and none of the calls that pack looks at what they return. */
static int packed_add(void *to, const char *bytes, size_t n)
{
    struct packed *p = to;

    if (n > p->room - p->size) {
        p->room = 2 * (p->size + n) + 256;
        p->data = mem_grow(p->data, p->room, 1);
    }
    memcpy(p->data + p->size, bytes, n);
    p->size += n;
    return 0;
}

static void pack_bin(msgpack_packer *to, const char *text)
{
    msgpack_pack_bin_with_body(to, text, strlen(text));
}

/* "meta" and its value; a missing description is an empty one. -1: it is what a reader would refuse in a map that has all
 * the tensors beside it. */
static int pack_meta(struct writer *w, const struct meta *meta)
{
    struct scan s = {.depth = 1, .left = {2}, .keys = STREAM_KEYS, .elements = 20 * STREAM_TENSORS};
    size_t from;

    assert(!meta || meta->kind == META_MAP);
    text_pack(&w->packer, "meta");
    from = w->packed.size;
    if (meta)
        meta_pack(&w->packer, meta);
    else
        msgpack_pack_map(&w->packer, 0);
    if (scan_run(&s, (unsigned char *)w->packed.data + from, w->packed.size - from) < 0)
        return error_prefix("the description");
    return 0;
}

/* All of a tensor but its bytes, as msgpack-numpy does it: the keys are bin, the type is str. */
static void pack_tensor(msgpack_packer *to, const struct tensor *t)
{
    msgpack_pack_map(to, 5);
    pack_bin(to, "nd");
    msgpack_pack_true(to);
    pack_bin(to, "type");
    text_pack(to, "<f4");
    pack_bin(to, "kind");
    pack_bin(to, "");
    pack_bin(to, "shape");
    msgpack_pack_array(to, (size_t)t->rank);
    for (int i = 0; i < t->rank; i++)
        msgpack_pack_int64(to, t->shape[i]);
    pack_bin(to, "data");
    msgpack_pack_bin(to, (size_t)tensor_count(t) * sizeof(float));
}

/* Keeps the text of the error that was just set. */
static int writer_fail(struct writer *w)
{
    w->failure = mem_text(error_text());
    return -1;
}

static int writer_send(struct writer *w, size_t parts)
{
    for (size_t i = 0; i < parts; i++)
        hash_update(w->hash, w->parts[i].iov_base, w->parts[i].iov_len);
    if (fd_write(w->fd, w->parts, parts) == 0)
        return 0;
    error_set("%s:", w->label);
    return writer_fail(w);
}

static int writer_send_packed(struct writer *w)
{
    w->parts[0] = (struct iovec){w->packed.data, w->packed.size};
    return writer_send(w, 1);
}

static int pack_head(struct writer *w, const char *kind, const struct meta *meta)
{
    msgpack_pack_map(&w->packer, 4);
    text_pack(&w->packer, "cv");
    text_pack(&w->packer, "head");
    text_pack(&w->packer, "version");
    msgpack_pack_int(&w->packer, STREAM_VERSION);
    text_pack(&w->packer, "kind");
    text_pack(&w->packer, kind);
    return pack_meta(w, meta);
}

static void pack_tail(struct writer *w)
{
    w->packed.size = 0;
    msgpack_pack_map(&w->packer, 3);
    text_pack(&w->packer, "cv");
    text_pack(&w->packer, "tail");
    text_pack(&w->packer, "frames");
    msgpack_pack_uint64(&w->packer, w->maps);
    text_pack(&w->packer, "xxh3");
    msgpack_pack_fix_uint64(&w->packer, XXH3_64bits_digest(w->hash));
}

struct writer *writer_new(int fd, const char *label, const char *kind, const struct meta *meta)
{
    struct writer *w;

    if (isatty(fd)) {
        error_set("%s is a terminal, and a stream is not text: redirect it ('> FILE') or pipe it on", label);
        return NULL;
    }
    fd_enlarge(fd);
    w = mem_zero(1, sizeof *w);
    w->fd = fd;
    w->label = mem_text(label);
    w->room = 8;
    w->parts = mem_alloc(w->room * sizeof *w->parts);
    w->hash = XXH3_createState();
    if (!w->hash)
        diag_die("out of memory: no room for a checksum");
    XXH3_64bits_reset(w->hash);
    msgpack_packer_init(&w->packer, &w->packed, packed_add);
    if (pack_head(w, kind, meta) < 0 || writer_send_packed(w) < 0) {
        writer_abandon(w);
        return NULL;
    }
    return w;
}

/* All of a frame but its tensors. -1: something that readers refuse. */
static int pack_frame(struct writer *w, const char *sort, const char *name, const struct meta *meta,
                      const struct frame_tensor *tensors, size_t count)
{
    if (count > STREAM_TENSORS)
        return error_set("a frame of %zu tensors, at most %d are written", count, STREAM_TENSORS);
    if (strlen(name) > STREAM_TEXT / 3)
        return error_set("a frame with a name of %zu bytes", strlen(name));
    for (size_t i = 0; i < count; i++)
        if ((uint64_t)tensor_count(&tensors[i].t) * sizeof(float) > STREAM_BIN)
            return error_set("tensor \"%s\" has %lld values, at most %lld can be written", tensors[i].name,
                             (long long)tensor_count(&tensors[i].t), (long long)(STREAM_BIN / sizeof(float)));
    w->packed.size = 0;
    msgpack_pack_map(&w->packer, 4);
    text_pack(&w->packer, "cv");
    text_pack(&w->packer, sort);
    text_pack(&w->packer, "name");
    text_pack(&w->packer, name);
    return pack_meta(w, meta);
}

static int put_map(struct writer *w, const char *sort, const char *name, const struct meta *meta,
                   const struct frame_tensor *tensors, size_t count)
{
    size_t parts = 0, from = 0;

    if (w->failure)
        return error_set("%s", w->failure);
    if (pack_frame(w, sort, name, meta, tensors, count) < 0) {
        error_prefix("frame \"%.60s\"", name);
        return writer_fail(w);
    }
    if (w->room < 2 * count + 1) {
        w->room = 2 * count + 1;
        w->parts = mem_grow(w->parts, w->room, sizeof *w->parts);
    }
    text_pack(&w->packer, "tensors");
    msgpack_pack_map(&w->packer, count);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = (size_t)tensor_count(&tensors[i].t) * sizeof(float);

        text_pack(&w->packer, tensors[i].name);
        pack_tensor(&w->packer, &tensors[i].t);
        w->parts[parts++] = (struct iovec){NULL, w->packed.size - from};
        from = w->packed.size;
        if (bytes > 0)
            w->parts[parts++] = (struct iovec){tensors[i].t.data, bytes};
    }
    if (from < w->packed.size)
        w->parts[parts++] = (struct iovec){NULL, w->packed.size - from};
    from = 0;
    for (size_t i = 0; i < parts; i++) /* packed.data moves while it grows, so it is set only now */
        if (!w->parts[i].iov_base) {
            w->parts[i].iov_base = w->packed.data + from;
            from += w->parts[i].iov_len;
        }
    w->maps++;
    return writer_send(w, parts);
}

int writer_put(struct writer *w, const char *name, const struct meta *meta, const struct frame_tensor *tensors,
               size_t count)
{
    w->open = false;
    return put_map(w, "frame", name, meta, tensors, count);
}

int writer_part(struct writer *w, const char *name, const struct meta *meta, const struct frame_tensor *tensors,
                size_t count)
{
    w->open = true;
    w->narrow = w->narrow || fd_narrow(w->fd);
    return put_map(w, "part", name, meta, tensors, count);
}

int64_t writer_frames(const struct writer *w)
{
    return (int64_t)w->maps;
}

int writer_next(struct writer *w, const char *kind, const struct meta *meta)
{
    size_t tail;

    assert(!w->open || w->failure);
    if (w->failure)
        return error_set("%s", w->failure);
    pack_tail(w);
    tail = w->packed.size;
    if (pack_head(w, kind, meta) < 0)
        return writer_fail(w);
    XXH3_64bits_reset(w->hash);
    hash_update(w->hash, w->packed.data + tail, w->packed.size - tail);
    w->maps = 0;
    if (fd_put(w->fd, w->packed.data, w->packed.size) == 0)
        return 0;
    error_set("%s:", w->label);
    return writer_fail(w);
}

int writer_end(struct writer *w)
{
    int status = -1;

    assert(!w->open || w->failure);
    if (w->failure) {
        error_set("%s", w->failure);
    } else {
        pack_tail(w);
        status = writer_send_packed(w);
    }
    writer_abandon(w);
    return status;
}

void writer_abandon(struct writer *w)
{
    if (!w)
        return;
    free(w->packed.data);
    XXH3_freeState(w->hash);
    free(w->parts);
    free(w->failure);
    free(w->label);
    free(w);
}
