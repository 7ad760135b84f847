/* Figures of the model in a page. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdio.h>

#include "model/eval.h"
#include "model/file.h"

/* What its head says that it was trained on. */
void figures_training(FILE *page, const struct model *m);

/* How far it is from held-out clips, between floor and ceiling. */
void figures_distances(FILE *page, const struct eval *e);

#endif
