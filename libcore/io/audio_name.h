/* Names of clips from names of files, and names of files from names of clips. */
#ifndef IO_AUDIO_NAME_H
#define IO_AUDIO_NAME_H

#include <stdbool.h>

/* file without an ending such as ".wav" that says it is audio; the caller
 * frees it. */
char *audio_name_stem(const char *file);

/* Whether file has such an ending, or that of a format of audio that is not read here. */
bool audio_name_is_audio(const char *file);

/* A name for a file, without ending and not over 200 bytes, that is safe in
 * any directory: slashes, control characters and what begins it with a dot or
 * a dash become "_"; "clip" for an empty name. The caller frees it. */
char *audio_name_safe(const char *clip);

#endif
