/* A grid of beats laid over the onsets of a clip. */
#ifndef DSP_BEAT_H
#define DSP_BEAT_H

#include "dsp/onset.h"

struct beat {
    double period, phase; /* seconds; 0 <= phase < period */
    double rise;          /* mean onset strength on the beats, dB */
    double contrast;      /* by how much that is over the mean of all, in standard deviations */
    double stray;         /* RMS distance of stretches of the clip from the grid, seconds */
};

/* The grid of a period within 1 % of the one given that the onsets fall on best. */
struct beat beat_fit(const struct onset *o, double period);

#endif
