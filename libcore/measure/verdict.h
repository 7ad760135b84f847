/* Limits that turn figures into verdicts. */
#ifndef MEASURE_VERDICT_H
#define MEASURE_VERDICT_H

#include "base/meta.h"
#include "measure/figures.h"

struct limits {
    struct range good[FIGURE_COUNT], fair[FIGURE_COUNT]; /* outside: a warning, a failure */
};

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

void limits_default(struct limits *l);

/* Reads "name=lo:hi,name=lo:hi" into ranges [FIGURE_COUNT], in order; either
 * side may be empty for no bound, and the name may be "all". -1: no such
 * figure, not a number, lo over hi. */
int limits_read(struct range *ranges, const char *list);

extern const char *const verdict_words[]; /* "ok", "warn", "fail" */

/* The worst verdict on figures from..to-1. A figure that is NaN is ok: what
 * cannot be told is not judged. Adds to map "verdict", and the lists of names
 * "fails" and "warns". */
enum verdict limits_judge(const struct limits *l, const double *value, enum figure from, enum figure to,
                          struct meta *map);

/* One of these lists as "a, b", to be freed. */
char *verdict_names(const struct meta *map, const char *key);

#endif
