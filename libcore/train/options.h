/* The options of cv-train: one table that the command line, the head of a
 * model and going on from a snapshot are made of. */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "base/opt.h"
#include "train/trainer.h"

enum { TRAIN_OPTIONS = 27 };

/* What was asked for. */
struct train_options {
    struct train_config config; /* the first: its settings have keys */
    const char *test;           /* audio stream; NULL: none */
    const char *output;         /* file of the model; NULL: standard output */
    const char *log;            /* JSON Lines, one object an epoch; NULL: none */
    const char *snapshots;      /* folder for a model per epoch; NULL: none */
    double snapshot_every;      /* > 0: and one after so many seconds */
    int64_t keep;           /* how many snapshots, the last ones; 0: those of all epochs, and the last of the others */
    const char *resume;     /* snapshot, or a folder of them; NULL: from the start */
    bool resume_anyway;     /* also when data or settings are not those of the snapshot */
    const char *prior_only; /* model; NULL: train */
    const char *memory;     /* size; NULL: the default */
    int64_t threads;        /* 0: one per processor */
    bool given[TRAIN_OPTIONS];
};

/* The defaults, and the table for struct program that changes them. */
void train_options_begin(struct train_options *o, struct opt table[TRAIN_OPTIONS]);

/* -1: they do not go together, with the reason. */
int train_options_check(const struct train_options *o);

/* -1: one that is given is for other networks than that of the config. */
int train_options_fit(const struct train_options *o);

/* Puts the network's own defaults where the config asks for them. */
void config_defaults(struct train_config *c, const struct network *n);

/* Puts the setting of that key into a model's head. */
void config_describe(const struct train_config *c, const char *key, struct meta *head);

/* The run as words of its history (base/history.h): all settings as the config has them, whoever set them, and files. */
struct meta *config_words(const struct train_options *o, const struct train_config *c);

/* ---- settings, as option i of TRAIN_OPTIONS in all ---- */

const char *setting_key(size_t i);    /* in a head or a snapshot's state; NULL: none */
size_t setting_find(const char *key); /* TRAIN_OPTIONS: none has that key */
struct meta *setting_value(const struct train_config *c, size_t i);
int setting_take(struct train_config *c, size_t i, const struct meta *m); /* -1: the option does not take that */
bool setting_by_default(const struct train_config *c, size_t i);          /* it asks for the network's own default */

/* "-z" for "latent": what people know a key by; the key itself where no option has it. */
const char *setting_name(const char *key);

#endif
