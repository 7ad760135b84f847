/* A whole training run: epochs with progress, log and snapshots, ended early
 * by a signal or by a loss that is not finite, and taken up again. */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H

#include "train/snapshot.h"
#include "train/trainer.h"

struct train_run {
    struct train_config config;
    double minutes;   /* > 0: train for so long instead of config.epochs */
    int64_t patience; /* > 0: end after so many epochs without a better test figure, keep the best model */
    int threads;      /* 0: one per processor */
    const struct dataset *data;
    const struct dataset *test; /* NULL: none */
    const char *log;            /* JSON Lines, one object an epoch; NULL: none */
    const char *snapshots;      /* folder for a model per epoch; NULL: none */
    double snapshot_every;      /* > 0: and one after so many seconds */
    int64_t keep;            /* how many snapshots, the last ones; 0: those of all epochs, and the last of the others */
    struct snapshot *resume; /* where to go on; NULL: from the start */
    bool resume_anyway;      /* also when data or settings are not those of the snapshot */
};

/* Trains and writes the model to fd. 0: done, or ended by a first SIGINT or
 * SIGTERM with the model as it was. -1: no model (the reason is kept), or the
 * model is whole but a log or snapshot could not be written (said at once). */
int train(const struct train_run *run, int fd, const char *label);

#endif
