/* Names of clips from names of files, and names of files from names of clips. */
#ifndef IO_AUDIO_NAME_H
#define IO_AUDIO_NAME_H

/* The part of path after its last slash, as valid UTF-8: bytes that are not
 * become U+FFFD. The caller frees it. */
char *audio_name_file(const char *path);

/* file without an ending such as ".wav" that says it is audio; the caller
 * frees it. */
char *audio_name_stem(const char *file);

/* A name for a file, without ending and not over 200 bytes, that is safe in
 * any directory: slashes, control characters and what begins it with a dot or
 * a dash become "_"; "clip" for an empty name. The caller frees it. */
char *audio_name_safe(const char *clip);

#endif
