/* mel-FD: the Frechet distance between sets of clips in the space of the
 * principal components of real log-mel patches. */
#ifndef MEASURE_MELFD_H
#define MEASURE_MELFD_H

#include <stdint.h>

#include "measure/melmap.h"
#include "measure/moments.h"

enum { MELFD_DIMS = 48 };

struct melfd;

struct melfd *melfd_new(void);
void melfd_free(struct melfd *m);

/* Learns from the map of a real clip (measure/melmap.h). */
void melfd_learn(struct melfd *m, const float *map, int64_t frames);

/* Settles the space by all that was learnt: the mean patch and the MELFD_DIMS
 * directions in which patches vary most. -1: fewer patches than that. */
int melfd_fit(struct melfd *m);
double melfd_explained(const struct melfd *m); /* share of the variance that lies in the space */

/* rows [patch_count(frames), MELFD_DIMS]: the patches of a map in the space. */
void melfd_project(const struct melfd *m, const float *map, int64_t frames, float *rows);

#endif
