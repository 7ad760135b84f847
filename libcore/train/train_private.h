/* What the parts of a training run share: where it stands, what it says, how
 * it is saved and taken up. */
#ifndef TRAIN_TRAIN_PRIVATE_H
#define TRAIN_TRAIN_PRIVATE_H

#include <stdio.h>

#include "train/train.h"

struct epoch {
    int64_t number;
    int64_t begun, steps;     /* steps begun, and those that were taken */
    struct train_figures sum; /* over these, means when the epoch is over */
    struct train_figures test;
    double seconds, clips, rate, beta;
};

/* Lists in the head of a model, one figure an epoch. */
enum curve {
    CURVE_LOSS,
    CURVE_DISTANCE,
    CURVE_KL,
    CURVE_ELBO,
    CURVE_TEST_LOSS,
    CURVE_TEST_DISTANCE,
    CURVE_TEST_KL,
    CURVE_TEST_ELBO,
    CURVES
};
extern const char *const curve_names[CURVES]; /* of the lists */

struct history {
    const struct train_run *run;
    struct trainer *trainer;
    struct meta *curves[CURVES];
    int64_t epochs;     /* that are wanted */
    int64_t done;       /* whole epochs */
    struct epoch epoch; /* the one in hand */
    FILE *log;
    int folder; /* of the snapshots, open; -1: none */
    bool terminal, trouble;
    double began, shown; /* by clock_now */
    double spent;        /* seconds before, in the runs that this one goes on from */
    double resumed;      /* share of the run that was done then */
    double saved;        /* when the last snapshot was taken */
    int64_t skipped;     /* steps */
    double best;         /* test figure, and the epoch and values it came with */
    int64_t best_epoch;
    float *best_theta;
};

double clock_now(void);

/* Share of the run that is done, in epochs or in time, with so many steps in this epoch. */
double train_progress(const struct history *h, int steps);

/* What the epoch in hand adds to each. */
double curve_value(const struct epoch *e, enum curve c);

/* ---- train_say.c: the log, and what people see ---- */

int log_open(struct history *h);
void log_epoch(struct history *h);
void say_step(struct history *h, int steps);
void say_epoch(const struct history *h);
void say_clear(const struct history *h); /* leaves the line that is rewritten */

/* ---- train_save.c: models and snapshots of a run ---- */

int save_model(const struct history *h, int fd, const char *label);

/* A snapshot of this moment, into the folder of the run if it has one. */
void save_snapshot(struct history *h);

/* -1: the snapshot to go on from was trained on other data. */
int resume_check_data(const struct train_run *run);

/* Sets the run to where its snapshot was taken. -1: with the reason, and nothing is to be used. */
int resume(struct history *h);

#endif
