/* Form of clips beside that of real ones: measures of each, whether a classifier
 * tells them apart by these, and how long they follow one clip of the reference. */
#ifndef MEASURE_FORMS_H
#define MEASURE_FORMS_H

#include "base/pool.h"
#include "measure/melmap.h"

enum forms_set {
    FORMS_CLIPS,
    FORMS_HELD_OUT,
    FORMS_HALVES, /* of the reference, struct map.half: the one against the other */
    FORMS_SETS
};

/* Of a clip. */
struct form_row {
    double value[FORM_MEASURES];
    double passage; /* bars, measure/passage.h; NaN: not known */
};

/* Of a set, from its clips of 8 bars and more. NaN: of none, too few. */
struct forms_figures {
    int64_t clips;
    double mean[FORM_MEASURES];
    double passage, passage_most; /* median and most */
    /* Of a classifier (measure/tell_apart.h) by the measures of up to 8 beats, and by all: clips against held-out ones,
     * where these are TELL_ROWS_LEAST or more, else against the reference; held-out ones against the reference. */
    double auc_local, auc_form;
};

struct forms;

/* With the maps of the reference, which are kept elsewhere. */
struct forms *forms_new(const struct maps *reference, uint64_t seed, struct pool *pool);
void forms_free(struct forms *f);

/* Looks at a clip; several threads may. */
struct form_row forms_look(const struct forms *f, const struct form *form);
void forms_add(struct forms *f, enum forms_set set, const struct form_row *row);

struct forms_figures forms_figures(const struct forms *f, enum forms_set set);

#endif
