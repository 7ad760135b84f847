/* Streams in memory for unit tests: bytes made by hand or by the writer, and
 * what the reader says about them. */
#ifndef TESTS_BYTES_H
#define TESTS_BYTES_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/stream.h"

struct bytes {
    unsigned char *p;
    size_t n, room;
};

__attribute__((unused)) static void bytes_add(struct bytes *b, const void *p, size_t n)
{
    if (b->n + n > b->room) {
        b->room = 2 * (b->n + n);
        b->p = mem_grow(b->p, b->room, 1);
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

/* A literal without its NUL, which may hold others. */
#define ADD(b, literal) bytes_add(b, literal, sizeof literal - 1)

/* A file in memory that holds the bytes, at its start. */
__attribute__((unused)) static int bytes_fd(const void *p, size_t n)
{
    int fd = memfd_create("bytes", MFD_CLOEXEC);

    assert(fd > 2);
    for (size_t done = 0; done < n;) {
        ssize_t got = write(fd, (const char *)p + done, n - done);

        assert(got > 0);
        done += (size_t)got;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

__attribute__((unused)) static struct bytes bytes_of(int fd)
{
    struct stat st;
    struct bytes b;

    assert(fstat(fd, &st) == 0);
    b.n = b.room = (size_t)st.st_size;
    b.p = mem_alloc(b.n);
    assert(pread(fd, b.p, b.n, 0) == (ssize_t)b.n);
    return b;
}

/* Reads all; the number of frames, or -1 with error_text. *digest may be NULL. */
__attribute__((unused)) static int64_t bytes_read_kinds(const void *p, size_t n, const char *const *kinds,
                                                        uint64_t *digest)
{
    struct reader *r = reader_new(bytes_fd(p, n), "bytes");
    const struct frame *f;
    int64_t frames = 0;
    int status = reader_start(r, kinds);

    while (status == 0 && (status = reader_next(r, &f)) > 0) {
        volatile float sum = 0; /* everything handed out can be read */

        for (size_t i = 0; i < f->count; i++)
            for (int64_t j = 0; j < tensor_count(&f->tensors[i].t); j++)
                sum += f->tensors[i].t.data[j];
        (void)sum;
        frames++;
        status = 0;
    }
    if (digest)
        *digest = reader_digest(r);
    reader_free(r);
    return status < 0 ? -1 : frames;
}

__attribute__((unused)) static int64_t bytes_read(const void *p, size_t n)
{
    return bytes_read_kinds(p, n, NULL, NULL);
}

/* Whether the last error has these words. */
__attribute__((unused)) static int says(const char *words)
{
    return strstr(error_text(), words) != NULL;
}

/* A head as a foreign writer might order and fill it. */
#define FOREIGN_HEAD \
    "\x84\xa4kind\xa5" \
    "audio\xa4more\x92\x01\xd5\x05" \
    "ab\xa7version\x01\xa2" \
    "cv\xa4head"

/* As the writer makes it: frames "clip-0", "clip-1" and so on, each with the
 * values number, 2, 3. */
__attribute__((unused)) static struct bytes bytes_stream(const char *kind, int frames, double rate)
{
    float x[3] = {1, 2, 3};
    struct frame_tensor t = {"audio", tensor_view(x, 2, (int64_t[]){1, 3})};
    struct meta *meta = meta_map();
    int fd = bytes_fd("", 0);
    struct writer *w;
    struct bytes b;

    meta_set(meta, "rate", meta_real(rate));
    w = writer_new(fd, "bytes", kind, meta);
    for (int i = 0; i < frames; i++) {
        char name[24];

        snprintf(name, sizeof name, "clip-%d", i);
        x[0] = (float)i;
        writer_put(w, name, NULL, &t, 1);
    }
    writer_end(w);
    b = bytes_of(fd);
    close(fd);
    meta_free(meta);
    return b;
}

#endif
