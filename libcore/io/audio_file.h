/* A file as libsndfile sees it, which takes a failing disk for the end of the
 * file: here the failure is kept. */
#ifndef IO_AUDIO_FILE_H
#define IO_AUDIO_FILE_H

#include <sndfile.h>
#include <stdint.h>

struct audio_file {
    int fd;
    int64_t at, size;
    int error;                   /* errno of the first read that failed, 0 while none did */
};

/* Opens fd, a regular file, from its start; f must live as long as what is
 * returned. The position of fd is neither used nor changed. */
SNDFILE *audio_file_open(struct audio_file *f, int fd, SF_INFO *info);

#endif
