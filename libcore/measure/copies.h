/* How near the nearest window of about 2 s of a collection of real clips is:
 * near means that a model repeats what it was shown. */
#ifndef MEASURE_COPIES_H
#define MEASURE_COPIES_H

#include "base/pool.h"
#include "measure/melmap.h"
#include "measure/space.h"

enum {
    COPIES_HOP = 2, /* frames between the windows of the bank */
    QUERY_HOP = 93, /* and of a clip that is looked up */
    PHRASE_DIMS = 32
};

struct copies;

/* Of the maps of a bank, smoothed (measure/melmap.h); these and the space, PHRASE_DIMS of WINDOW_DIMS, which makes the
 * search short, are kept elsewhere. */
struct copies *copies_new(const struct maps *bank, const struct space *space, struct pool *pool);
void copies_free(struct copies *c);

/* The smoothed map of a clip. Returns how many windows it has, a new one every
 * QUERY_HOP frames. distance [that many; room for frames is enough]: root mean
 * square difference from the nearest window of the bank, in dB per band and
 * frame; infinity when the bank is empty. */
int64_t copies_nearest(const struct copies *c, const struct map *clip, double *distance);

#endif
