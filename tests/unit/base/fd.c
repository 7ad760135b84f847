/* Descriptors that do not block, and writes in many parts, are waited for. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "check.h"

enum { PARTS = 3000, EACH = 101 };

/* Reads all of fd, pausing, and ends with 0 if it is what main() writes. */
static void read_slowly(int fd)
{
    char piece[4096];
    long at = 0, bad = 0;
    ssize_t n;

    while ((n = fd_read(fd, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < n; i++, at++)
            bad += piece[i] != (char)(at / EACH % 251);
        if (at < 20 * (long)sizeof piece)
            usleep(500);
    }
    _exit(bad != 0 || n < 0 || at != (long)PARTS * EACH);
}

int main(void)
{
    struct iovec *parts = mem_zero(PARTS, sizeof *parts);
    char *bytes = mem_alloc((size_t)PARTS * EACH);
    int ends[2], status = -1;
    pid_t child;

    for (size_t i = 0; i < PARTS; i++) {
        memset(bytes + i * EACH, (int)(i % 251), EACH);
        parts[i] = (struct iovec){bytes + i * EACH, EACH};
    }
    check(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0,
          "a pipe that does not block");
    child = fork();
    if (child == 0) {
        close(ends[1]);
        read_slowly(ends[0]);
    }
    close(ends[0]);
    check(fd_write(ends[1], parts, PARTS) == 0, "more than the pipe holds, in more parts than one call takes");
    close(ends[1]);
    check(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "all of it came, in order");
    errno = 0;
    check(fd_put(-1, bytes, 1) == -1 && errno == EBADF && fd_read(-1, bytes, 1) == -1 && errno == EBADF,
          "a descriptor that is none");
    free(parts);
    free(bytes);
    return check_done();
}
