/* Bytes of a file for libsndfile; what goes wrong is kept. */
#include "io/audio_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static sf_count_t file_size(void *user)
{
    return ((const struct audio_file *)user)->size;
}

static sf_count_t file_tell(void *user)
{
    return ((const struct audio_file *)user)->at;
}

static sf_count_t file_seek(sf_count_t offset, int whence, void *user)
{
    struct audio_file *f = user;
    int64_t to = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? f->at : f->size;

    if (__builtin_add_overflow(to, (int64_t)offset, &to) || to < 0)
        return -1;
    return f->at = to;
}

static sf_count_t file_read(void *to, sf_count_t bytes, void *user)
{
    struct audio_file *f = user;
    sf_count_t done = 0;

    while (done < bytes && !f->error) {
        ssize_t n = pread(f->fd, (char *)to + done, (size_t)(bytes - done), (off_t)f->at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            f->error = errno;
        if (n <= 0)
            break;
        f->at += n;
        done += n;
    }
    return done;
}

SNDFILE *audio_file_open(struct audio_file *f, int fd, SF_INFO *info)
{
    static SF_VIRTUAL_IO calls = { file_size, file_seek, file_read, NULL, file_tell };
    struct stat s;

    *f = (struct audio_file){ .fd = fd };
    if (fstat(fd, &s) < 0) {
        f->error = errno;
        return NULL;
    }
    f->size = s.st_size;
    return sf_open_virtual(&calls, SFM_READ, info, f);
}
