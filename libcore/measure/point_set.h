/* A set of clips as a cloud of points, one for each patch of sound, and the
 * figures that compare two clouds. */
#ifndef MEASURE_POINT_SET_H
#define MEASURE_POINT_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "measure/moments.h"

enum { CLOUD_KEPT = 2048, CLOUD_NEIGHBOURS = 5 };

/* All points of all clips count in the moments; CLOUD_KEPT of them, drawn at
 * random, are kept for the figures that need pairs of points. Memory grows by
 * the moments of a clip (dims^2 doubles) with each. */
struct point_set {
    int dims;
    size_t count;
    struct moments **clips; /* of each clip that has points */
    int64_t *owners;        /* [count] of these */
    struct moments *all;
    float *rows;    /* [kept, dims] */
    int64_t *owner; /* whose the row is */
    size_t kept;
    uint64_t seen;
    struct rng rng;
    float *radius; /* [kept] of point_set_settle: squared, of the ball of each, NaN: it has none; NULL before */
    int *who;      /* [kept] points with the same number are no pair */
    double alike;  /* mean of the kernel over all pairs */
};

/* stream: which of the random streams of the seed is used. */
struct point_set *point_set_new(int dims, uint64_t seed, uint64_t stream);
void point_set_free(struct point_set *c);

/* Adds the points of a clip, rows [count, dims]. Clips of one owner count as
 * one where pairs of a clip are left out. */
void point_set_add(struct point_set *c, const float *rows, int64_t count, int64_t owner);

/* Mean squared distance of two points of a cloud: twice the trace of their
 * covariance. NaN when there are none. */
double point_set_spread(const struct point_set *c);

/* Below, pairs of points within one cloud are pairs of two owners: patches of
 * one clip overlap or repeat. A cloud of one owner uses all pairs. NaN when
 * there are too few points. */

/* Kernel and balls of the points that are there now, for point_set_match. */
void point_set_settle(struct point_set *c, double spread);

struct point_match {
    double mmd, precision, recall;
};

/* Two clouds that are settled, by one spread.
 *     mmd: unbiased estimate of the squared maximum mean discrepancy, kernel
 * exp(-|x - y|^2 / (2 spread)) (Gretton et al. 2012). About 0 for alike clouds.
 *     precision: give each point a ball that reaches to the CLOUD_NEIGHBOURS-th nearest of its
 * own cloud. precision is the share of the points of c that lie in a ball of
 * real (Kynkaanniemi et al. 2019), or, if that is less, whose own ball holds a
 * point of real: in many dimensions a cloud in the middle of another lies in
 * all its balls and is still far from its points (Khayatkhoei and AbdAlmageed
 * 2023). recall is the same of the points of real and the balls of c. */
struct point_match point_set_match(const struct point_set *real, const struct point_set *c, double spread);

/* 95 % interval of the Frechet distance of c from the cloud of real, by
 * drawing as many clips of c with replacement, 200 times: the quantiles of the
 * draws, moved by the distance less their median. NaN for fewer than 3 clips. */
void point_set_interval(const struct point_set *c, const struct point_set *real, uint64_t seed, double *low,
                        double *high);

/* Whether c is as far from real as real clips are, of which 1 says so: the owners of real are halved at random, 50 times;
 * the mean Frechet distance of some clips of c from one half, over that of as many clips of the other half. NaN: real has
 * one owner, or c is empty. */
double point_set_relative(const struct point_set *real, const struct point_set *c, uint64_t seed);

#endif
