/* Where in a file the samples are, by its header and in truth: headers promise more than there is (a file that is cut
 * short), less (a recorder that crashed before it could write the size, a size of over 32 bits that has wrapped), or
 * nothing (written into a pipe). */
#ifndef IO_AUDIO_EXTENT_H
#define IO_AUDIO_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "io/audio_file.h"

enum { AUDIO_JUNK = 1024 }; /* fewer bytes behind the end of a file are tags or padding, no sound */

struct audio_extent {
    int64_t start;    /* of the samples, in bytes; 0: not a kind of file that is known here */
    int64_t promised; /* bytes of them by the header, -1: it leaves that open */
    int64_t there;    /* bytes of them in the file */
    int64_t next;     /* where the file ends, or another one that is joined on begins */
    bool big;         /* big-endian by the kind of file */
    int bits, frame;  /* of a sample in bits, of a frame in bytes, by the head of a WAV; 0: not known or not sure */
};

/* Reads the chunk list of the WAV (RF64 and W64 too), AIFF, CAF or AU file from byte from of f->fd on, up to byte end. Of f
 * these functions use the descriptor, and keep the error of a read that fails: what they return then is of no use. */
struct audio_extent audio_extent(struct audio_file *f, int64_t from, int64_t end);

/* The first byte at or after from that is not of a tag as MP3 files have them in front (ID3v2), size or more when there is none. */
int64_t audio_extent_skip_tags(struct audio_file *f, int64_t from, int64_t size);

/* Where the file that begins at byte from of f->fd ends, as its kind has it (Ogg, FLAC, and those above): size, or the start
 * of the next one that is joined to it. *open: it is an Ogg stream without its last page. */
int64_t audio_extent_end(struct audio_file *f, int64_t from, int64_t size, bool *open);

#endif
