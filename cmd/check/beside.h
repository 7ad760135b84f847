/* What cv-check says of all clips beside a reference. */
#ifndef CMD_CHECK_BESIDE_H
#define CMD_CHECK_BESIDE_H

#include <stdbool.h>

#include "measure/verdict.h"
#include "measure/compare.h"

/* On standard error, as a table or as the line "comparison" of JSON; held:
 * clips were held out. Returns the figures that fail, to be freed; NULL: none. */
char *beside_report(const struct compare *c, const struct limits *limits, bool held, bool table, bool json);

#endif
