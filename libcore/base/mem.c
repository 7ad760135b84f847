/* Allocation that succeeds or ends the program. */
#include "base/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/diag.h"

/* From this size on arrays start on a huge page, where the system has them:
 * passes over all parameters then miss the TLB far less often. */
enum { HUGE_FROM = 4 << 20, HUGE_PAGE = 2 << 20, LINE = 64 };

/* Any thread may come here while others compute, so libraries are not asked to
 * clean up, as exit() would: they would take away what those threads use. */
static _Noreturn void mem_out(size_t count, size_t size)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;

    while (atomic_flag_test_and_set(&said)) /* another thread was first */
        pause();
    if (count == 0)
        diag_error("out of memory: no room for a few bytes");
    else if (size == 1)
        diag_error("out of memory: %zu bytes wanted", count);
    else
        diag_error("out of memory: %zu x %zu bytes wanted", count, size);
    quick_exit(1);
}

void *mem_alloc(size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);

    if (!p)
        mem_out(bytes ? bytes : 1, 1);
    return p;
}

void *mem_zero(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p)
        mem_out(count, size);
    return p;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(count, size, &bytes))
        mem_out(count, size);
    p = realloc(old, bytes ? bytes : 1);
    if (!p)
        mem_out(count, size);
    return p;
}

void *mem_more(void *old, size_t count, size_t size)
{
    return count & (count - 1) ? old : mem_grow(old, count ? 2 * count : 1, size);
}

char *mem_text(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(mem_alloc(n), text, n);
}

char *mem_realpath(const char *path)
{
    char *real = realpath(path, NULL);

    if (!real && errno == ENOMEM)
        mem_out(0, 1);
    return real;
}

char *mem_format(const char *format, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        mem_out(0, 1);
    return text;
}

/* What open_memstream does, which without memory leaves out what it cannot keep and says nothing. */
struct grown {
    char **text;
    size_t *size;
};

static ssize_t grown_write(void *cookie, const char *bytes, size_t n)
{
    struct grown *g = cookie;

    *g->text = mem_grow(*g->text, *g->size + n + 1, 1);
    memcpy(*g->text + *g->size, bytes, n);
    *g->size += n;
    (*g->text)[*g->size] = '\0';
    return (ssize_t)n;
}

static int grown_close(void *cookie)
{
    free(cookie);
    return 0;
}

FILE *mem_stream(char **text, size_t *size)
{
    struct grown *g = mem_alloc(sizeof *g);
    FILE *f = fopencookie(g, "w", (cookie_io_functions_t){.write = grown_write, .close = grown_close});

    if (!f)
        mem_out(0, 1);
    *g = (struct grown){text, size};
    *text = mem_zero(1, 1);
    *size = 0;
    return f;
}

void *mem_buffer(size_t bytes)
{
    size_t align = bytes >= HUGE_FROM ? HUGE_PAGE : LINE;
    void *p;

    if (posix_memalign(&p, align, bytes ? bytes : LINE) != 0)
        mem_out(bytes, 1);
    if (bytes >= HUGE_FROM)
        madvise(p, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* a wish; its failure changes nothing */
    return p;
}

float *mem_floats(size_t count)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, sizeof(float), &bytes))
        mem_out(count, sizeof(float));
    return memset(mem_buffer(bytes), 0, bytes);
}
