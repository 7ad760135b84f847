/* A grid of beats laid over the onsets of a clip. */
#ifndef DSP_BEAT_H
#define DSP_BEAT_H

#include <stdbool.h>

#include "dsp/onset.h"

#define BEAT_SHORTEST 0.25 /* seconds: 240 a minute */
#define BEAT_LONGEST 1.05  /* 57 a minute */

struct beat {
    double period, phase; /* seconds; 0 <= phase < period */
};

/* The grid of a period within 1 % of the one given that the onsets fall on best. */
struct beat beat_fit(const struct onset *o, double period);

/* Whether the grid predicts the onsets: those of each 16th of the clip from what stood at their places in the beat in
 * the rest of it, with a smaller squared error than from the mean of the rest; a 16th where it is larger counts
 * threefold. It does not matter where the beat begins. */
bool beat_heard(const struct onset *o, double period);
/* ... and does so better than a grid of any tempo that is no simple ratio of it. A tempo that wavers is not steady, nor
 * is what repeats now and then. */
bool beat_steady(const struct onset *o, double period);

#endif
