/* Copies a pipe into a nameless temporary file, so that decoders can seek. */
#include "io/audio_spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/file.h"

enum { PIECE = 1 << 16, PROBE = 1 << 20 };

static int copy_all(int from, int to, const char *dir, int (*recognised)(int fd))
{
    char *piece = mem_alloc(PIECE);
    off_t total = 0;
    int probed = 0, result = -1;

    for (;;) {
        ssize_t n = fd_read(from, piece, PIECE);

        if (n < 0) {
            error_set("cannot be read:");
            break;
        }
        if (n == 0) {
            result = 0;
            break;
        }
        if (fd_put(to, piece, (size_t)n) < 0) {
            error_set("cannot be kept in %s (set TMPDIR to another directory):", dir);
            break;
        }
        total += n;
        if (!probed && total >= PROBE) {
            probed = 1;
            if (lseek(to, 0, SEEK_SET) < 0 || recognised(to) < 0 || lseek(to, 0, SEEK_END) < 0)
                break;
        }
    }
    free(piece);
    return result;
}

int audio_spool(int fd, int (*recognised)(int fd))
{
    const char *dir = temporary_folder();
    int copy = temporary_open();

    if (copy < 0)
        return -1;
    if (copy_all(fd, copy, dir, recognised) < 0) {
        close(copy);
        return -1;
    }
    if (lseek(copy, 0, SEEK_SET) < 0) {
        error_set("cannot be kept in %s:", dir);
        close(copy);
        return -1;
    }
    return copy;
}
