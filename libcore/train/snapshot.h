/* Snapshots as files: models with what it takes to go on training, found,
 * opened and asked for their settings. See cv-model(5). */
#ifndef TRAIN_SNAPSHOT_H
#define TRAIN_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
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

/* A setting of a run: where its value is, as one of three kinds, and what it
 * is called in the head of a model and on the command line. */
struct setting {
    const char *key, *option;
    int64_t *whole;
    double *real;
    const char **text;
    bool given, zero_is_default;
};

/* Settings that are not given become those of the snapshot. -1: one that is
 * given differs (all of them are named), and not anyway. */
int snapshot_settings(const struct snapshot *s, const struct setting *list, size_t count, bool anyway);

/* -1: the head that a run would write now is not that of the snapshot, in what
 * is neither counted nor measured along the way; all that differs is named. */
int snapshot_compare(const struct snapshot *s, const struct meta *head);

/* The name of a snapshot in its folder, after so many epochs and so many steps
 * of the next one; to be released with free(). */
char *snapshot_name(const char *folder, int64_t epochs, int64_t steps);

/* Removes from the folder what is older than the snapshot of that name: all
 * but keep in all, or if keep is 0 those in the middle of an epoch. */
void snapshot_prune(const char *folder, int64_t epochs, int64_t steps, int64_t keep);

#endif
