/* Weighted sums of clips in latent space, and what their meta becomes. */
#ifndef MODEL_MIX_H
#define MODEL_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/meta.h"
#include "base/tensor.h"

/* Tensors that are mixed: "z", "mean", "logvar". */
enum { PART_VALUE, PART_MEAN, PART_LOGVAR, PARTS };

/* Angle between two tensors [latent, frames] as vectors, over the frames that
 * both have: 0 to pi; 0 when one of them is zero. */
double mix_angle(const struct tensor *a, const struct tensor *b);

/* Weights of the two ends at t (0 to 1) of the arc of that angle:
 * sin((1 - t) angle) / sin(angle) and sin(t angle) / sin(angle), from Ken
 * Shoemake, "Animating rotation with quaternion curves", 1985. 1 - t and t
 * where there is no arc, or more than one: angles of 0 and of pi. */
void mix_arc(double angle, double t, double weights[2]);

/* A sum in the making, [frames][latent]: sum of w x, or with log the log of
 * sum of w^2 exp(x), the log variance of such a sum of independent draws. */
struct mix_sum {
    int64_t latent, frames, room;
    bool log, pad;
    double power; /* of the weights so far: sum of w^2 */
    double *v;    /* owned */
};

/* Frames: of the result, or of the first tensor when others may be longer or shorter. */
void mix_begin(struct mix_sum *s, int64_t latent, int64_t frames, bool log, bool pad);
void mix_end(struct mix_sum *s);

/* Adds x, [s->latent, any]: frame i with w[i * step], step 0 or 1. With pad x
 * is continued with zeros (and the sum, too, if it is the shorter: for step 0
 * only), without it the longer of both is cut. */
void mix_add(struct mix_sum *s, const struct tensor *x, const double *w, int step);

/* scale x the sum to out [latent, frames]. -1: a value is beyond those of floats. */
int mix_take(const struct mix_sum *s, double scale, float *out);

/* Meta of a mix of count clips of these weights: what is common to all, and
 * samples, seconds, level, tempo, beat and tail as cv-mix(1) says. beats: the frames
 * follow the beat; most: as long as the longest. NULL: one of these is not what
 * it can be, with the reason. */
struct meta *mix_meta(struct meta *const *metas, const double *weights, size_t count, bool beats, bool most);

/* The entries that both have, with the same value, but for those that mix_meta computes. */
struct meta *mix_common(const struct meta *a, const struct meta *b);

#endif
