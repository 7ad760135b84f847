/* What the evaluations of the networks share. */
#ifndef MODEL_EVAL_PRIVATE_H
#define MODEL_EVAL_PRIVATE_H

#include "base/pool.h"
#include "model/eval.h"
#include "model/file.h"
#include "model/terms.h"

enum { EVAL_TERMS = 4 };

/* A clip in the works. */
struct eval_clip {
    float *x;                /* [channels, samples] */
    const struct meta *meta; /* of its own what is read of it: tempo and beat; NULL: neither */
    int64_t samples, number; /* of audio; of clips before it */
    float *eps;              /* [latent]: of draw, to be released */
    int64_t frames;          /* result: of latents */
    bool alone;              /* no sound but the reconstruction is wanted */
    float *reconstruction;   /* result, as x */
    /* results, as x, of those networks that have them, by mem_alloc; NULL otherwise */
    float *components;              /* the clip by its principal components alone */
    float *floor;                   /* its own levels, with the phases that decoding finds */
    double own[EVAL_RECON];         /* result: figures of the clip by itself */
    double terms[EVAL_TERMS];       /* results that add up over clips; which, the network knows */
    struct latent_sums *dims;       /* result [latent] */
    struct terms spectral, at_zero; /* results of the network 'spectral', until add; at_zero: of z = 0 */
    bool has[EVAL_ROWS];            /* figures of its sounds, which eval.c takes */
    double sound[EVAL_ROWS][EVAL_FIGURES];
};

struct eval_kind {
    /* Closes file, the rest of the model. NULL: with the reason. */
    void *(*begin)(struct model *m, struct reader *file, const char *path, uint64_t seed, int threads);
    /* eps, where clips are drawn one after another, in their order. NULL: clip draws by the number. */
    void (*draw)(void *state, struct eval_clip *c);
    void (*clip)(void *state, int worker, struct eval_clip *c);
    void (*add)(void *state, struct eval_clip *c); /* after clip, in the order of the clips; NULL: nothing to do */
    /* From sums of terms over e->clips clips to the loss terms and the yardstick of e; e->kl_sum is there. */
    void (*finish)(const void *state, const double *terms, struct eval *e);
    void (*end)(void *state);
};

/* Adds a term to e, in the order of the table. */
static inline void eval_term(struct eval *e, const char *key, const char *name, double value, const char *words)
{
    e->term[e->terms++] = (struct eval_term){key, name, words, value};
}

#endif
