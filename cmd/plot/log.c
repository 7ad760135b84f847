/* Reads JSON Lines with an epoch and its figures each, or the lists of them that the head of a model has. */
#include "log.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/meta.h"
#include "base/mem.h"
#include "io/stream.h"

enum { LINE_MOST = 1 << 16, POINTS_MOST = 1 << 22 };

static const double largest = 1e37; /* what a training in floats can come to; beyond, no axis is of use */

/* In a line; in a head, NULL where it has no list. */
static const struct {
    const char *line, *head;
} keys[LOG_FIGURES] = {
    [LOG_EPOCH] = {"epoch", NULL},
    [LOG_LOSS] = {"loss", "losses"},
    [LOG_TEST_LOSS] = {"test_loss", "test_losses"},
    [LOG_DISTANCE] = {"distance", "distances"},
    [LOG_TEST_DISTANCE] = {"test_distance", "test_distances"},
    [LOG_KL] = {"kl", "kls"},
    [LOG_TEST_KL] = {"test_kl", "test_kls"},
    [LOG_ELBO] = {"elbo", "elbos"},
    [LOG_TEST_ELBO] = {"test_elbo", "test_elbos"},
    [LOG_RATE] = {"learning_rate", NULL},
    [LOG_BETA] = {"beta", NULL},
};

/* 1: a point was read, 0: an empty line, -1: something else. */
static int line_read(const char *line, struct log_point *p)
{
    struct meta *m;

    if (line[strspn(line, " \t\r\n")] == '\0')
        return 0;
    m = json_read(line);
    for (int i = 0; i < LOG_FIGURES; i++) {
        double x;

        p->value[i] = meta_get_real(m, keys[i].line, &x) && fabs(x) <= largest ? x : NAN;
    }
    meta_free(m);
    return isfinite(p->value[LOG_EPOCH]) ? 1 : -1;
}

/* As MessagePack has them. */
static bool is_map(int byte)
{
    return (byte & 0xF0) == 0x80;
}

static int set_wrong(const char *path, long number, const char *line)
{
    if (number == 1 && is_map((unsigned char)line[0]))
        return error_set("%s: is a stream, not a log: cv-plot reads streams from standard input,"
                         " as in 'cv-plot < FILE'",
                         path);
    return error_set("%s: line %ld is not what cv-train --log writes: a JSON object with an epoch%s", path, number,
                     number == 1 ? "; what is no log goes in as in 'cv-load FILE | cv-plot'" : "");
}

static int lines_read(FILE *f, const char *path, char *line, struct log *log)
{

    for (long number = 1; fgets(line, LINE_MOST, f) != NULL; number++) {
        struct log_point p;
        bool whole = strchr(line, '\n') != NULL;
        int got = line_read(line, &p);

        if (!whole && !feof(f)) /* too long, or with a NUL in it */
            got = -1;
        else if (got < 0 && !whole && log->count > 0)
            break;
        if (got < 0 || log->count == POINTS_MOST)
            return set_wrong(path, number, line);
        if (got == 0)
            continue;
        log->points = mem_more(log->points, log->count, sizeof *log->points);
        log->points[log->count++] = p;
    }
    if (ferror(f))
        return error_set("%s:", path);
    if (log->count == 0)
        return error_set("%s: holds no epoch: has the training written one yet?", path);
    return 0;
}

/* The curves in the head of a model. */
static int head_read(const char *path, const struct meta *head, struct log *log)
{
    for (int f = 0; f < LOG_FIGURES; f++) {
        const struct meta *list = keys[f].head != NULL ? meta_get(head, keys[f].head) : NULL;

        for (size_t i = 0; list != NULL && i < list->count && list->kind == META_LIST; i++) {
            const struct meta *x = list->items[i];

            if (i == log->count) {
                log->points = mem_more(log->points, log->count++, sizeof *log->points);
                for (int k = 0; k < LOG_FIGURES; k++)
                    log->points[i].value[k] = k == LOG_EPOCH ? (double)i + 1 : NAN;
            }
            if (x->kind == META_REAL || x->kind == META_INT)
                log->points[i].value[f] = x->kind == META_REAL ? x->real : (double)x->integer;
            if (!(fabs(log->points[i].value[f]) <= largest))
                log->points[i].value[f] = NAN;
        }
    }
    return log->count > 0 ? 0 : -error_set("%s: the model was trained for no epoch, it has no curves", path);
}

/* The same, of the model that the file is. */
static int model_read(FILE *f, const char *path, struct log *log)
{
    struct reader *r = reader_new(fcntl(fileno(f), F_DUPFD_CLOEXEC, 3), path);
    int result = reader_start(r, NULL);

    if (result == 0)
        result =
            strcmp(reader_kind(r), "model") != 0 ? set_wrong(path, 1, "\x80") : head_read(path, reader_meta(r), log);
    reader_free(r);
    return result;
}

int log_read(const char *path, struct log *log)
{
    bool input = strcmp(path, "-") == 0;
    const char *shown = input ? "standard input" : path;
    FILE *f = input ? stdin : fopen(path, "re");
    char *line, first;
    int result;

    *log = (struct log){0};
    if (f == NULL)
        return error_set("%s:", path);
    line = mem_alloc(LINE_MOST);
    result = !input && fd_peek(fileno(f), &first, 1) == 1 && is_map(first) ? model_read(f, path, log)
                                                                           : lines_read(f, shown, line, log);
    free(line);
    if (!input)
        fclose(f);
    if (result != 0)
        log_release(log);
    return result;
}

void log_release(struct log *log)
{
    free(log->points);
    *log = (struct log){0};
}
