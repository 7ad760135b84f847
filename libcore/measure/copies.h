/* How near the nearest window of about 2 s of a collection of real clips is:
 * near means that a model repeats what it was shown. */
#ifndef MEASURE_COPIES_H
#define MEASURE_COPIES_H

#include "measure/melmap.h"

enum {
    COPIES_HOP = 2, /* frames between the windows of the bank */
    QUERY_HOP = 93  /* and of a clip that is looked up */
};

/* Maps are smoothed (measure/melmap.h). Returns how many windows the clip has, a
 * new one every QUERY_HOP frames. distance [that many; room for frames is
 * enough]: root mean square difference from the nearest window of the bank, in
 * dB per band and frame; infinity when the bank is empty. */
int64_t copies_nearest(const struct maps *bank, const struct map *clip, double *distance);

#endif
