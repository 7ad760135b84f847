/* How much of an audio file its own header promises but the file does not
 * hold: libsndfile quietly lowers the count of such a file. */
#ifndef IO_AUDIO_CUT_H
#define IO_AUDIO_CUT_H

#include <stdint.h>

/* Reads the chunk list of a WAV (RF64 and W64 too), AIFF or AU file open on fd
 * (seekable, size bytes long; its position is left alone) and returns the
 * fraction of the promised sample data that is there: 1 for a whole file, for
 * other kinds of file, and for the open-ended headers written into pipes. */
double audio_cut_share(int fd, int64_t size);

#endif
