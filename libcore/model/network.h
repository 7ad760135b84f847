/* The networks: one row of functions for each, and the one place that has their names. */
#ifndef MODEL_NETWORK_H
#define MODEL_NETWORK_H

#include "io/stream.h"

struct codec_kind;
struct starts;
struct eval_kind;
struct model;

struct network {
    const char *name;
    /* Reads sizes from the head of a model, each in bounds. -1: with the reason. */
    int (*head)(struct model *m, const struct reader *r);
    const struct codec_kind *codec; /* model/codec_private.h */
    const struct eval_kind *eval;   /* model/eval_private.h */
    /* Times of latents that are always enough for so many seconds: at that tempo, in beats per minute, or that of the
     * clips that are gone on from, or else (0, none) the fastest that the model knows. NULL: 1, of one_length. */
    double (*times)(const struct model *m, double seconds, double tempo, const struct starts *from);
    bool one_length; /* clips of the model's samples alone: shorter ones are padded; no tempo, no prior of its own */
    bool keras;      /* parameters stand in files in Keras' shapes (model/notebook.h) */
};

/* NULL: none of that name. */
const struct network *network_find(const char *name);
/* "spectral, notebook"; static. */
const char *network_names(void);

/* An integer of a model's head, in bounds. -1: with the reason. */
int head_int(const struct reader *r, const char *key, int64_t low, int64_t high, int64_t *out);

int spectral_head(struct model *m, const struct reader *r);
int notebook_head(struct model *m, const struct reader *r);
double spectral_times(const struct model *m, double seconds, double tempo, const struct starts *from);

#endif
