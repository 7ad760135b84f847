/* Names of tracks and clips from names of files, and names of files from names of clips. */
#ifndef IO_AUDIO_NAME_H
#define IO_AUDIO_NAME_H

#include <stdbool.h>

#include "io/digests.h"

/* file without an ending such as ".wav" that says it is audio; the caller
 * frees it. */
char *audio_name_stem(const char *file);

/* Whether file has such an ending, or that of a format of audio that is not read here. */
bool audio_name_is_audio(const char *file);

/* A name for a file, without ending and not over 200 bytes, that is safe in
 * any directory: slashes, control characters and what begins it with a dot or
 * a dash become "_"; "clip" for an empty name. The caller frees it. */
char *audio_name_safe(const char *clip);

/* Names of tracks: the file's name without its ending, and as many of the folders above it as tell it from the others of
 * that name, as in "song01/mixture". */

/* Says that there is a file at path: from now on it counts as one of the others, which known, fresh at the beginning and
 * for nothing else, keeps. */
void audio_track_add(struct digests *known, const char *path);

/* The name of the track at path, which is added too; the caller frees it. Two files are one track if they are in one
 * folder and differ in their endings alone. */
char *audio_track_name(struct digests *known, const char *path);

#endif
