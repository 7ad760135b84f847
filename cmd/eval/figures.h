/* Figures of clips, one by one and under two models. */
#ifndef EVAL_FIGURES_H
#define EVAL_FIGURES_H

#include <stdbool.h>
#include <stdio.h>

#include "model/eval.h"

/* A line for each clip, in their order: of fields between tabs, below a line of names; or an object of JSON. */
void each_print(FILE *out, const struct eval *e, bool json);

/* Two models, e [2], on the same clips: a table, or one object of JSON. */
void pair_print(FILE *out, const struct eval *e, const char *const *models, uint64_t seed, bool json);

#endif
