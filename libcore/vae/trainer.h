/* Training a VAE step by step: batches, noise, losses, the optimizer. */
#ifndef VAE_TRAINER_H
#define VAE_TRAINER_H

#include <stdint.h>

#include "base/meta.h"
#include "base/pool.h"
#include "vae/dataset.h"

struct train_config {
    int latent;              /* size of the latent */
    int batch;               /* clips per step */
    int buffer;              /* shuffle buffer in clips, 0: all of them */
    uint64_t seed;
    double rate;             /* learning rate */
};

struct trainer;

/* A network for clips like those of data, with fresh parameters. data and
 * pool must outlive it. NULL: the network cannot be built for such clips. */
struct trainer *trainer_new(const struct train_config *config, const struct dataset *data, struct pool *pool);
void trainer_free(struct trainer *t);

/* Cuts the data into this epoch's batches (a pure function of seed and epoch);
 * returns how many steps the epoch has. */
int trainer_begin_epoch(struct trainer *t, int64_t epoch);

struct step_result {
    double loss;             /* what is minimised: loss_KL + reconstruction */
    double elbo;             /* one-draw estimate, nats per clip */
    int clips;
};

/* One step on batch number step of the epoch. -1: the loss is not finite; the
 * reason names the clips, and the parameters are unchanged. */
int trainer_step(struct trainer *t, int step, struct step_result *result);

/* Mean ELBO over the batches of test, drawn with noise of that epoch. */
double trainer_test(struct trainer *t, const struct dataset *test, int64_t epoch);

const struct params *trainer_params(const struct trainer *t);
int64_t trainer_steps(const struct trainer *t);      /* steps done since the start */

#endif
