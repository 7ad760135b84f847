/* Limits that turn figures into verdicts. */
#include "measure/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/opt.h"

void limits_default(struct limits *l)
{
    for (int i = 0; i < FIGURE_COUNT; i++) {
        l->good[i] = figure_about[i].good;
        l->fair[i] = figure_about[i].fair;
    }
}

/* One side of a range: a number, or nothing for the bound given. */
static int side_read(const char *text, double none, double *out)
{
    if (*text == '\0') {
        *out = none;
        return 0;
    }
    return number_real(text, -1e300, 1e300, out);
}

/* item: "name=lo:hi", taken apart in place */
static int item_read(struct range *ranges, char *item)
{
    char *range = strchr(item, '='), *high = range ? strchr(range, ':') : NULL;
    struct range r;
    bool found = false;

    if (!high)
        return error_set("'%.60s' is not NAME=LO:HI", item);
    *range++ = '\0';
    *high++ = '\0';
    if (side_read(range, -INFINITY, &r.lo) < 0 || side_read(high, INFINITY, &r.hi) < 0)
        return error_prefix("%s", item);
    if (r.lo > r.hi)
        return error_set("%s: %g is over %g", item, r.lo, r.hi);
    for (int i = 0; i < FIGURE_COUNT; i++)
        if (strcmp(item, "all") == 0 || strcmp(item, figure_about[i].name) == 0) {
            ranges[i] = r;
            found = true;
        }
    return found ? 0 : error_set("there is no figure '%.60s'", item);
}

int limits_read(struct range *ranges, const char *list)
{
    char *copy = mem_text(list), *rest = copy, *item;
    int status = 0;

    while (status == 0 && (item = strsep(&rest, ",")) != NULL)
        status = item_read(ranges, item);
    free(copy);
    return status;
}

static enum verdict verdict_on(const struct limits *l, int figure, double value)
{
    if (value < l->fair[figure].lo || value > l->fair[figure].hi)
        return VERDICT_FAIL;
    return value < l->good[figure].lo || value > l->good[figure].hi ? VERDICT_WARN : VERDICT_OK;
}

static void list_add(char **list, const char *name)
{
    char *old = *list;

    *list = mem_format("%s%s%s", old, *old ? ", " : "", name);
    free(old);
}

struct judgement limits_judge(const struct limits *l, const double *value, enum figure from, enum figure to)
{
    struct judgement j = {VERDICT_OK, mem_text(""), mem_text("")};

    for (int i = (int)from; i < (int)to; i++) {
        enum verdict v = verdict_on(l, i, value[i]);

        if (v != VERDICT_OK)
            list_add(v == VERDICT_FAIL ? &j.fails : &j.warns, figure_about[i].name);
        j.verdict = v > j.verdict ? v : j.verdict;
    }
    return j;
}

void judgement_free(struct judgement *j)
{
    free(j->warns);
    free(j->fails);
}

const char *const verdict_words[] = {"ok", "warn", "fail"};

/* A list of the names in "a, b". */
static struct meta *names_meta(const char *list)
{
    struct meta *m = meta_list();
    char *copy = mem_text(list), *rest = copy, *name;

    while ((name = strsep(&rest, ",")) != NULL)
        if (*(name += strspn(name, " ")) != '\0')
            meta_append(m, meta_text(name));
    free(copy);
    return m;
}

void judgement_meta(const struct judgement *j, struct meta *map)
{
    meta_set(map, "verdict", meta_text(verdict_words[j->verdict]));
    meta_set(map, "fails", names_meta(j->fails));
    meta_set(map, "warns", names_meta(j->warns));
}
