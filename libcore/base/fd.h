/* Descriptors whose calls are interrupted, cut short, or do not block
 * (O_NONBLOCK, set by whoever else holds the same pipe or terminal): waited for. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Before any other file is opened: a closed standard stream must not become one. A standard stream that does not block,
 * which stdio takes for a failure, shall block again, as shells have it. */
void fd_guard(void);

ssize_t fd_read(int fd, void *to, size_t bytes);         /* 0 at the end, -1 with errno */
ssize_t fd_peek(int fd, void *to, size_t bytes);         /* what comes next, and stays; fewer at the end, -1: unseen */
int fd_write(int fd, struct iovec *parts, size_t count); /* all of it, or -1 with errno; changes parts */
int fd_put(int fd, const void *bytes, size_t count);     /* the same for one part */

/* A pipe holds 1 MiB, if the system allows. */
void fd_enlarge(int fd);

/* A pipe holds as little as it can, so that nothing waits in it for long. False: it still holds more, try again later. */
bool fd_narrow(int fd);

#endif
