/* Form of a clip: what returns in it and how it moves on, beat by beat. A bar
 * is four beats, whatever the metre: of three, measures of bars say little. */
#ifndef MEASURE_FORM_H
#define MEASURE_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/chroma.h"
#include "dsp/tempo.h"

enum { FORM_BAR = 4, FORM_BANDS = 40, FORM_SOUND = FORM_BAR * FORM_BANDS, FORM_BEATS_MOST = 2048 };
/* The beat of a clip that has none, seconds. */
#define FORM_NOMINAL 0.5

/* Measures, and those of them that a set of clips is needed for (measure/form_space.h). */
enum form_measure {
    FORM_BAR1_M,
    FORM_BAR2_M,
    FORM_BAR4_M,
    FORM_BAR8_M,
    FORM_RETURN_M,
    FORM_BAR1_H,
    FORM_BAR2_H,
    FORM_BAR4_H,
    FORM_BAR8_H,
    FORM_RETURN_H,
    FORM_TOLD, /* those before stand alone; those after serve to tell clips apart */
    FORM_STEP = FORM_TOLD,
    FORM_STEP95,
    FORM_LEVEL1,
    FORM_DENS1,
    FORM_DENS4,
    FORM_EDGE,
    FORM_ALONE,
    FORM_TEX1 = FORM_ALONE,
    FORM_TEX2,
    FORM_TEX4,
    FORM_TEX8,
    FORM_KEY8,
    FORM_KEY16,
    FORM_KEY32,
    FORM_INSTR,
    FORM_SWITCH,
    FORM_MEASURES
};

/* A clip by its beats. */
struct form {
    int beats;
    float *sound;   /* [beats, FORM_SOUND] levels of a mel map up to 1500 Hz in the quarters of each beat, dB */
    float *onset;   /* [beats, FORM_BAR] how much they rise from frame to frame, at most, in each quarter, dB */
    float *harmony; /* [beats, CHROMA] dsp/chroma.h */
    float *squares; /* [beats] of the sound, for pairs_squared; NULL: not known */
};

struct form_meter;

/* Plans for a sample rate of 1000 Hz or more, for one thread. */
struct form_meter *form_meter_new(double rate);
void form_meter_free(struct form_meter *m);

/* The beats of x [channels, samples] that lie whole in it, FORM_BEATS_MOST at most, halved or doubled as tempo_fold has
 * them. low [frames, FORM_BANDS]: its mel map, hop seconds between frames. */
struct form form_of(struct form_meter *m, const float *x, int64_t channels, int64_t samples, const struct tempo *beat,
                    const float *low, int64_t frames, double hop);
void form_free(struct form *f);

/* Measures that need no other clips, NaN where the clip is too short. _m: of
 * the sound of beats, _h: of their harmony, each less its mean over the clip,
 * compared by their cosine. With s(l) its mean over all beats l apart:
 *     barN    s(4 N) less the mean of s at 4 N - 2, - 1, + 1, + 2
 *     return  the largest mean over 16 beats in a row of those l apart, any l from 16 on
 * and of neighbouring beats: step, step95 mean and 95th percentile of the root
 * mean square difference of their mean spectra, dB; level1, dens1, dens4 mean
 * change of level and of onsets, one and four beats on; edge: change of the
 * spectrum over the line between beats over that within them. */
void form_measure(const struct form *f, double value[FORM_ALONE]);

/* Mean over count rows from row i on: out [n - count + 1, dims] from x [n, dims]. */
void form_window(const float *x, int n, int dims, int count, float *out);

/* Mean square difference of rows lag apart, summed over dims; NaN where there are no more than 4 of them. */
double form_distance(const float *x, int n, int dims, int lag);

#endif
