/* New clips beside recordings, in a page. */
#ifndef REPORT_NEARNESS_H
#define REPORT_NEARNESS_H

#include <stdio.h>

#include "model/eval.h"
#include "streams.h"

/* Whether new clips are as far from recordings as other recordings are. e: of the held-out clips. Ends the program when
 * clips cannot be made. */
void nearness(FILE *page, const struct report *how, const struct eval *e);

#endif
