/* Clips against real ones: how alike the two collections are, between what
 * real clips among themselves and sounds that are no music come to, and
 * whether the clips repeat what is in the collection. */
#ifndef MEASURE_COMPARE_H
#define MEASURE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compare;

enum compare_set {
    COMPARE_CLIPS,    /* what is looked at, against the reference */
    COMPARE_HELD_OUT, /* other real clips against the reference */
    COMPARE_HALVES,   /* floor: tracks of the reference, sorted by name, every other one against the rest */
    COMPARE_PHASE,    /* ceiling: up to 40 reference clips with random phases */
    COMPARE_NOISE,    /* ceiling: as many clips of white noise */
    COMPARE_SETS
};

struct compare_figures {
    double fd;                /* mel-FD (measure/melfd.h); NaN: the set is empty */
    double fdl;               /* the same of windows of 2 s (measure/phrase.h); NaN, too: 32 or fewer */
    double low, high;         /* of fd, its 95 % interval, for COMPARE_CLIPS (measure/point_set.h); NaN: none */
    double mmd;               /* squared maximum mean discrepancy */
    double precision, recall; /* share of its patches that are like real ones, and the reverse */
    int64_t clips, patches;
};

/* How near the windows of 2 s of clips are to the reference's, measure/copies.h. */
struct compare_near {
    int64_t windows;
    double median; /* dB; NaN: no windows */
    double copied; /* share nearer than the 1st percentile of held-out ones; NaN: none were given */
};

/* rate in Hz, 1000 or more. seed: of noise, random phases, draws. */
struct compare *compare_new(double rate, uint64_t seed);
void compare_free(struct compare *c);
double compare_rate(const struct compare *c);

/* First all clips of the reference; clips of one track count as one where
 * pairs of one clip are left out. x [channels, samples], after level_center. */
void compare_reference(struct compare *c, const char *track, const float *x, int64_t channels, int64_t samples);

/* Settles the space. -1: too little sound, or all alike. */
int compare_fit(struct compare *c);

/* Then clips held out, then those to look at: how near each is. */
void compare_held_out(struct compare *c, const char *track, const float *x, int64_t channels, int64_t samples);
struct compare_near compare_clip(struct compare *c, const char *track, const float *x, int64_t channels,
                                 int64_t samples);

/* At the end. */
struct compare_figures compare_figures(const struct compare *c, enum compare_set set);
struct compare_near compare_near_all(const struct compare *c, enum compare_set set); /* CLIPS or HELD_OUT */
double compare_explained(const struct compare *c); /* share of the reference's variance in the space */

#endif
