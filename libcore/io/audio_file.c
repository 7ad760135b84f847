/* A part of a file; what goes wrong is kept. */
#include "io/audio_file.h"

#include <errno.h>
#include <unistd.h>

int64_t audio_file_read(void *to, int64_t bytes, void *file)
{
    struct audio_file *f = file;
    int64_t done = 0;

    if (bytes > f->size - f->at)
        bytes = f->size - f->at;
    while (done < bytes && !f->error) {
        ssize_t n = pread(f->fd, (char *)to + done, (size_t)(bytes - done), (off_t)(f->from + f->at));

        if (n < 0)
            f->error = errno;
        if (n <= 0)
            break;
        f->at += n;
        done += n;
    }
    return done;
}

int64_t audio_file_seek(int64_t offset, int whence, void *file)
{
    struct audio_file *f = file;
    int64_t to = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->at : f->size;

    if (__builtin_add_overflow(to, offset, &to) || to < 0)
        return -1;
    return f->at = to;
}

int64_t audio_file_tell(void *file)
{
    return ((const struct audio_file *)file)->at;
}

int64_t audio_file_size(void *file)
{
    return ((const struct audio_file *)file)->size;
}
