/* Training a VAE step by step: batches, noise, losses, the optimizer. One
 * interface, a kind of trainer for each network. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <stdint.h>

#include "base/meta.h"
#include "base/pool.h"
#include "model/network.h"
#include "nn/adam.h"
#include "nn/params.h"
#include "train/dataset.h"

/* Settings of a model. What a network has a default for may ask for it: see struct network_option in model/network.h. */
struct train_config {
    const char *network;
    int64_t epochs;
    double minutes;   /* > 0: train for so long instead of epochs */
    int64_t patience; /* > 0: end after so many epochs without a better test figure, keep the best model */
    int64_t seed;
    int64_t batch;      /* clips, or crops of clips, per step */
    double rate;        /* learning rate */
    int64_t latent;     /* size of the latent */
    int64_t buffer;     /* shuffle buffer in clips, 0: all of them */
    int64_t width;      /* channels inside */
    int64_t stride;     /* frames for each latent frame */
    const char *frames; /* "auto", "beat" or "fixed" */
    int64_t bank;       /* latent frames kept for the prior */
    double beta;        /* weight of the KL term */
    const char *from;   /* model whose network training starts from; NULL: a new one */
    bool keep_bank;     /* its bank too goes into the prior */
};

/* Of a step, an epoch, or test clips: what is minimised; its parts, of spectral distance + beta KL, of notebook
 * -log p(x|z) + KL and more; evidence lower bound in nats, per clip (notebook), per second of log levels (spectral). */
enum { LOSS, DISTANCE, KL, ELBO, FIGURES };

struct train_figures {
    double of[FIGURES];
};

struct step_result {
    struct train_figures f; /* elbo NAN: not known of a step, see trainer_test */
    double rate, beta;      /* that it was taken with; beta 0: there is none */
    int clips;              /* 0: the step was skipped, as loss or gradient were not finite */
};

struct trainer;

struct trainer_kind {
    const struct network *network; /* NULL: all those of one length */
    const char *unit, *speed;      /* what batches are of: "crops"; in the log, "crops_per_second" */
    int64_t least_steps;           /* that a run is worth while with: so many are the default */

    /* A network for clips like those of base->data, with fresh parameters; the config asks for no more defaults than it
     * can find itself, and is then filled in. NULL: not for such clips; base->params are released. */
    struct trainer *(*create)(const struct trainer *base);

    /* Cuts the data into this epoch's batches (a pure function of seed and epoch); returns how many steps it has. */
    int (*begin_epoch)(struct trainer *t, int64_t epoch);

    /* One step on batch number step of the epoch. -1: the loss is not finite, and no way to go on; the reason names the
     * clips, and the parameters are unchanged. */
    int (*step)(struct trainer *t, int step, struct step_result *result);

    /* Figures of the test clips, drawn with the same noise every time, and by cv-eval with that seed; test NULL: of a
     * few of the training clips, where steps do not tell. */
    void (*test)(struct trainer *t, const struct dataset *test, struct train_figures *result);

    /* Fits what is fitted to the network as it stands, before a model is written. -1: its latents are not finite. NULL:
     * nothing is. */
    int (*finish)(struct trainer *t);

    /* What was chosen by the clips, in words that follow their number, to be released with free(). NULL: nothing. */
    char *(*chosen)(const struct trainer *t);

    /* Into a model's head: sizes that are not options, and what is counted; nothing that is learnt. NULL: nothing. */
    void (*describe)(const struct trainer *t, struct meta *head);
    void (*destroy)(struct trainer *t);

    /* Into a snapshot and back: what a step depends on beside values, moments and steps. NULL: nothing. */
    void (*save)(const struct trainer *t, struct meta *state);
    int (*restore)(struct trainer *t, const struct meta *state);
};

/* What every kind of trainer begins with. */
struct trainer {
    const struct trainer_kind *kind;
    const struct network *network;
    struct train_config config;
    const struct dataset *data;
    struct pool *pool;
    struct params *params;
    struct adam adam;
    uint64_t seed;
    int64_t longest; /* clip that it takes, in samples: shorter ones it pads with zeros; 0: clips of any length */
    int64_t steps;   /* done since the start */
    int64_t skipped; /* of these, as loss or gradient were not finite: for the kind to count */
    double progress; /* share of the run that is done, 0 .. 1, set before each step: for schedules */
};

extern const struct trainer_kind whole_trainer, spectral_trainer;

/* A trainer of the config's network, which there is, with all settings filled in. data and pool must outlive it. NULL:
 * not for such clips. */
struct trainer *trainer_new(const struct train_config *config, const struct dataset *data, struct pool *pool);
void trainer_free(struct trainer *t);

int trainer_finish(struct trainer *t);

/* Adds to a model's head what the network is made of and how it is trained. */
void trainer_describe(const struct trainer *t, struct meta *head);

/* What a snapshot keeps of the trainer beside its parameters, and back again:
 * after it the next step is the one that would have been next. -1: not the
 * state of such a trainer. */
struct meta *trainer_save(const struct trainer *t);
int trainer_restore(struct trainer *t, const struct meta *state);

/* The optimizer, for the head of a model. */
void trainer_describe_adam(const struct trainer *t, struct meta *head);

/* A counter (0 or more) of such a state; -1: it is missing. */
int trainer_counter(const struct meta *state, const char *key, int64_t *out);

/* "a, b, c": the names of count clips of d, taken in the given order; to be released with free(). */
char *trainer_clip_names(const struct dataset *d, const size_t *order, size_t count);

#endif
