/* A whole training run: epochs with progress, log and snapshots, ended early
 * by a signal or by a loss that is not finite, and taken up again. */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H

#include "train/options.h"
#include "train/snapshot.h"

struct train_run {
    const struct train_options *options;
    const struct dataset *data;
    const struct dataset *test; /* NULL: none */
    struct snapshot *resume;    /* where to go on; NULL: from the start */
    struct snapshot *from;      /* whose network to start with; NULL: a new one */
};

/* Settings that are not given become those of the snapshot, before data are
 * read. -1: one that is given differs (all of them are named), and not anyway. */
int resume_settings(struct train_options *o, const struct snapshot *s);

/* Opens a model to start from; its state, if it has any, is not used. -1: it is no model of a network that there is. */
int from_open(struct snapshot *s, const char *path);

/* Settings that make the shape of the network become those of that model. -1: one that is given differs. */
int from_settings(struct train_options *o, const struct snapshot *s);

/* Trains and writes the model, see model_save. 0: done, or ended by a first
 * SIGINT, SIGTERM, SIGHUP or SIGUSR1 with the model as it was. -1: no model
 * (the reason is kept), or the model is whole but a log or snapshot could not
 * be written (said at once). */
int train(const struct train_run *run);

/* What is to be alike at all ranks, for team_meet: version, arithmetic, settings, and what else all do together; each:
 * reading. To be released with free(). */
char *train_alike(const struct train_options *o, bool each);

#endif
