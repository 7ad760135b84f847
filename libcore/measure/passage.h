/* How long a clip follows one clip of a set: a bar like one of its bars proves
 * nothing, bars that stay beside its bars do. */
#ifndef MEASURE_PASSAGE_H
#define MEASURE_PASSAGE_H

#include <stddef.h>

#include "measure/form.h"

/* The longest passage of f that follows one of the forms [count], in bars: bars
 * from successive beats on, each as near as .25 dB to its nearest one of all
 * forms in one place of one of them, a beat after the last. A bar is the sound
 * of 4 beats, distances are root mean squares in dB. Tempo does not matter, and
 * where a form repeats itself either place will do. A bar always has a nearest
 * one: 1 is the least. NaN: f is under a bar, or there is none to follow. */
double passage_longest(const struct form *f, const struct form *const *forms, size_t count);

#endif
