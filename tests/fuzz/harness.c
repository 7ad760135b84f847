/* What the fuzz targets share; linked with --wrap of read, writev, fclose and exit. */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/error.h"

static struct {
    const uint8_t *data;
    size_t left, piece;
} in;

static struct {
    uint8_t *data;
    size_t size, room;
} out;

jmp_buf fuzz_back;
int fuzz_armed, fuzz_status;

ssize_t __real_read(int fd, void *to, size_t bytes);
ssize_t __wrap_read(int fd, void *to, size_t bytes);
ssize_t __real_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
int __real_fclose(FILE *f);
int __wrap_fclose(FILE *f);
_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);

ssize_t __wrap_read(int fd, void *to, size_t bytes)
{
    size_t n = bytes < in.left ? bytes : in.left;

    if (fd != FUZZ_IN)
        return __real_read(fd, to, bytes);
    n = in.piece > 0 && n > in.piece ? in.piece : n;
    if (n > 0)
        memcpy(to, in.data, n);
    in.data += n;
    in.left -= n;
    return (ssize_t)n;
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
    ssize_t sum = 0;

    if (fd != FUZZ_OUT)
        return __real_writev(fd, parts, count);
    for (int i = 0; i < count; i++) {
        size_t n = parts[i].iov_len;

        if (out.size + n > out.room) {
            out.room = 2 * (out.size + n);
            out.data = realloc(out.data, out.room);
            FUZZ_HOLDS(out.data != NULL);
        }
        if (n > 0)
            memcpy(out.data + out.size, parts[i].iov_base, n);
        out.size += n;
        sum += (ssize_t)n;
    }
    return sum;
}

/* Standard output is closed at an end that is none here. */
int __wrap_fclose(FILE *f)
{
    return f == stdout ? fflush(f) : __real_fclose(f);
}

_Noreturn void __wrap_exit(int status)
{
    if (!fuzz_armed)
        __real_exit(status);
    fuzz_status = status;
    longjmp(fuzz_back, 1);
}

void fuzz_over(void)
{
    fuzz_armed = 0;
}

int fuzz_input(const void *data, size_t size, size_t piece)
{
    in.data = data;
    in.left = size;
    in.piece = piece;
    return FUZZ_IN;
}

const uint8_t *fuzz_output(size_t *size)
{
    *size = out.size;
    return out.data;
}

void fuzz_output_clear(void)
{
    out.size = 0;
}

static int files[FUZZ_FILES]; /* 0: not there yet */

int fuzz_file_fd(int number)
{
    return files[number];
}

const char *fuzz_file(int number, const void *data, size_t size)
{
    static char paths[FUZZ_FILES][64];
    int *fd = &files[number];

    if (*fd == 0) {
        *fd = memfd_create("fuzz", MFD_CLOEXEC);
        FUZZ_HOLDS(*fd > 2);
        snprintf(paths[number], sizeof *paths, "/proc/self/fd/%d", *fd);
    }
    FUZZ_HOLDS(ftruncate(*fd, (off_t)size) == 0);
    FUZZ_HOLDS(pwrite(*fd, data, size, 0) == (ssize_t)size);
    return paths[number];
}

uint64_t fuzz_hash(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}

_Noreturn void fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s (last error: %s)\n", file, line, what, error_text());
    abort();
}
