/* The streams that a page shows, from nameless temporary files. All end the program when they cannot be made. */
#ifndef REPORT_STREAMS_H
#define REPORT_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "io/clip.h"

enum { REPORT_SECONDS = 30 }; /* of a clip, at most */

struct report {
    const char *model, *held_out; /* files */
    int64_t clips, seed, threads;
    double length; /* of new clips, in seconds; 0: as the model has it */
};

/* The next clip of r, io/clip.h; NULL is one that cannot be read. */
bool clip_next(struct reader *r, struct audio_clip *c);

/* So many of the held-out clips, which are clips with samples in all: at even steps in time, so that short ones come
 * seldom; one a frame, cut to what is shown. */
struct reader *stream_some(const struct report *how, int64_t clips, int64_t samples);

/* New clips as latents, exact: without a tail; clips as latents; latents as clips: r is released. */
struct reader *stream_draw(const struct report *how, int64_t count, bool exact);
struct reader *stream_encode(const struct report *how, struct reader *r);
struct reader *stream_decode(const struct report *how, struct reader *r);

#endif
