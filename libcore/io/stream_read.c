/* Reading streams: checks what the source holds and hands frames out where
 * they lie. */
#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/stop.h"
#include "io/stream_private.h"

enum {
    SNIFF = 16,     /* bytes that show what other file this is; every head is longer */
    TAIL_WORDS = 12 /* bytes within which a tail as cv writes it says that it is one */
};

/* A pipe that was opened before: it has given its bytes. */
static bool is_spent(const struct stat *st)
{
    static struct pipe {
        dev_t device;
        ino_t inode;
    } * pipes;
    static size_t count;

    if (!S_ISFIFO(st->st_mode))
        return false;
    for (size_t i = 0; i < count; i++)
        if (pipes[i].device == st->st_dev && pipes[i].inode == st->st_ino)
            return true;
    pipes = mem_more(pipes, count, sizeof *pipes);
    pipes[count++] = (struct pipe){st->st_dev, st->st_ino};
    return false;
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
    } else if (is_spent(&st)) {
        error_set("%s is a pipe, and is read more than once: name a file", path);
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
    join_clear(&r->join);
    free(r->failure);
    free(r->label);
    free(r);
}

void reader_allow_nonfinite(struct reader *r)
{
    r->finite = false;
}

void reader_parts(struct reader *r)
{
    assert(r->frames == 0);
    r->by_part = true;
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
    assert(!r->by_part);
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

/* "frame 3", "part 2 of frame 3", past by so many parts. */
static const char *map_text(const struct reader *r, int64_t past, char *buffer, size_t size)
{
    if (r->parts > 0)
        snprintf(buffer, size, "part %" PRId64 " of frame %" PRId64, r->parts + past, r->frames + 1);
    else
        snprintf(buffer, size, "frame %" PRId64, r->frames + past);
    return buffer;
}

/* What was to come at this place: "frame 3", "the head of segment 2". */
static const char *place_text(const struct reader *r, char *buffer, size_t size)
{
    const struct source *s = &r->source;
    size_t n = s->end - s->start < TAIL_WORDS ? s->end - s->start : TAIL_WORDS;

    if (r->in_segment && memmem(s->buffer + s->start, n, "\xa4tail", 5))
        snprintf(buffer, size, "the tail");
    else if (r->in_segment)
        map_text(r, 1, buffer, size);
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
    if (r->frames + r->parts == 0)
        return error_set("%s ended after the head: %s was interrupted or failed", r->label, writer);
    return error_set("%s ended after %s, without the %s: %s was interrupted or failed", r->label,
                     map_text(r, 0, place, sizeof place), r->parts > 0 ? "last part of it" : "tail of a whole stream",
                     writer);
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
    if (!r->join.open)
        join_clear(&r->join);
}

/* ---- heads, frames, tails ---- */

static int head_take(struct reader *r)
{
    enum role role;
    struct head head;

    if (parse_role(&r->source.unpacked.data, &role) < 0)
        return input_bad(r);
    if (role != ROLE_HEAD) {
        error_set("a %s where a head was expected", role_names[role]);
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
    if (r->join.open)
        return error_set("%s: the tail after part %" PRId64 " of frame %" PRId64 ", the next part was expected",
                         r->label, r->parts, r->frames + 1);
    if (tail.frames != (uint64_t)r->segment_frames)
        return error_set("%s: the tail counts %" PRIu64 " frames, but %" PRId64 " came: it was changed", r->label,
                         tail.frames, r->segment_frames);
    if (tail.hashed && tail.xxh3 != XXH3_64bits_digest(r->hash))
        return error_set("%s is damaged: its checksum is not that of what was read", r->label);
    r->in_segment = false;
    return 0;
}

/* What is wrong with the map that is parsed, and where it is. */
static int frame_bad(const struct reader *r)
{
    const msgpack_object *name = r->raw.name;
    const char *text = r->frame.name ? r->frame.name : name ? name->via.str.ptr : "";
    int n = !name || name->via.str.size > 60 ? 60 : (int)name->via.str.size;
    char place[80];

    if (!name)
        return input_bad(r);
    return error_prefix("%s: %s (\"%.*s\")", r->label, map_text(r, 1, place, sizeof place), n, text);
}

/* The map at hand as a part of its clip. 1: the clip goes out as it is in r->frame; 0: it waits for more. */
static int part_take(struct reader *r, bool part)
{
    bool follows = r->join.open;

    if (!r->narrow && r->by_part)
        r->narrow = fd_narrow(r->source.fd);
    if (r->by_part && !r->join.name)
        stop_first(SIGINT, NULL); /* it reaches all of a pipe: the source ends, then what comes in here does */
    if (join_add(&r->join, &r->frame, !r->by_part) < 0)
        return frame_bad(r);
    r->parts = part ? r->parts + 1 : 0;
    r->join.open = part;
    r->frame.follows = follows;
    r->frame.part = part;
    if (part || r->by_part)
        return r->by_part;
    r->frame = join_end(&r->join, &r->nothing);
    frame_digest(r, &r->frame);
    return 1;
}

static int frame_take(struct reader *r, bool part)
{
    bool whole = !part && !r->join.open;
    int status = 1;

    if (parse_frame(&r->source.unpacked.data, &r->raw) < 0 || frame_settle(r, whole) < 0)
        return frame_bad(r);
    if (!whole)
        status = part_take(r, part);
    r->segment_frames++;
    r->frames += !part;
    return status;
}

static int fail(struct reader *r)
{
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
    char place[80];
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
    if (role != ROLE_HEAD)
        return frame_take(r, role == ROLE_PART);
    return error_set("%s: a head after %s, a frame or the tail was expected", r->label,
                     map_text(r, 0, place, sizeof place));
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
