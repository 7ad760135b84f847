/* Reading and writing descriptors whatever interrupts. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20, PIPE_NARROW = 4096, PARTS_MAX = 1024 };

void fd_guard(void)
{
    for (int fd = 0; fd < 3; fd++) {
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            exit(1);
        if (flags >= 0 && flags & O_NONBLOCK)
            fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    }
}

void fd_enlarge(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fcntl(fd, F_GETPIPE_SZ) < PIPE_SIZE)
        fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE); /* a wish; its failure costs speed only */
}

bool fd_narrow(int fd)
{
    return fcntl(fd, F_SETPIPE_SZ, PIPE_NARROW) >= 0 || errno != EBUSY;
}

/* True when the call is to be made again: it was interrupted, or the
 * descriptor does not block and has been waited for. */
static bool fd_again(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    if (errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    poll(&p, 1, -1);
    return true;
}

ssize_t fd_read(int fd, void *to, size_t bytes)
{
    ssize_t n;

    do
        n = read(fd, to, bytes);
    while (n < 0 && fd_again(fd, POLLIN));
    return n;
}

ssize_t fd_peek(int fd, void *to, size_t bytes)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    struct stat st = {0};
    ssize_t n = 0;
    int copy[2];
    bool ended;

    fstat(fd, &st);
    if (S_ISREG(st.st_mode))
        return pread(fd, to, bytes, lseek(fd, 0, SEEK_CUR));
    if (!(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) || pipe2(copy, O_CLOEXEC) < 0)
        return -1;
    do { /* both calls wait for the first byte only; more may come for as long as somebody writes */
        ended = poll(&p, 1, n > 0 ? 10 : 0) > 0;
        n = S_ISSOCK(st.st_mode) ? recv(fd, to, bytes, MSG_PEEK) : tee(fd, copy[1], bytes, 0);
        if (n > 0 && S_ISFIFO(st.st_mode))
            n = read(copy[0], to, bytes);
    } while (n < 0 ? fd_again(fd, POLLIN) : n > 0 && (size_t)n < bytes && !ended);
    close(copy[0]);
    close(copy[1]);
    return n;
}

int fd_write(int fd, struct iovec *parts, size_t count)
{
    while (count > 0) {
        ssize_t n = writev(fd, parts, count < PARTS_MAX ? (int)count : PARTS_MAX);
        size_t done = n > 0 ? (size_t)n : 0;

        if (n < 0) {
            if (fd_again(fd, POLLOUT))
                continue;
            return -1;
        }
        while (count > 0 && done >= parts->iov_len) {
            done -= parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + done;
            parts->iov_len -= done;
        }
    }
    return 0;
}

int fd_put(int fd, const void *bytes, size_t count)
{
    return fd_write(fd, &(struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = count}, 1);
}
