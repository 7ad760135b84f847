/* What the files of the stream code share; nobody else includes it. */
#ifndef IO_STREAM_PRIVATE_H
#define IO_STREAM_PRIVATE_H

#include <msgpack.h>
#include <xxhash.h>

#include "base/fd.h"
#include "io/stream.h"

/* Bounds on what is accepted, and so on what is written. */
enum {
    STREAM_VERSION = 1,
    STREAM_DEPTH = 16,          /* maps and arrays within each other */
    STREAM_COUNT = 65536,       /* entries of a map or an array */
    STREAM_ELEMENTS = 1000000,  /* values and keys in one object */
    STREAM_TEXT = 1 << 20,      /* bytes of one text */
    STREAM_OVERHEAD = 64 << 20, /* bytes of one object outside of its bins */
    STREAM_KEYS = 1024,         /* entries of a map within meta */
    STREAM_TENSORS = 4096       /* tensors of a frame */
};

#define STREAM_BIN UINT32_MAX /* bytes of one bin */

/* ---- stream_scan.c: the extent of one object ---- */

struct scan {
    size_t at; /* what is settled; may lie beyond the bytes at hand */
    int depth;
    uint32_t keys;               /* of a map, at most; 0: STREAM_COUNT */
    uint32_t left[STREAM_DEPTH]; /* values still to come at each depth */
    uint32_t elements;
    size_t overhead;
    bool whole;
};

/* Goes on through the have bytes at p, the first of which begins the object;
 * *s is all zeros at first. 1: the object is whole and ends at s->at, 0: more
 * bytes are needed, -1: not a map, not MessagePack, or over a bound. */
int scan_run(struct scan *s, const unsigned char *p, size_t have);

/* ---- stream_meta.c: descriptions to and from MessagePack ---- */

void meta_pack(msgpack_packer *to, const struct meta *m);
void text_pack(msgpack_packer *to, const char *text);
bool is_utf8(const char *text);                   /* two names that are not could be written as one */
struct meta *meta_parse(const msgpack_object *o); /* NULL: nothing a description can hold */

/* ---- stream_parse.c: heads, frames and tails out of objects ---- */

/* Texts and keys may be str or, from older writers, bin: both lie alike in the union. */
bool is_text(const msgpack_object *o);
bool text_is(const msgpack_object *o, const char *text);

enum role { ROLE_HEAD, ROLE_FRAME, ROLE_TAIL };

struct head {
    char *kind;
    struct meta *meta;
};

struct tail {
    uint64_t frames, xxh3;
    bool hashed; /* xxh3 was there */
};

/* A frame whose texts and data still lie in the reader's buffer as they came. */
struct raw_tensor {
    const msgpack_object *name;
    const char *data;
    struct tensor t; /* data NULL */
};

struct raw_frame {
    const msgpack_object *name;
    struct meta *meta;
    struct raw_tensor *tensors; /* room for room, grown as needed */
    size_t count, room;
};

int parse_role(const msgpack_object *o, enum role *role);
int parse_head(const msgpack_object *o, struct head *head);
/* After failure frame->meta is NULL, and so is frame->name where it was not good. */
int parse_frame(const msgpack_object *o, struct raw_frame *frame);
int parse_tail(const msgpack_object *o, struct tail *tail);

/* ---- stream_source.c: the bytes at hand, object by object ---- */

struct source {
    int fd;
    unsigned char *buffer; /* bytes start..end of room are at hand; an object begins at start */
    size_t room, start, end;
    bool drained; /* the descriptor came to its end */
    bool failed;  /* it could not be read: errno */
    struct scan scan;
    msgpack_unpacked unpacked; /* the object, its texts and bins pointing into the buffer */
    size_t held;               /* its bytes, from start on */
};

void source_init(struct source *s, int fd);
void source_destroy(struct source *s); /* closes fd unless it is a standard one */
int source_fill(struct source *s);     /* reads what there is: 1, 0 at the end, -1 with errno */
/* 1: one whole object is there, 0: the input ended, within one if there are bytes at hand, -1: what came is no object
 * (error_text says why, not where), or reading failed. */
int source_next(struct source *s);
void source_release(struct source *s); /* lets the object go */

/* ---- stream_explain.c: words for what is not the stream that was wanted ---- */

/* Sets the error for input that does not begin as a stream if it is something
 * known, and returns -1; 0 otherwise. */
int explain_foreign(const char *label, const unsigned char *p, size_t n);
int explain_kind(const char *label, const char *kind, const char *const *kinds);

/* ---- stream_hash.c ---- */

void hash_update(XXH3_state_t *state, const void *p, size_t bytes);

#endif
