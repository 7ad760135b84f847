/* Clips against real ones: how alike the two collections are, between what
 * real clips among themselves and sounds that are no music come to, and
 * whether the clips repeat what is in the collection. */
#ifndef MEASURE_COMPARE_H
#define MEASURE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "measure/forms.h"

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
    double
        fd; /* mel-FD: the Frechet distance of patches in the space of their 48 principal components; NaN: the set is empty */
    double fdl;               /* the same of windows of 2 s, 32 components; NaN, too: 32 or fewer */
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

/* A clip: x [channels, samples] after level_center, and its map by map_make. Clips of one track count as one where
 * pairs of one clip are left out. */
struct compare_clip {
    const float *x; /* of the reference only */
    int64_t channels, samples;
    struct map map;           /* gets released */
    struct compare_near near; /* is set for clips that are looked at */
};

/* rate in Hz, 1000 or more. seed: of noise, random phases, draws. Work is shared out to the pool, which may be NULL. */
struct compare *compare_new(double rate, uint64_t seed, struct pool *pool);
void compare_free(struct compare *c);
double compare_rate(const struct compare *c);

/* First all clips of the reference, count at a time. */
void compare_reference(struct compare *c, struct compare_clip *clips, int count);

/* Settles the space. -1: too little sound, or all alike. */
int compare_fit(struct compare *c);

/* Then clips held out (COMPARE_HELD_OUT), then those to look at (COMPARE_CLIPS): how near each is. */
void compare_clips(struct compare *c, enum compare_set set, struct compare_clip *clips, int count);

/* At the end. */
void compare_figures(struct compare *c, struct compare_figures figures[COMPARE_SETS]);
struct compare_near compare_near_all(const struct compare *c, enum compare_set set); /* CLIPS or HELD_OUT */
struct forms_figures compare_forms(const struct compare *c, enum forms_set set);
double compare_explained(const struct compare *c); /* share of the reference's variance in the space */

#endif
