/* The clips of an audio frame: one, or as many as the batch holds. */
#ifndef PLOT_CLIPS_H
#define PLOT_CLIPS_H

#include "io/stream.h"

struct clip {
    const char *name;
    double rate; /* Hz, 0 when the stream does not say */
    int64_t channels, samples;
    const float *data; /* [channels, samples], the reader's */
};

/* Calls each for every clip of f in order until one call is not 0. Returns
 * what that call returned, 0 when all did, -1 (error_text) when f is not an
 * audio frame. */
int clips_each(const struct reader *r, const struct frame *f, int (*each)(void *arg, const struct clip *clip),
               void *arg);

/* Name of item i of a frame with that many: from the meta's "names", else the
 * frame's name. Belongs to the frame. */
const char *clips_name(const struct frame *f, int64_t i, int64_t count);

#endif
