/* What a filter writes of the streams it reads, one after the other: its history (base/history.h) is theirs, then this
 * run. Where another stream comes, the output goes on in another segment, whose head has the history of all so far. */
#ifndef IO_OUTPUT_H
#define IO_OUTPUT_H

#include "io/stream.h"

struct output {
    int fd;
    const char *label, *kind;
    struct meta *head;     /* for all segments, but for the history */
    struct writer *w;      /* NULL: not begun */
    struct meta *streams;  /* histories of those read; NULL: it reads none, or says so itself */
    int64_t segment, done; /* that is read; segments written that have frames */
};

/* Looks where the last frame of r came from. -1: what that began could not be written. */
int output_follow(struct output *o, const struct reader *r);

/* Begins. -1: as writer_new. */
int output_begin(struct output *o);

/* Writes the tail if status is 0, and releases all. -1: status was, or it could not be written. */
int output_end(struct output *o, int status);

#endif
