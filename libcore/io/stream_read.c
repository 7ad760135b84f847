/* Reading streams: checks what the source holds and hands frames out where
 * they lie. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "io/stream_private.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are used as they lie in the stream");

enum {
    SNIFF = 16,     /* bytes that show what other file this is; every head is longer */
    TAIL_WORDS = 12 /* bytes within which a tail as cv writes it says that it is one */
};

struct reader {
    struct source source;
    char *label;
    bool started, ended, finite;
    char *failure; /* what went wrong: nothing is read after it */
    struct head head;
    int64_t segment, segment_frames, frames;
    bool in_segment; /* between a head and its tail */
    XXH3_state_t *hash, *digest;
    const char *digested; /* name of the only tensor that is, NULL: all are */

    struct raw_frame raw;
    struct frame frame;
    struct frame_tensor *tensors;
    size_t tensor_room;
    float nothing; /* where tensors without values point to */
};

const struct tensor *frame_get(const struct frame *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->tensors[i].name, name) == 0)
            return &f->tensors[i].t;
    return NULL;
}

/* Of path, not started. */
static struct reader *open_path(const char *path)
{
    struct stat st;
    int fd;

    if (strcmp(path, "-") == 0) {
        if (!isatty(STDIN_FILENO))
            return reader_new(STDIN_FILENO, "standard input");
        error_set("standard input is a terminal, a stream was expected: pipe one in or use '< FILE'");
        return NULL;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        error_set("%s:", path);
    } else if (S_ISDIR(st.st_mode)) {
        error_set("%s is a directory, a stream was expected", path);
    } else if (isatty(fd)) {
        error_set("%s is a terminal, a stream was expected", path);
    } else {
        return reader_new(fd, path);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

struct reader *reader_new(int fd, const char *label)
{
    struct reader *r = mem_zero(1, sizeof *r);

    source_init(&r->source, fd);
    r->label = mem_text(label);
    r->finite = true;
    r->hash = XXH3_createState();
    r->digest = XXH3_createState();
    if (!r->hash || !r->digest)
        diag_die("out of memory: no room for a checksum");
    XXH3_64bits_reset(r->digest);
    r->segment = -1;
    return r;
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    source_destroy(&r->source);
    XXH3_freeState(r->hash);
    XXH3_freeState(r->digest);
    meta_free(r->head.meta);
    meta_free(r->raw.meta);
    free(r->head.kind);
    free(r->raw.tensors);
    free(r->tensors);
    free(r->failure);
    free(r->label);
    free(r);
}

void reader_allow_nonfinite(struct reader *r)
{
    r->finite = false;
}

const char *reader_kind(const struct reader *r)
{
    return r->head.kind;
}

const struct meta *reader_meta(const struct reader *r)
{
    return r->head.meta;
}

int64_t reader_segment(const struct reader *r)
{
    return r->segment;
}

int64_t reader_frames(const struct reader *r)
{
    return r->frames;
}

uint64_t reader_digest(const struct reader *r)
{
    return XXH3_64bits_digest(r->digest);
}

void reader_digest_only(struct reader *r, const char *tensor)
{
    assert(r->frames == 0);
    r->digested = tensor;
}

const char *reader_label(const struct reader *r)
{
    return r->label;
}

/* ---- where and why ---- */

/* What was to come at this place: "frame 3", "the head of segment 2". */
static const char *place_text(const struct reader *r, char *buffer, size_t size)
{
    const struct source *s = &r->source;
    size_t n = s->end - s->start < TAIL_WORDS ? s->end - s->start : TAIL_WORDS;

    if (r->in_segment && memmem(s->buffer + s->start, n, "\xa4tail", 5))
        snprintf(buffer, size, "the tail");
    else if (r->in_segment)
        snprintf(buffer, size, "frame %" PRId64, r->frames + 1);
    else if (r->segment < 0)
        snprintf(buffer, size, "the head");
    else
        snprintf(buffer, size, "the head of segment %" PRId64, r->segment + 2);
    return buffer;
}

/* The input ended where it must not. */
static int input_cut(const struct reader *r)
{
    const struct source *s = &r->source;
    const char *writer = s->fd == STDIN_FILENO ? "the program before it" : "the program that wrote it";
    size_t n = s->end - s->start;
    char place[80];

    if (r->segment < 0 && n == 0)
        return error_set("%s is empty: %s produced nothing", r->label, writer);
    if (r->segment < 0 && n >= SNIFF && !memmem(s->buffer + s->start, n, "cv", 2))
        return error_set("%s is not a stream: it does not begin with a head", r->label);
    if (n > 0)
        return error_set("%s ended in the middle of %s: %s was interrupted or failed", r->label,
                         place_text(r, place, sizeof place), writer);
    if (r->frames == 0)
        return error_set("%s ended after the head: %s was interrupted or failed", r->label, writer);
    return error_set("%s ended after frame %" PRId64 ", without the tail of a whole stream: "
                     "%s was interrupted or failed",
                     r->label, r->frames, writer);
}

static int input_bad(const struct reader *r)
{
    char place[80];

    if (r->segment < 0)
        return error_prefix("%s is not a stream", r->label);
    if (!r->in_segment)
        return error_prefix("%s goes on after the tail with what is not a stream", r->label);
    return error_prefix("%s: %s", r->label, place_text(r, place, sizeof place));
}

/* 1: the next object is there, 0: the input ended where it may, -1: failed. */
static int object_next(struct reader *r)
{
    const struct source *s = &r->source;
    int status = source_next(&r->source);

    if (status > 0)
        return 1;
    if (status < 0)
        return s->failed ? error_set("%s:", r->label) : input_bad(r);
    return s->start == s->end && !r->in_segment && r->segment >= 0 ? 0 : input_cut(r);
}

static void object_release(struct reader *r)
{
    source_release(&r->source);
    meta_free(r->raw.meta);
    r->raw.meta = NULL;
    r->frame = (struct frame){0};
}

/* ---- heads, frames, tails ---- */

static int head_take(struct reader *r)
{
    enum role role;
    struct head head;

    if (parse_role(&r->source.unpacked.data, &role) < 0)
        return input_bad(r);
    if (role != ROLE_HEAD) {
        error_set("a %s where a head was expected", role == ROLE_FRAME ? "frame" : "tail");
        return input_bad(r);
    }
    if (parse_head(&r->source.unpacked.data, &head) < 0)
        return error_prefix("%s", r->label);
    if (r->segment >= 0 && strcmp(head.kind, r->head.kind) != 0) {
        error_set("%s holds streams of two kinds: segment %" PRId64 " is \"%.60s\", not \"%.60s\"", r->label,
                  r->segment + 2, head.kind, r->head.kind);
        free(head.kind);
        meta_free(head.meta);
        return -1;
    }
    free(r->head.kind);
    meta_free(r->head.meta);
    r->head = head;
    r->segment++;
    r->segment_frames = 0;
    r->in_segment = true;
    XXH3_64bits_reset(r->hash);
    hash_update(r->hash, r->source.buffer + r->source.start, r->source.held);
    return 0;
}

static int tail_take(struct reader *r)
{
    struct tail tail;

    if (parse_tail(&r->source.unpacked.data, &tail) < 0) {
        error_prefix("the tail");
        return error_prefix("%s", r->label);
    }
    if (tail.frames != (uint64_t)r->segment_frames)
        return error_set("%s: the tail counts %" PRIu64 " frames, but %" PRId64 " came: it was changed", r->label,
                         tail.frames, r->segment_frames);
    if (tail.hashed && tail.xxh3 != XXH3_64bits_digest(r->hash))
        return error_set("%s is damaged: its checksum is not that of what was read", r->label);
    r->in_segment = false;
    return 0;
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

static void digest_text(struct reader *r, const msgpack_object *o)
{
    hash_update(r->digest, o->via.str.ptr, o->via.str.size);
    hash_update(r->digest, "", 1);
}

/* Turns what was parsed into a frame. The buffer is changed by it: the values
 * of a tensor after all before them have gone through the checksum, the names
 * at the end. */
static int frame_settle(struct reader *r)
{
    const char *at = (const char *)r->source.buffer + r->source.start, *end = at + r->source.held;
    struct frame *f = &r->frame;
    int64_t bad = -1;
    size_t where = 0;

    if (r->raw.count > r->tensor_room) {
        r->tensor_room = r->raw.count;
        r->tensors = mem_grow(r->tensors, r->tensor_room, sizeof *r->tensors);
    }
    digest_text(r, r->raw.name);
    for (size_t i = 0; i < r->raw.count; i++) {
        const struct raw_tensor *raw = &r->raw.tensors[i];
        size_t bytes = (size_t)tensor_count(&raw->t) * sizeof(float);
        int64_t rank = raw->t.rank, found;
        bool digested = !r->digested || (strlen(r->digested) == raw->name->via.str.size &&
                                         !memcmp(r->digested, raw->name->via.str.ptr, raw->name->via.str.size));

        if (digested) {
            digest_text(r, raw->name);
            hash_update(r->digest, &rank, sizeof rank);
            hash_update(r->digest, raw->t.shape, (size_t)rank * sizeof *raw->t.shape);
        }
        r->tensors[i].t = raw->t;
        r->tensors[i].t.data = &r->nothing;
        if (bytes == 0)
            continue;
        assert(at <= raw->data && raw->data + bytes <= end);
        hash_update(r->hash, at, (size_t)(raw->data - at));
        found = data_settle(r, raw->data, bytes, digested, &r->tensors[i].t.data);
        at = raw->data + bytes;
        if (found >= 0 && bad < 0) {
            bad = found;
            where = i;
        }
    }
    hash_update(r->hash, at, (size_t)(end - at));
    for (size_t i = 0; i < r->raw.count; i++)
        r->tensors[i].name = text_settle(r, r->raw.tensors[i].name);
    *f = (struct frame){text_settle(r, r->raw.name), r->raw.meta, r->tensors, r->raw.count};
    if (bad < 0)
        return 0;
    return error_set("%s: frame %" PRId64 " (\"%.60s\"): tensor \"%.60s\" holds %s at position %" PRId64
                     ", finite numbers were expected",
                     r->label, r->frames + 1, f->name, f->tensors[where].name,
                     isnan(f->tensors[where].t.data[bad]) ? "a NaN" : "an infinite value", bad);
}

static int frame_take(struct reader *r)
{
    const msgpack_object *name;

    if (parse_frame(&r->source.unpacked.data, &r->raw) < 0) {
        name = r->raw.name;
        if (!name)
            return input_bad(r);
        return error_prefix("%s: frame %" PRId64 " (\"%.*s\")", r->label, r->frames + 1,
                            name->via.str.size > 60 ? 60 : (int)name->via.str.size, name->via.str.ptr);
    }
    if (frame_settle(r) < 0)
        return -1;
    r->frames++;
    r->segment_frames++;
    return 1;
}

static int fail(struct reader *r)
{
    if (!r->failure)
        r->failure = mem_text(error_text());
    r->ended = true;
    return error_set("%s", r->failure);
}

int reader_start(struct reader *r, const char *const *kinds)
{
    struct source *s = &r->source;
    int more;

    assert(!r->started);
    do
        more = source_fill(s);
    while (more > 0 && s->end < SNIFF);
    if (more < 0)
        error_set("%s:", r->label);
    if (more < 0 || (s->end > 0 && explain_foreign(r->label, s->buffer, s->end) < 0) || object_next(r) < 0 ||
        head_take(r) < 0 || explain_kind(r->label, r->head.kind, kinds) < 0)
        return fail(r);
    r->started = true;
    return 0;
}

struct reader *reader_open(const char *path, const char *const *kinds)
{
    struct reader *r = open_path(path);

    if (!r || reader_start(r, kinds) == 0)
        return r;
    reader_free(r);
    return NULL;
}

/* 1: the next frame is there; 0: not yet, or the stream has ended. */
static int object_take(struct reader *r)
{
    enum role role;
    int status;

    object_release(r);
    status = object_next(r);
    r->ended = status == 0;
    if (status <= 0)
        return status;
    if (!r->in_segment)
        return head_take(r);
    if (parse_role(&r->source.unpacked.data, &role) < 0)
        return input_bad(r);
    if (role == ROLE_TAIL)
        return tail_take(r);
    if (role == ROLE_FRAME)
        return frame_take(r);
    return error_set("%s: a head after frame %" PRId64 ", a frame or the tail was expected", r->label, r->frames);
}

int reader_next(struct reader *r, const struct frame **f)
{
    int status = 0;

    *f = NULL;
    assert(r->started || r->failure);
    if (r->failure)
        return error_set("%s", r->failure);
    while (!r->ended && status == 0)
        status = object_take(r);
    if (status > 0)
        *f = &r->frame;
    return status < 0 ? fail(r) : status;
}
