/* What the files of the stream code share; nobody else includes it. */
#ifndef IO_STREAM_PRIVATE_H
#define IO_STREAM_PRIVATE_H

#include <msgpack.h>
#include <xxhash.h>

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

enum role { ROLE_HEAD, ROLE_PART, ROLE_FRAME, ROLE_TAIL };

extern const char *const role_names[];

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

/* ---- stream_join.c: parts of a clip ---- */

struct join {
    bool open; /* a clip has begun and not ended */
    char *name;
    struct meta *meta;
    struct frame_tensor *tensors; /* [count], all of each so far; without values where they are not kept */
    int64_t *rooms;               /* [count], of their last index */
    size_t count;
};

/* One more map of the clip, which begins with it unless it is open: checks it against those before, and keeps its values.
 * -1: why it does not go on with them, or that it is too large, not where. */
int join_add(struct join *j, const struct frame *f, bool keep);
struct frame join_end(struct join *j, float *nothing); /* all of it, which is j's; nothing: where no values point to */
void join_clear(struct join *j);

/* ---- stream_frame.c: frames where they lie ---- */

struct reader {
    struct source source;
    char *label;
    bool started, ended, finite;
    bool by_part;  /* reader_parts */
    bool narrow;   /* the pipe needs no more be made small */
    char *failure; /* what went wrong: nothing is read after it */
    struct head head;
    int64_t segment, segment_frames, frames;
    int64_t parts;   /* of the clip at hand so far */
    bool in_segment; /* between a head and its tail */
    XXH3_state_t *hash, *digest;
    const char *digested; /* name of the only tensor that is, NULL: all are */

    struct raw_frame raw;
    struct frame frame;
    struct frame_tensor *tensors;
    size_t tensor_room;
    struct join join;
    float nothing; /* where tensors without values point to */
};

/* Turns r->raw into r->frame. The buffer is changed by it: the values of a tensor after all before them have gone through
 * the checksum, the names at the end. digested: it counts for reader_digest. -1: values that are not finite, not where. */
int frame_settle(struct reader *r, bool digested);
void frame_digest(struct reader *r, const struct frame *f); /* of one that was not */

/* ---- stream_explain.c: words for what is not the stream that was wanted ---- */

/* Sets the error for input that does not begin as a stream if it is something
 * known, and returns -1; 0 otherwise. */
int explain_foreign(const char *label, const unsigned char *p, size_t n);
int explain_kind(const char *label, const char *kind, const char *const *kinds);

/* ---- stream_hash.c ---- */

void hash_update(XXH3_state_t *state, const void *p, size_t bytes);

#endif
