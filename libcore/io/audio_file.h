/* Bytes of a file, or of a part of one, as decoders ask for them: libsndfile takes a failing disk for the end of the
 * file, here the failure is kept. */
#ifndef IO_AUDIO_FILE_H
#define IO_AUDIO_FILE_H

#include <stdint.h>

struct audio_file {
    int fd;             /* a regular file; its position is neither used nor changed */
    int64_t from, size; /* where in it the part begins, and the bytes of the part */
    int64_t at;         /* within the part */
    int error;          /* errno of the first read that failed, 0 while none did */
};

/* In the form that libsndfile calls them (SF_VIRTUAL_IO): file is a struct audio_file.
 * Up to bytes from where it is, fewer at the end or when a read fails. */
int64_t audio_file_read(void *to, int64_t bytes, void *file);

/* As lseek; -1 before the start. */
int64_t audio_file_seek(int64_t offset, int whence, void *file);
int64_t audio_file_tell(void *file);
int64_t audio_file_size(void *file);

#endif
