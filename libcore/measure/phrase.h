/* How windows of about 2 s of sets of clips are spread: the space in which a
 * Frechet distance hears what patches are too short for, phrases. */
#ifndef MEASURE_PHRASE_H
#define MEASURE_PHRASE_H

#include <stdint.h>

#include "measure/moments.h"

enum {
    PHRASE_DIMS = 32,
    PHRASE_HOP = 23 /* frames of a smoothed map between windows: about .5 s */
};

struct phrase;

struct phrase *phrase_new(void);
void phrase_free(struct phrase *p);

/* Learns from the smoothed map (measure/melmap.h) of a real clip. */
void phrase_learn(struct phrase *p, const float *map, int64_t frames);

/* Settles the space by all that was learnt: the mean window and the PHRASE_DIMS
 * directions in which windows vary most. -1: no more windows than that. */
int phrase_fit(struct phrase *p);

/* Adds the windows of a smoothed map, in the space, to moments of PHRASE_DIMS. */
void phrase_project(const struct phrase *p, const float *map, int64_t frames, struct moments *m);

#endif
