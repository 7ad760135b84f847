/* Files that are several, joined end to end, as cat and recorders of radio make them. */
#ifndef IO_AUDIO_PARTS_H
#define IO_AUDIO_PARTS_H

#include <stdbool.h>
#include <stdint.h>

/* The first byte at or after from that is not of a tag as MP3 files have them in front (ID3v2), size or more when there is none. */
int64_t audio_parts_skip_tags(int fd, int64_t from, int64_t size);

/* Where the file that begins at byte from of fd ends, as its kind has it (Ogg, FLAC, and those that audio_extent
 * knows): size, or the start of the next one. *open: it is an Ogg stream without its last page. */
int64_t audio_parts_end(int fd, int64_t from, int64_t size, bool *open);

#endif
