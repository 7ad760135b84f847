/* Pieces of the reports of cv-check, on standard error. */
#ifndef CMD_CHECK_REPORT_H
#define CMD_CHECK_REPORT_H

#include "base/meta.h"

/* A value in a column of a table; - for NaN. */
void report_cell(int width, int decimals, double value);

/* One line {key: m} of JSON; m is freed. */
void report_line(const char *key, struct meta *m);

#endif
