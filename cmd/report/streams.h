/* The streams that a page shows, as nameless temporary files. All end the program when they cannot be made. */
#ifndef REPORT_STREAMS_H
#define REPORT_STREAMS_H

#include <stdint.h>

#include "io/stream.h"

struct report {
    const char *model, *held_out; /* files */
    int64_t clips, seed, threads;
};

enum { REPORT_SECONDS = 30 }; /* of a clip */

/* From its beginning, started. */
struct reader *stream_read(int fd, const char *label);

/* clips of the held-out clips, of which there are all, at even steps, one a frame, cut to what is shown. */
int stream_some(const struct report *how, int64_t all);

/* Clips as latents; latents, or draws, as clips; draws. */
int stream_encode(const struct report *how, struct reader *r);
int stream_decode(const struct report *how, int latents);
int stream_draw(const struct report *how);

#endif
