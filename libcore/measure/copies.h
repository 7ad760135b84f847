/* All windows of about 2 s of a collection of real clips, and how near the
 * nearest of them is: near means that a model repeats what it was shown. */
#ifndef MEASURE_COPIES_H
#define MEASURE_COPIES_H

#include <stddef.h>
#include <stdint.h>

enum {
    COPIES_HOP = 2, /* frames between the windows of the bank */
    QUERY_HOP = 93  /* and of a clip that is looked up */
};

struct copies;

struct copies *copies_new(void);
void copies_free(struct copies *b);

/* Takes over a smoothed map (measure/melmap.h), which is later freed. */
void copies_add(struct copies *b, float *map, int64_t frames);

/* Returns how many windows the smoothed map of a clip has, a new one every
 * QUERY_HOP frames. distance [that many; room for frames is
 * enough]: root mean square difference from the nearest window of the bank, in
 * dB per band and frame; infinity when the bank is empty. */
int64_t copies_nearest(const struct copies *b, const float *map, int64_t frames, double *distance);

#endif
