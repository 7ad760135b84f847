/* Training a VAE step by step: batches, noise, losses, the optimizer. One
 * interface, a kind of trainer for each network. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stdint.h>

#include "base/meta.h"
#include "base/pool.h"
#include "nn/adam.h"
#include "nn/params.h"
#include "train/dataset.h"

/* 0 stands for the network's own default. */
struct train_config {
    const char *network; /* "notebook", "spectral" */
    int64_t epochs;      /* how many are meant to come, for schedules; negative: the network's default */
    int latent;          /* size of the latent */
    int batch;           /* clips, or crops of clips, per step */
    int buffer;          /* shuffle buffer in clips, 0: all of them */
    uint64_t seed;
    double rate;        /* learning rate */
    int width, stride;  /* spectral: channels inside, frames for each latent frame */
    const char *frames; /* spectral: "auto", "beat" or "fixed"; NULL: auto */
    int64_t bank;       /* spectral: latent frames kept for the prior; negative: the default */
    double beta;        /* spectral: weight of the KL term */
};

/* Of a step, an epoch, or test clips. */
struct train_figures {
    double loss;         /* what is minimised */
    double distance, kl; /* its parts: spectral distance + beta kl, notebook -log p(x|z) + kl and more */
    double elbo;         /* evidence lower bound in nats: per clip (notebook), per second of log levels (spectral) */
};

struct step_result {
    struct train_figures f; /* elbo NAN: not known of a step, see trainer_test */
    double rate, beta;      /* that it was taken with; beta 0: there is none */
    int clips;              /* 0: the step was skipped, as loss or gradient were not finite */
};

struct trainer;

struct trainer_kind {
    const char *network, *per; /* name; what its ELBO is of: "clip", "second" */
    struct trainer *(*create)(const struct train_config *config, const struct dataset *data, struct pool *pool);
    int64_t (*epochs)(const struct trainer *t); /* by default */
    int (*begin_epoch)(struct trainer *t, int64_t epoch);
    int (*step)(struct trainer *t, int step, struct step_result *result);
    void (*test)(struct trainer *t, const struct dataset *test, struct train_figures *result);
    int (*finish)(struct trainer *t); /* NULL: nothing to do */
    void (*describe)(const struct trainer *t, struct meta *head);
    void (*destroy)(struct trainer *t);
    /* Into a snapshot and back: the counters that a step depends on, beside the values, the moments and steps. */
    void (*save)(const struct trainer *t, struct meta *state);
    int (*restore)(struct trainer *t, const struct meta *state);
};

/* What every kind of trainer begins with. */
struct trainer {
    const struct trainer_kind *kind;
    struct params *params;
    int64_t longest; /* clip that it takes, in samples: shorter ones it pads with zeros; 0: clips of any length */
    int64_t steps;   /* done since the start */
    double progress; /* share of the run that is done, 0 .. 1, set before each step: for schedules */
};

extern const struct trainer_kind notebook_trainer, spectral_trainer;

/* A network for clips like those of data, with fresh parameters. data and
 * pool must outlive it. NULL: no such network, or not for such clips. */
struct trainer *trainer_new(const struct train_config *config, const struct dataset *data, struct pool *pool);
void trainer_free(struct trainer *t);

/* How many epochs are worth while. */
int64_t trainer_epochs(const struct trainer *t);

/* Cuts the data into this epoch's batches (a pure function of seed and epoch);
 * returns how many steps the epoch has. */
int trainer_begin_epoch(struct trainer *t, int64_t epoch);

/* One step on batch number step of the epoch. -1: the loss is not finite, and
 * no way to go on; the reason names the clips, and the parameters are unchanged. */
int trainer_step(struct trainer *t, int step, struct step_result *result);

/* Figures of the test clips, drawn with the same noise every time, and by
 * cv-eval with that seed; test NULL: of a few of the training clips, where
 * steps do not tell. */
void trainer_test(struct trainer *t, const struct dataset *test, struct train_figures *result);

/* Fits what is fitted to the network as it stands, before a model is written. -1: its latents are not finite. */
int trainer_finish(struct trainer *t);

/* Adds to a model's head what the network is made of and how it is trained. */
void trainer_describe(const struct trainer *t, struct meta *head);

/* What a snapshot keeps of the trainer beside its parameters, and back again:
 * after it the next step is the one that would have been next. -1: not the
 * state of such a trainer. */
void trainer_save(const struct trainer *t, struct meta *state);
int trainer_restore(struct trainer *t, const struct meta *state);

/* The optimizer, for the head of a model. */
void trainer_describe_adam(const struct adam *a, double rate, struct meta *head);

/* A counter (0 or more) of such a state; -1: it is missing. */
int trainer_counter(const struct meta *state, const char *key, int64_t *out);

/* "a, b, c": the names of count clips of d, taken in the given order; to be released with free(). */
char *trainer_clip_names(const struct dataset *d, const size_t *order, size_t count);

#endif
