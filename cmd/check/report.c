/* Pieces of the reports of cv-check. */
#include "report.h"

#include <math.h>
#include <stdio.h>

void report_cell(int width, int decimals, double value)
{
    if (isnan(value))
        fprintf(stderr, "%*s ", width, "-");
    else
        fprintf(stderr, "%*.*f ", width, decimals, value);
}

void report_line(const char *key, struct meta *m)
{
    struct meta *line = meta_map();

    meta_add(line, key, m);
    meta_json(stderr, line);
    fputc('\n', stderr);
    meta_free(line);
}
