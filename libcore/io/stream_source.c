/* The bytes of a stream, object by object, in one growing buffer. Memory grows
 * with what has arrived, never with what is declared. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/fd.h"
#include "base/mem.h"
#include "io/stream_private.h"

enum { ROOM_FIRST = 64 << 10, ROOM_FILE = 32 << 20, HUGE_FROM = 4 << 20 };

/* A file says how much will arrive: room for all of it, or for a good piece. */
static size_t first_room(int fd)
{
    struct stat file;

    if (fstat(fd, &file) || !S_ISREG(file.st_mode) || file.st_size < ROOM_FIRST)
        return ROOM_FIRST;
    return file.st_size < ROOM_FILE ? (size_t)file.st_size + ROOM_FIRST : ROOM_FILE;
}

void source_init(struct source *s, int fd)
{
    *s = (struct source){.fd = fd, .room = first_room(fd)};
    s->buffer = mem_buffer(s->room);
    msgpack_unpacked_init(&s->unpacked);
    fd_enlarge(fd);
}

void source_destroy(struct source *s)
{
    if (s->fd > STDERR_FILENO)
        close(s->fd);
    msgpack_unpacked_destroy(&s->unpacked);
    free(s->buffer);
}

/* Makes room behind the bytes at hand: by moving them to the front when at
 * least half of the room lies before them, so that each byte is moved a
 * bounded number of times, else by doubling the room, which is half full by then. */
static void source_room(struct source *s)
{
    if (s->start == s->end)
        s->start = s->end = 0;
    if (s->room - s->end >= s->room / 8) /* worth a call */
        return;
    if (s->start >= s->room / 2) {
        memmove(s->buffer, s->buffer + s->start, s->end - s->start);
        s->end -= s->start;
        s->start = 0;
        return;
    }
    s->buffer = mem_grow(s->buffer, s->room, 2);
    s->room *= 2;
}

int source_fill(struct source *s)
{
    ssize_t n;

    if (s->drained)
        return 0;
    source_room(s);
    n = fd_read(s->fd, s->buffer + s->end, s->room - s->end);
    s->failed = n < 0;
    if (s->failed)
        return -1;
    s->drained = n == 0;
    s->end += (size_t)n;
    return n > 0;
}

int source_next(struct source *s)
{
    size_t used = 0;
    int status;

    assert(s->held == 0);
    s->scan = (struct scan){0};
    while ((status = scan_run(&s->scan, s->buffer + s->start, s->end - s->start)) == 0) {
        int more = source_fill(s);

        if (more <= 0)
            return more;
    }
    if (status < 0)
        return -1;
    if (msgpack_unpack_next(&s->unpacked, (const char *)s->buffer + s->start, s->scan.at, &used) !=
        MSGPACK_UNPACK_SUCCESS) /* it is MessagePack, and not deep: the scanner saw to it */
        diag_die("out of memory: no room for a map of %u values", s->scan.elements);
    assert(used == s->scan.at);
    s->held = used;
    return 1;
}

void source_release(struct source *s)
{
    s->start += s->held;
    s->held = 0;
}
