/* Snapshots as files: models with what it takes to go on training, found and
 * opened. See cv-model(5). */
#ifndef TRAIN_SNAPSHOT_H
#define TRAIN_SNAPSHOT_H

#include <stdint.h>

#include "model/file.h"

struct snapshot {
    char *path;
    struct model model;
    const struct meta *state; /* of the run, in the head of the model */
    struct reader *reader;    /* stands before the first parameter */
};

/* Opens a snapshot, or the one written last of a folder of them. -1: there is
 * none, or it is a model without the state of a run. */
int snapshot_open(struct snapshot *s, const char *path);
void snapshot_close(struct snapshot *s);

/* The name of a snapshot in its folder, after so many epochs and so many steps
 * of the next one; to be released with free(). */
char *snapshot_name(const char *folder, int64_t epochs, int64_t steps);

/* Removes from the folder what is older than the snapshot of that name: all
 * but keep in all, or if keep is 0 those in the middle of an epoch. */
void snapshot_prune(const char *folder, int64_t epochs, int64_t steps, int64_t keep);

#endif
