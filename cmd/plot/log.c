/* Reads JSON Lines with an epoch and its figures each. */
#include "log.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/meta.h"
#include "base/mem.h"

enum { LINE_MOST = 1 << 16, POINTS_MOST = 1 << 22 };

static const double largest = 1e37; /* what a training in floats can come to; beyond, no axis is of use */

/* 1: a point was read, 0: an empty line, -1: something else. */
static int line_read(const char *line, struct log_point *p)
{
    static const char *const keys[LOG_FIGURES] = {
        [LOG_EPOCH] = "epoch",
        [LOG_LOSS] = "loss",
        [LOG_TEST_LOSS] = "test_loss",
        [LOG_DISTANCE] = "distance",
        [LOG_TEST_DISTANCE] = "test_distance",
        [LOG_KL] = "kl",
        [LOG_TEST_KL] = "test_kl",
        [LOG_ELBO] = "elbo",
        [LOG_TEST_ELBO] = "test_elbo",
        [LOG_RATE] = "learning_rate",
        [LOG_BETA] = "beta",
    };
    struct meta *m;

    if (line[strspn(line, " \t\r\n")] == '\0')
        return 0;
    m = json_read(line);
    for (int i = 0; i < LOG_FIGURES; i++) {
        double x;

        p->value[i] = meta_get_real(m, keys[i], &x) && fabs(x) <= largest ? x : NAN;
    }
    meta_free(m);
    return isfinite(p->value[LOG_EPOCH]) ? 1 : -1;
}

static int set_wrong(const char *path, long number, const char *line)
{
    if (number == 1 && ((unsigned char)line[0] & 0xF0) == 0x80) /* a map, as MessagePack has them */
        return error_set("%s: is a stream, not a log: cv-plot reads streams from standard input,"
                         " as in 'cv-plot < FILE'",
                         path);
    return error_set("%s: line %ld is not what cv-train --log writes: a JSON object with an epoch", path, number);
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

int log_read(const char *path, struct log *log)
{
    bool input = strcmp(path, "-") == 0;
    const char *shown = input ? "standard input" : path;
    FILE *f = input ? stdin : fopen(path, "re");
    char *line;
    int result;

    *log = (struct log){0};
    if (f == NULL)
        return error_set("%s:", path);
    line = mem_alloc(LINE_MOST);
    result = lines_read(f, shown, line, log);
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
