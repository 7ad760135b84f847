/* Clips against real ones: how alike the two collections are, between what
 * real clips among themselves and sounds that are no music come to, and
 * whether the clips repeat what is in the collection. */
#ifndef MEASURE_COMPARE_H
#define MEASURE_COMPARE_H

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

/* A clip on its way into a set. Clips of one track count as one where pairs of one clip are left out. */
struct compare_clip {
    const float *x;                    /* [channels, samples] after level_center; of the reference only */
    int64_t channels, samples, number; /* of those before it */
    struct map map;                    /* by map_make; is taken */
    struct compare_near near;          /* is told of clips that are looked at */
    /* between look and take: */
    struct map phase, noise; /* of the first clips of a reference */
    struct compare_rows {
        float *x; /* [count, dims] */
        int64_t count;
    } patches, windows; /* of other clips, in their spaces */
    double *distance;   /* [distances] from the nearest windows of the reference */
    size_t distances;
    struct form_row form;
};

/* rate in Hz, 1000 or more. seed: of noise, random phases, draws. Work is shared out to the pool, which may be NULL. */
struct compare *compare_new(double rate, uint64_t seed, struct pool *pool);
void compare_free(struct compare *c);
double compare_rate(const struct compare *c);

/* A clip of the reference (COMPARE_HALVES), of those held out, to look at (COMPARE_CLIPS): first what it needs by itself,
 * which several threads may look at, each of them another worker of the pool, then all clips of a set one after the other. */
void compare_look(const struct compare *c, enum compare_set set, struct compare_clip *clip, int worker);
void compare_take(struct compare *c, enum compare_set set, struct compare_clip *clip);

/* Settles the space when all of the reference is taken, before other clips are looked at; those held out come first. -1:
 * too little sound, or all alike. */
int compare_fit(struct compare *c);

/* At the end. */
void compare_figures(struct compare *c, struct compare_figures figures[COMPARE_SETS]);
double compare_relative(const struct compare *c, enum compare_set set); /* mel-FD, point_set_relative; not of HALVES */
struct compare_near compare_near_all(const struct compare *c, enum compare_set set); /* CLIPS or HELD_OUT */
struct forms_figures compare_forms(const struct compare *c, enum forms_set set);
double compare_explained(const struct compare *c); /* share of the reference's variance in the space */

#endif
