/* Two sides of a collection, by name alone: all clips of a track fall on the
 * same side, in any order, beside any others, today and tomorrow. */
#ifndef IO_SPLIT_H
#define IO_SPLIT_H

#include <stdbool.h>

/* True when track is on the test side, which takes share (0..1) of all names. */
bool split_is_test(const char *track, double share);

#endif
