/* The prior of the network 'spectral': what turns noise into latents. A linear
 * autoregression over standardised latents, one for each position in the beat
 * where frames follow it, driven by Gaussian noise or made of blocks of the
 * training clips, kept as a bank. */
#ifndef MODEL_PRIOR_H
#define MODEL_PRIOR_H

#include <stdint.h>

#include "model/guided.h"
#include "nn/net.h"

enum { PRIOR_ORDER = 4 };

struct prior_shape {
    int latent;      /* dimensions of z */
    int positions;   /* latent frames in a beat; 1: the frames follow no beat */
    int block;       /* latent frames between two places where the bank may be entered */
    int64_t bank;    /* latent frames kept of training clips, 0: none */
    int64_t clips;   /* that they come from */
    int64_t periods; /* of training clips that are kept, those of the bank's first; 0: none */
};

/* Declares the prior's statistics in the graph's store: "prior/mean" and
 * "prior/sd" [latent]; "prior/matrix" [positions, order latent + 1, latent];
 * "prior/factor" [positions, latent, latent], of the innovations' covariance;
 * "prior/bank" [bank, latent], "prior/lengths" [clips] in latent frames,
 * "prior/periods" [periods] of a beat in seconds, where there are any. */
void prior_declare(struct net *net, const struct prior_shape *shape);

/* ---- fitting (prior_fit.c) ---- */

struct prior_fit;

struct prior_fit *prior_fit_new(const struct prior_shape *shape);

/* Counts in a clip, z [frames, latent], its first frame at position 0. Each clip by one rank. */
void prior_fit_add(struct prior_fit *f, const float *z, int64_t frames);

/* Keeps a clip for the bank, of which shape->clips come in all, and a period
 * for the list; both in the order of the calls, which is that of all ranks. z NULL: another one has the clip. */
void prior_fit_keep(struct prior_fit *f, struct params *params, const float *z, int64_t frames);
void prior_fit_period(struct prior_fit *f, struct params *params, double seconds);

/* Solves for everything, by the sums of all ranks, and frees f. -1: there is no solution, latents are not finite. */
int prior_fit_end(struct prior_fit *f, struct params *params);

/* ---- running (prior.c) ---- */

enum prior_kind {
    PRIOR_NORMAL,         /* mean + sd noise, no memory */
    PRIOR_AUTOREGRESSION, /* driven by noise */
    PRIOR_GUIDED          /* made of the bank's blocks, which follow a guide; noise chooses among them */
};

struct prior_how {
    enum prior_kind kind;
    struct guided_how guided;
};

struct prior;
struct prior_walk;

/* Whether the statistics, as they were read, can be used. -1: with the reason. */
int prior_check(const struct prior_shape *shape, const struct params *params);

/* A prior ready to run, for any number of threads at once; params stay the
 * caller's. by: what the model's latents do to the sound, which the prior takes
 * over; of nothing where it is not guided. */
struct prior *prior_new(const struct prior_shape *shape, const struct params *params, struct prior_how how,
                        struct listening by);
void prior_free(struct prior *p);

/* What a new clip may follow in place of a clip of the bank: another recording's. */
struct prior_guide {
    const float *z; /* [latent, frames] */
    int64_t frames; /* two blocks at least */
};

/* Standard normal draws [latent, frames], multiplied by a temperature: how far latents go from what the prior foretells
 * of them. The guided prior's choices do not depend on it, it multiplies what is played less the forecast; at 0 nothing is drawn. */
struct prior_noise {
    float *v;
    int64_t frames;
    double temperature;
    const struct prior_guide *guide; /* NULL: a clip of the bank */
};

/* The period of a beat, in seconds, for the clip that this noise makes: one of
 * those kept, 0 if there is none. */
double prior_period(const struct prior *p, struct prior_noise noise);
int prior_bar(const struct prior *p, struct prior_noise noise); /* and how many beats its bars have */

/* A clip on its way: of so many frames, or without end where frames is INT64_MAX, in memory that does not grow then. noise
 * is that of its first part. If start > 0, the first start frames, no more than this part's, are latents already, and
 * what follows goes on from them. */
struct prior_walk *prior_begin(const struct prior *p, struct prior_noise noise, int64_t start, int64_t frames);

/* Turns the next part of the noise, v [latent, frames], the first first, into latents in place: the same however it is cut. */
void prior_next(struct prior_walk *w, float *v, int64_t frames);
void prior_end(struct prior_walk *w);

#endif
