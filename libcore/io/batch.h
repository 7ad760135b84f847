/* Clips that outlive their frames, and groups of them as frames of one tensor. */
#ifndef IO_BATCH_H
#define IO_BATCH_H

#include <stddef.h>

#include "io/clip.h"

/* A clip of its own. */
struct item {
    char *name;
    struct meta *meta;
    double rate;
    struct tensor audio; /* [channels, samples] */
};

struct item item_copy(const struct audio_clip *c);
void item_clear(struct item *it);

struct batch;

/* Writes to out, whose head says head_rate (0: nothing), in groups of size; 1 leaves clips single. out NULL: batch_to
 * names it first. */
struct batch *batch_new(struct writer *out, size_t size, double head_rate);

/* Takes the clip, and writes the batch when it is full. -1: the reason: clips of a batch must be alike. */
int batch_add(struct batch *b, struct item it);

/* Writes what is there. */
int batch_flush(struct batch *b);
void batch_to(struct batch *b, struct writer *out); /* from now on */
void batch_free(struct batch *b);

#endif
