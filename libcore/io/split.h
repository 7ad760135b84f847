/* Two sides of a collection. */
#ifndef IO_SPLIT_H
#define IO_SPLIT_H

#include <stdbool.h>

#include "base/meta.h"

/* True when the track of the clip (its name where its meta has none) is on the test side, which takes share (0..1) of all
 * names. By the name alone: all clips of a track fall on the same side, in any order, beside any others, today and
 * tomorrow. */
bool split_is_test(const char *name, const struct meta *meta, double share);

/* Whether the clip begins in the last share of its track; -1: it does not say. */
int split_is_late(const char *name, const struct meta *meta, double share);

#endif
