/* Names of tracks: the file's name without its ending, and as many of the folders above it as tell it from the others
 * of that name, as in "song01/mixture". */
#ifndef IO_AUDIO_TRACK_H
#define IO_AUDIO_TRACK_H

#include "io/digests.h"

/* Says that there is a file at path: from now on it counts as one of the others, which known, fresh at the beginning and
 * for nothing else, keeps. */
void audio_track_add(struct digests *known, const char *path);

/* The name of the track at path, which is added too; the caller frees it. Two files are one track if they are in one
 * folder and differ in their endings alone. */
char *audio_track_name(struct digests *known, const char *path);

#endif
