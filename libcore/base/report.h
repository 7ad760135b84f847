/* Reports: figures as maps (base/meta.h), printed as JSON as they are or, by a
 * list of columns, as the rows of a table. So a figure is named once. */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "base/meta.h"

struct report_column {
    const char *key;  /* of the figure in its map; NULL: the name of the row */
    const char *head; /* what stands over it */
    const char *unit; /* in a second line; NULL in all columns: there is none */
    int width;        /* under 0: from the left; 0: the figure is in JSON only */
    int decimals;     /* of reals; under 0: as many digits in all, as %g has them */
};

void report_head(FILE *out, const struct report_column *columns, size_t count);

/* One row, without an end of line. A real that is not a number is a dash, a
 * figure that the map does not have is left blank, lists are in brackets, from the left. */
void report_row(FILE *out, const struct report_column *columns, size_t count, const struct meta *row, const char *name);

/* text with its control characters made visible, in width columns at least. */
void report_text(FILE *out, int width, const char *text);

/* A list of more than four numbers by its ends, text as it is, anything else as JSON. */
void report_value(FILE *out, const struct meta *m);

/* One line of JSON: m, or {key: m} where key is not NULL. m is released. */
void report_json(FILE *out, const char *key, struct meta *m);

#endif
