/* Reports: rows of tables, and JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
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

static void list_said(struct meta *item, const char *want)
{
    struct meta *list = meta_list();
    FILE *out = tmpfile();

    for (int i = 0; i < 4; i++)
        meta_append(list, meta_int(i));
    meta_append(list, item);
    report_value(out, list);
    said(out, want);
    meta_free(list);
}

static ssize_t counts(void *calls, const char *text, size_t n)
{
    (void)text;
    ++*(int *)calls;
    return (ssize_t)n;
}

/* As standard error is. */
static void one_write(void)
{
    int calls = 0;
    FILE *out = fopencookie(&calls, "w", (cookie_io_functions_t){.write = counts});

    setvbuf(out, NULL, _IONBF, 0);
    report_json(out, "row", row());
    fclose(out);
    check(calls == 1, "a line of JSON is there or it is not: %d writes", calls);
}

int main(void)
{
    tables();
    one_write();
    list_said(meta_real(.5), "0 ... 0.5 (5 values)");
    list_said(meta_int(-1), "0 ... -1 (5 values)");
    list_said(meta_text("a"), "[0,1,2,3,\"a\"]");
    return check_done();
}
