/* Reports: rows of tables, JSON, and progress on terminals only. */
#include <math.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "base/diag.h"
#include "base/report.h"

static const struct report_column columns[] = {
    {NULL, "name", "", -6, 0},     {"level", "level", "dB", 7, 2}, {"hidden", "hidden", "s", 0, 2},
    {"shape", "shape", "", -8, 0}, {"n", "n", "", 3, 0},           {"mean", "mean", "", 9, -3},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

/* What was written to out since it was made, to be freed. */
static char *written(FILE *out)
{
    char *text = calloc(1, 4000);

    fflush(out);
    rewind(out);
    check(fread(text, 1, 3999, out) > 0, "there is a report");
    fclose(out);
    return text;
}

static void said(FILE *out, const char *want)
{
    char *text = written(out);

    check(strcmp(text, want) == 0, "'%s' is '%s'", text, want);
    free(text);
}

static struct meta *row(void)
{
    struct meta *m = meta_map(), *shape = meta_list();

    meta_append(shape, meta_int(1));
    meta_append(shape, meta_int(300));
    meta_add(m, "shape", shape);
    meta_add(m, "level", meta_real(-1.255));
    meta_add(m, "hidden", meta_real(3));
    meta_add(m, "n", meta_int(42));
    meta_add(m, "mean", meta_real(123456));
    return m;
}

static void tables(void)
{
    FILE *out = tmpfile();
    struct meta *m = row();

    report_head(out, columns, COLUMNS);
    report_row(out, columns, COLUMNS, m, "a\nb");
    meta_set(m, "level", meta_real(NAN));
    putc('\n', out);
    meta_set(m, "mean", meta_nil());
    report_row(out, columns, COLUMNS, m, "a");
    putc('\n', out);
    report_row(out, columns, COLUMNS, NULL, "none");
    said(out, "name     level shape      n      mean\n"
              "            dB                       \n"
              "a\\nb     -1.25 [1, 300]  42  1.23e+05\n"
              "a            - [1, 300]  42         -\n"
              "none                                 ");
    out = tmpfile();
    report_json(out, "row", m);
    report_json(out, NULL, meta_list());
    said(out, "{\"row\":{\"shape\":[1,300],\"level\":null,\"hidden\":3,\"n\":42,\"mean\":null}}\n[]\n");
}

/* What report_progress writes to fd as standard error, to text [size]. from: reads what was written. */
static void progress(int fd, int from, char *text, size_t size)
{
    int kept = dup(STDERR_FILENO);
    ssize_t n;

    memset(text, 0, size);
    dup2(fd, STDERR_FILENO);
    report_progress("clips", 0, 1000000000);
    usleep(1000);
    report_progress("clips", 1, 1000000000);
    report_progress("clips", 2, 1000000000); /* too soon to be shown */
    report_progress("clips", 1000000000, 1000000000);
    dup2(kept, STDERR_FILENO);
    close(kept);
    n = read(from, text, size - 1);
    check(n < (ssize_t)size - 1, "progress is short");
}

static void terminals(void)
{
    int ends[2], terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), slave;
    char text[400];

    check(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0, "a terminal");
    slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    progress(slave, terminal, text, sizeof text);
    check(strstr(text, "1 of 1000000000 clips, ") && strstr(text, " s left"), "a terminal is told: %s", text);
    check(!strstr(text, "2 of"), "not all the time");
    check(strlen(text) > 4 && strcmp(text + strlen(text) - 4, "\r\033[K") == 0, "and the line goes");
    diag_set_quiet(true);
    progress(slave, terminal, text, sizeof text);
    check(*text == '\0', "quiet: %s", text);
    diag_set_quiet(false);
    check(pipe2(ends, O_NONBLOCK) == 0, "a pipe");
    progress(ends[1], ends[0], text, sizeof text);
    check(*text == '\0', "a pipe is not told: %s", text);
}

int main(void)
{
    tables();
    terminals();
    return check_done();
}
