/* Streams of latents into one, clip by clip. */
#ifndef MODEL_MIX_STREAMS_H
#define MODEL_MIX_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/mix_alter.h"

/* One of: the average of all clips, weights, a crossfade of two streams, something else made of one clip, or steps between
 * two, or of a walk. */
struct mix_how {
    bool average;
    const double *weights; /* one for each stream; NULL: none */
    bool crossfade;
    double from, to; /* where it begins and ends, as parts of the clip */
    int64_t steps;   /* 1: the middle */
    struct mix_alter alter;
    bool arc; /* along arcs, not lines */
    bool pad; /* shorter clips are continued with zeros, else longer ones are cut */
};

/* Mixes the streams at paths, two of them for a crossfade, steps and a split, one for a
 * walk and for another key, and writes the result to fd. -1: with the
 * reason, no whole stream. Warns of clips that had no partner. */
int mix_streams(char *const *paths, size_t count, struct mix_how how, int fd, const char *label);

#endif
