/* Fitting the prior to the clips that a network was trained on. */
#ifndef TRAIN_PRIOR_LEARN_H
#define TRAIN_PRIOR_LEARN_H

#include "train/spectral_data.h"
#include "model/chunks.h"
#include "model/prior.h"

/* What the prior is fitted to: all clips, or those with a steady beat where
 * frames follow it and some have one. */
struct prior_plan {
    struct prior_shape shape;
    size_t *order;        /* [usable] clips, in a random order; those of the bank come first */
    size_t usable, count; /* clips that it can be fitted to, of so many */
    size_t fresh;         /* of the usable: those of the dataset */
};

/* A bank of up to most latent frames, in whole clips: of count clips and of kept ones after them, which take turns so that
 * each has half of it, or what the other leaves. The seed is used by streams of their own, 4 and 5 times 2^60 on. */
struct prior_plan prior_plan(const struct spectral *s, const struct spectral_input *f,
                             const struct spectral_clip *clips, size_t count, size_t kept, int64_t most, uint64_t seed);
void prior_plan_free(struct prior_plan *plan);

/* Notes in a model's head what frames follow, tempos, and the prior's sizes. */
void prior_plan_describe(const struct prior_plan *plan, const struct spectral_input *f,
                         const struct spectral_clip *clips, struct meta *head);

/* Sets the prior's statistics from draws of the posterior, seeded, and the
 * bank from its means; of the clips of all ranks, of which this one has those with levels. -1: latents are not finite. */
int prior_learn(const struct prior_plan *plan, const struct chunks *p, const struct spectral_clip *clips,
                struct spool *spool, uint64_t seed);

#endif
