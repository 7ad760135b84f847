/* The networks: one row of functions for each, and the one place that has their names. */
#ifndef MODEL_NETWORK_H
#define MODEL_NETWORK_H

#include "io/stream.h"
#include "model/whole.h"

struct model;
struct starts;

/* That a network has an option of the table in train/options.c, by its key there. The option's least number, or "auto",
 * asks for value; where that is 0 its trainer finds one by the clips. words stand after it in --help. */
struct network_option {
    const char *key;
    double value;
    const char *words; /* NULL: none */
};

struct network {
    const char *name;
    const struct network_option *options; /* of training; the last has no key */
    const struct codec_kind *codec;       /* model/codec_private.h */
    const struct eval_kind *eval;         /* model/eval_private.h */
    /* Of whole clips of one length, shorter ones padded; no tempo, no prior of its own. NULL: clips of any length. */
    const struct whole *one_length;
    /* Reads sizes from the head of a model, each in bounds, beside samples, rate and latent. -1: with the reason. NULL:
     * there are no others. */
    int (*head)(struct model *m, const struct reader *r);
    /* Times of latents that are always enough for so many seconds: at that tempo, in beats per minute, or that of the
     * clips that are gone on from, or else (0, none) the fastest that the model knows. NULL: 1, of one_length. */
    double (*times)(const struct model *m, double seconds, double tempo, const struct starts *from);
    int clip_samples, clip_rate; /* of the clips that it was made for; 0: of none in particular */
};

extern const struct network network_spectral, network_notebook;

/* All of them, the default first, NULL at the end. */
extern const struct network *const networks[];

/* Those of whole clips share these. */
extern const struct codec_kind codec_whole;
extern const struct eval_kind eval_whole;

/* NULL: none of that name. */
const struct network *network_find(const char *name);
/* "spectral|notebook"; static. */
const char *network_names(void);

/* An integer of a model's head, in bounds. -1: with the reason. */
int head_int(const struct reader *r, const char *key, int64_t low, int64_t high, int64_t *out);

#endif
