/* Form of clips beside that of a set of real ones: how far texture and key move
 * on, and which of the set's instruments play. */
#ifndef MEASURE_FORM_SPACE_H
#define MEASURE_FORM_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "measure/form.h"

struct form_space;

/* From the forms [count] of the set, of which clips under 8 bars are not used.
 * NULL: there are too few beats. */
struct form_space *form_space_new(const struct form *const *forms, size_t count, uint64_t seed);
void form_space_free(struct form_space *s);

/* The measures from FORM_ALONE on, NaN where the clip is too short:
 *     texN    mean square distance of the textures of bars N bars apart over that of any two of the set. Texture: mean
 *             levels and onsets of 4 beats from each beat on, standardised, in the first 12 principal components
 *     keyN    the same of the mean harmony of 8 beats, N beats apart, over that of two of different clips of the set
 *     instr   entropy, in nats, over 24 clusters (k-means) of the set's bar spectra less their level
 *     switch  share of bars in another cluster than the bar before */
void form_space_measure(const struct form_space *s, const struct form *f, double value[FORM_MEASURES]);

#endif
