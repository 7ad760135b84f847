/* What the parts of a training run share: where it stands, what it says, how
 * it is saved and taken up. */
#ifndef TRAIN_TRAIN_PRIVATE_H
#define TRAIN_TRAIN_PRIVATE_H

#include <stdio.h>

#include "base/progress.h"
#include "train/train.h"

struct epoch {
    int64_t number;
    int64_t begun, steps;            /* steps begun, and those that were taken */
    struct train_figures figures[2]; /* sums over these, means when the epoch is over; and of the test clips */
    double seconds, clips, rate, beta;
};

enum { TRAINED, TESTED, CURVES = 2 * FIGURES };

struct history {
    const struct train_run *run;
    struct trainer *trainer;
    struct meta *curves[CURVES];
    int64_t done;       /* whole epochs */
    int64_t fitted;     /* the steps after which trainer_finish was called; -1: not for the values as they are */
    struct epoch epoch; /* the one in hand */
    FILE *log;
    int folder; /* of the snapshots, open; -1: none */
    bool terminal, trouble, planned;
    int stopped;         /* the signal that asked some rank for an end, see look_up; 0: none */
    double now;          /* by the clock of rank 0, as all ranks were told last, see look_up */
    double setup;        /* seconds until the first epoch: to learn the prior takes about as long */
    double began, shown; /* by clock_now; began by that of rank 0 */
    double spent;        /* seconds before, in the runs that this one goes on from */
    double resumed;      /* share of the run that was done then */
    double saved;        /* when the last snapshot was taken */
    double best;         /* test figure, and the epoch and values it came with */
    int64_t best_epoch;
    float *best_theta;
};

/* Tells all ranks what they go by alike: the time, and whether one of them was asked for an end. */
void look_up(struct history *h);

/* Share of the run that is done, in epochs or in time, with so many steps in this epoch. */
double train_progress(const struct history *h, int steps);

/* The key of the figure in the log, and of the list of it in a head. */
extern const struct curve_name {
    const char *key, *list;
} curve_names[CURVES];

/* How many curves there are; curve i is of figures[i / FIGURES].of[i % FIGURES]. */
int curves(const struct history *h);

/* ---- train_log.c ---- */

int log_open(struct history *h);
void log_epoch(struct history *h);

/* ---- train_say.c ---- */

void say_plan(struct history *h, int steps, double seconds); /* once, after a step that took so many seconds */
void say_step(struct history *h, int steps);
void say_epoch(const struct history *h);

/* ---- train_save.c: models and snapshots of a run ---- */

/* The head of a model of this moment. */
struct meta *train_describe(const struct history *h);

/* What is learnt last, of the values as they are, see trainer_finish. */
int finish(struct history *h);

int save_model(const struct history *h);

/* The arrays that go with each parameter in a snapshot, how many; the best values so far only when there are any. */
size_t snapshot_arrays(const struct history *h, struct model_array list[4]);

/* A snapshot of this moment, into the folder of the run if it has one. */
void save_snapshot(struct history *h);

/* ---- train_resume.c: going on ---- */

/* -1: the snapshot to go on from was trained on other data. */
int resume_check_data(const struct train_run *run);

/* Sets the run to where its snapshot was taken. -1: with the reason, and nothing is to be used. */
int resume(struct history *h);

/* ---- train_from.c: starting from a model ---- */

/* -1: the clips are not such as that model takes. */
int from_check_data(const struct train_run *run);

/* The values of the network, in place of those that training begins with. -1: one is missing, or has another shape. */
int from_take(struct trainer *t, const struct snapshot *s);

#endif
