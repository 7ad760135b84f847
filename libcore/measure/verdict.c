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

const char *const verdict_words[] = {"ok", "warn", "fail"};

enum verdict limits_judge(const struct limits *l, const double *value, enum figure from, enum figure to,
                          struct meta *map)
{
    struct meta *fails = meta_list(), *warns = meta_list();
    enum verdict worst = VERDICT_OK;

    for (int i = (int)from; i < (int)to; i++) {
        enum verdict v = verdict_on(l, i, value[i]);

        if (v != VERDICT_OK)
            meta_append(v == VERDICT_FAIL ? fails : warns, meta_text(figure_about[i].name));
        worst = v > worst ? v : worst;
    }
    meta_add(map, "verdict", meta_text(verdict_words[worst]));
    meta_add(map, "fails", fails);
    meta_add(map, "warns", warns);
    return worst;
}

char *verdict_names(const struct meta *map, const char *key)
{
    const struct meta *list = meta_get(map, key);
    char *names = mem_text("");

    for (size_t i = 0; i < list->count; i++) {
        char *longer = mem_format("%s%s%s", names, i > 0 ? ", " : "", list->items[i]->text);

        free(names);
        names = longer;
    }
    return names;
}
