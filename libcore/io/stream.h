/* Streams: segments of MessagePack maps that carry tensors, see cv-stream(5).
 * The only code that knows msgpack and xxhash. */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/meta.h"
#include "base/tensor.h"

struct frame_tensor {
    const char *name;
    struct tensor t;
};

struct frame {
    const char *name;
    const struct meta *meta; /* a map, never NULL */
    const struct frame_tensor *tensors;
    size_t count;
    bool follows; /* it goes on with the clip of the frame before: never without reader_parts */
    bool part;    /* its clip goes on in the next frame: never without reader_parts */
};

/* The tensor of that name, NULL when the frame has none. */
const struct tensor *frame_get(const struct frame *f, const char *name);

/* ---- reading ---- */

struct reader;

/* Opens path ("-": standard input) and starts. NULL: not to be opened, a
 * terminal, or not to be started. */
struct reader *reader_open(const char *path, const char *const *kinds);

/* Reads from fd, which the reader closes unless it is standard input; label
 * ("standard input", a path) names it in errors. */
struct reader *reader_new(int fd, const char *label);

/* Reads the first head and checks that its kind is one of kinds (ends in
 * NULL; NULL: any). -1: no input, not a stream (WAV, text and such are recognised and
 * said so), wrong version, wrong kind (said with the filter to use). */
int reader_start(struct reader *r, const char *const *kinds);

/* Kind, meta and number (0, 1, ...) of the segment that the last frame came
 * from; valid after reader_start, until the next call of reader_next. */
const char *reader_kind(const struct reader *r);
const struct meta *reader_meta(const struct reader *r);
int64_t reader_segment(const struct reader *r);
int64_t reader_frames(const struct reader *r); /* clips given out whole so far, all segments */
const char *reader_label(const struct reader *r);

/* XXH3-64 over the names, shapes and data of all frames given out so far; does
 * not depend on meta, segments, or how clips were cut into parts. Not for reader_parts. */
uint64_t reader_digest(const struct reader *r);

/* Leaves tensors of other names out of that. For readers that have given out no frame. */
void reader_digest_only(struct reader *r, const char *tensor);

/* The next frame of any segment: 1 and *f, 0 at the end of a whole stream, -1
 * for input that is truncated, damaged or out of bounds. *f and all it points
 * to belong to the reader and hold until the next call (the floats may be
 * changed in place). Values are finite unless reader_allow_nonfinite. */
int reader_next(struct reader *r, const struct frame **f);
void reader_allow_nonfinite(struct reader *r);

/* For readers that have given out no frame: from now on a clip that comes in parts is given out part by part, each as
 * soon as it is there, one map of the stream a frame. All frames of a clip have its name, and the same tensors in the
 * same order, of the same rank (1 at least) and shape but for the last index, which may be 0: this is checked here, and
 * that no stream ends within a clip. Each frame has the meta of its own map: the first one's describes the clip,
 * later ones add to it (no key has two values in a clip; the first frame that follows with another one is an error).
 * From the first part on the first SIGINT is left to the source, whose end ends the stream: see base/stop.h.
 * Without this call parts are joined along the last index, and their metas; more than one frame may hold is an error. */
void reader_parts(struct reader *r);
void reader_free(struct reader *r);

/* ---- writing ---- */

struct writer;

/* Starts a segment on fd, which is not closed by the writer. NULL: the head
 * could not be written, or fd is a terminal. meta may be NULL. */
struct writer *writer_new(int fd, const char *label, const char *kind, const struct meta *meta);

/* One frame; meta may be NULL. Data is not copied. */
int writer_put(struct writer *w, const char *name, const struct meta *meta, const struct frame_tensor *tensors,
               size_t count);

/* The same for a part of a clip that goes on in the next call: of writer_part, or for its last part of writer_put. All
 * calls for a clip have its name, and the same tensors in the same order, which are joined along the last index: that
 * may be 0, the others and the rank (1 at least) are those of the first call. The first meta describes the clip; those
 * that follow add what was not known before, and may be NULL. One write a call. */
int writer_part(struct writer *w, const char *name, const struct meta *meta, const struct frame_tensor *tensors,
                size_t count);

int64_t writer_frames(const struct writer *w); /* clips begun so far */

/* Ends the segment and begins another, in one write: between the two the stream would look whole. -1: as writer_new. */
int writer_next(struct writer *w, const char *kind, const struct meta *meta);

/* Writes the tail and releases w, not within a clip: the stream is whole only if this is 0. */
int writer_end(struct writer *w);

/* Releases w without a tail: whoever reads it will know it is not whole. */
void writer_abandon(struct writer *w);

#endif
