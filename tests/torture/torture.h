/* What the programs that torture others share: files, and what a refusal has to look like. */
#ifndef TESTS_TORTURE_H
#define TESTS_TORTURE_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/stream.h"

__attribute__((unused)) static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Removes all that is in a folder. */
__attribute__((unused)) static void empty(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;

    while (d && (e = readdir(d))) {
        char *inner = mem_format("%s/%s", path, e->d_name);

        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlink(inner) && errno == EISDIR) {
            empty(inner);
            rmdir(inner);
        }
        free(inner);
    }
    if (d)
        closedir(d);
}

struct bytes {
    char *p;
    size_t n;
};

__attribute__((unused)) static struct bytes slurp(const char *path)
{
    struct bytes b = {NULL, 0};
    FILE *f = fopen(path, "rb");
    struct stat s;

    if (!f)
        return b;
    if (fstat(fileno(f), &s) == 0) {
        b.p = mem_alloc((size_t)s.st_size + 1);
        b.n = fread(b.p, 1, (size_t)s.st_size, f);
        b.p[b.n] = '\0';
    }
    fclose(f);
    return b;
}

__attribute__((unused)) static int same_file(const char *a, const char *b)
{
    struct bytes x = slurp(a), y = slurp(b);
    int same = x.p && y.p && x.n == y.n && memcmp(x.p, y.p, x.n) == 0;

    free(x.p);
    free(y.p);
    return same;
}

/* Whether a file reads as a whole stream. */
__attribute__((unused)) static int is_whole(const char *path)
{
    struct reader *r = reader_open(path, NULL);
    const struct frame *f;
    int status = r ? 0 : -1;

    while (status == 0 && (status = reader_next(r, &f)) > 0)
        status = 0;
    reader_free(r);
    return status == 0;
}

/* From least to most lines, each with the name of the program (its command line) before it; lines of epochs, of JSON and
 * of a build for make coverage do not count. */
__attribute__((unused)) static const char *words_wrong(const char *program, const char *path, int least, int most)
{
    struct bytes b = slurp(path);
    size_t name = strcspn(program, " ");
    const char *why = NULL;
    int lines = 0;

    for (char *p = b.p; p && *p && !why;) {
        char *end = strchr(p, '\n');

        if (!strncmp(p, program, name) && p[name] == ':' && end && end - p > 20)
            lines++;
        else if (strncmp(p, "Epoch:", 6) && strncmp(p, "epoch ", 6) && strncmp(p, "LLVM Profile ", 13) && *p != '{')
            why = "says something without its name";
        p = end ? end + 1 : p + strlen(p);
    }
    if (!why && (lines < least || lines > most))
        why = lines ? "says too many lines" : "says nothing";
    free(b.p);
    return why;
}

/* Places in an order that covers all the range early: multiples of a number without common factor, modulo count. */
__attribute__((unused)) static long place(long i, long count)
{
    long step = (long)((double)count * 0.6180339887);

    for (; step > 1; step--) {
        long a = count, b = step, t;

        while (b != 0) {
            t = a % b;
            a = b;
            b = t;
        }
        if (a == 1)
            break;
    }
    return 1 + (long)((unsigned long)i * (unsigned long)(step > 0 ? step : 1) % (unsigned long)count);
}

#endif
