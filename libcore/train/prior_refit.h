/* A new prior for a trained network. */
#ifndef TRAIN_PRIOR_REFIT_H
#define TRAIN_PRIOR_REFIT_H

#include "train/dataset.h"

/* Fits the prior of the spectral model in that file to data, with a bank of up
 * to bank latent frames (negative: the default), and writes the model with it,
 * see model_save. -1: not such a model, or not for such clips. */
int prior_refit(const char *model, const struct dataset *data, int64_t bank, uint64_t seed, int threads,
                const char *output);

#endif
