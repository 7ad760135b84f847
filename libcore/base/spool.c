/* Arrays in memory up to a bound, the others in pieces of a mapped file. */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/file.h"

/* Of a piece of the file: as large as all before it, within these bounds. */
enum { LEAST = 1 << 20, MOST = 256 << 20, ALIGN = 64 };
/* Systems bring in more than the page that is used: up to a block of this size and place in the file. All of it goes. */
enum { AROUND = 2 << 20 };

struct piece {
    char *at;
    size_t bytes, used;
    size_t place; /* in the file */
};

struct spool {
    size_t limit, held; /* bytes in memory: at most, and now */
    float **kept;       /* the arrays there */
    size_t kept_count;
    int fd;       /* -1: none yet */
    size_t filed; /* length of the file */
    struct piece *pieces;
    size_t piece_count;
    pthread_mutex_t lock;
};

struct spool *spool_new(size_t limit)
{
    struct spool *s = mem_zero(1, sizeof *s);

    s->limit = limit;
    s->fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void spool_free(struct spool *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->kept_count; i++)
        free(s->kept[i]);
    free(s->kept);
    for (size_t i = 0; i < s->piece_count; i++)
        munmap(s->pieces[i].at, s->pieces[i].bytes);
    free(s->pieces);
    if (s->fd >= 0)
        close(s->fd);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* A new piece with room for bytes. The disk's room is taken now, so that a
 * full disk is found here and not when a page is written. */
static int piece_add(struct spool *s, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = s->filed < LEAST ? LEAST : s->filed < MOST ? s->filed : MOST;
    void *at;

    if (s->fd < 0 && (s->fd = temporary_open()) < 0)
        return -1;
    size = ((size > bytes ? size : bytes) + page - 1) / page * page;
    do
        errno = posix_fallocate(s->fd, (off_t)s->filed, (off_t)size);
    while (errno == EINTR);
    if (errno)
        return error_set("no room for %zu MiB of data in %s (set TMPDIR to another directory):",
                         (s->filed + size) >> 20, temporary_folder());
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, (off_t)s->filed);
    if (at == MAP_FAILED)
        return error_set("%zu MiB of a temporary file cannot be mapped:", size >> 20);
    s->pieces = mem_grow(s->pieces, s->piece_count + 1, sizeof *s->pieces);
    s->pieces[s->piece_count++] = (struct piece){at, size, 0, s->filed};
    s->filed += size;
    return 0;
}

/* NULL: the bound is reached. */
static float *from_memory(struct spool *s, size_t bytes)
{
    if (s->limit - s->held < bytes)
        return NULL;
    s->held += bytes;
    s->kept = mem_more(s->kept, s->kept_count, sizeof *s->kept);
    return s->kept[s->kept_count++] = mem_alloc(bytes);
}

static float *from_file(struct spool *s, size_t bytes)
{
    struct piece *p = s->piece_count > 0 ? &s->pieces[s->piece_count - 1] : NULL;

    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (!p || bytes > p->bytes - p->used) {
        if (piece_add(s, bytes))
            return NULL;
        p = &s->pieces[s->piece_count - 1];
    }
    p->used += bytes;
    return (float *)(void *)(p->at + p->used - bytes);
}

float *spool_floats(struct spool *s, size_t count)
{
    size_t bytes;
    float *array;

    if (__builtin_mul_overflow(count, sizeof(float), &bytes) || bytes > PTRDIFF_MAX / 2) {
        error_set("an array of %zu values is too large", count);
        return NULL;
    }
    bytes = bytes > 0 ? bytes : sizeof(float);
    pthread_mutex_lock(&s->lock);
    array = from_memory(s, bytes);
    if (!array)
        array = from_file(s, bytes);
    pthread_mutex_unlock(&s->lock);
    return array;
}

/* Pages that it shares with its neighbours go too: they lie in the file as well. */
static void piece_release(const struct piece *p, const char *first, const char *end)
{
    size_t from = (p->place + (size_t)(first - p->at)) / AROUND * AROUND;
    size_t to = (p->place + (size_t)(end - p->at) + AROUND - 1) / AROUND * AROUND;

    from = from < p->place ? 0 : from - p->place;
    to = to > p->place + p->bytes ? p->bytes : to - p->place;
    madvise(p->at + from, to - from, MADV_DONTNEED); /* a wish; its failure costs memory only */
}

void spool_release(struct spool *s, const float *array, size_t count)
{
    const char *first = (const char *)array;

    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->piece_count; i++)
        if (first >= s->pieces[i].at && first < s->pieces[i].at + s->pieces[i].bytes)
            piece_release(&s->pieces[i], first, first + count * sizeof *array);
    pthread_mutex_unlock(&s->lock);
}

size_t spool_filed(const struct spool *s)
{
    return s->filed;
}

size_t spool_default(void)
{
    static const size_t others = (size_t)256 << 20;
    size_t all = machine_memory(), least = all / 8, left = all > others + least ? all - others : least;

    return left < all / 2 ? left : all / 2;
}
