/* How well a model stands for clips that it has not seen: its losses, what its
 * latents hold, and how far its reconstructions are from the clips, beside
 * reconstructions that need no model. */
#ifndef MODEL_EVAL_H
#define MODEL_EVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "io/stream.h"
#include "measure/recon.h"

/* A latent dimension is active when the variance of the posterior's means over
 * all latent frames is more than this, in variances of the prior (Burda et al.
 * 2016). The posterior has collapsed when none is, or when less than that share
 * of the distance is explained by what the latent says of the clip. */
#define EVAL_ACTIVE 0.01
#define EVAL_EXPLAINED 0.1

/* The latent says little when the mel distance of reconstructions is over so many times that of principal components:
 * training begins with these. */
#define EVAL_POOR 2

/* What is told of a sound beside its clip, measure/recon.h, and of itself, measure/timbre.h. */
enum { EVAL_RHYTHM = RECON_COUNT, EVAL_FIGURES };

enum eval_row {
    EVAL_RECONSTRUCTION, /* the decoder's answer to the posterior's mean */
    EVAL_COMPONENTS,     /* by its principal components alone, untrained */
    EVAL_FLOOR,          /* true levels, phases found */
    EVAL_MEAN_SPECTRUM,  /* the mean spectrum of these clips, held, at each clip's level */
    EVAL_SILENCE,
    EVAL_ORIGINAL, /* the clips themselves */
    EVAL_ROWS
};

/* Figures of a clip by itself; of the reconstruction those of measure/recon.h that are distances. */
enum eval_figure {
    EVAL_DISTANCE, /* as the loss has it of what is decoded from the draw */
    EVAL_NATS,     /* -ELBO, nats per second */
    EVAL_KL,       /* nats per second */
    EVAL_RECON,
    EVAL_EACH = EVAL_RECON + RECON_GAIN
};

struct eval_each {
    char *name, *track;
    double seconds;
    double value[EVAL_EACH]; /* NaN: cannot be told of this clip */
    int64_t nearest;         /* the clip whose mean latent is nearest; -1: there is no other */
    double away;             /* of it: root mean square over the dimensions, in deviations of the prior */
};

/* A figure of the loss, z one draw from the posterior. */
struct eval_term {
    const char *key, *name, *words; /* in JSON; in a table; what it is */
    double value;
};

enum { EVAL_TERMS_MOST = 10 };

struct eval {
    const char *network;
    double rate;
    int64_t clips, silent; /* all, and those without distances because they are silent */
    int64_t samples;       /* of all clips */
    int latent;
    int64_t latents;  /* latent frames of all clips */
    double *kl;       /* [latent], nats per latent frame */
    double *variance; /* [latent], of the posterior's means, in variances of the prior; NaN: of one frame */
    double kl_sum;
    double explained;     /* share of the distance that goes when z is not 0; NaN: the network has none */
    int active;           /* dimensions */
    bool told, collapsed; /* told: whether there is sound, and frames enough, to say so */
    bool known;           /* the clips are the stream that it was trained on */
    int terms;            /* of the loss and of the bound, which the network knows */
    struct eval_term term[EVAL_TERMS_MOST];
    bool has[EVAL_ROWS];                   /* whether the network has that row */
    double sound[EVAL_ROWS][EVAL_FIGURES]; /* means over the clips that have the figure, NaN when none has */
    struct eval_each *each;                /* [clips] */
    struct meta *yardstick;                /* what losses depend on beside the clips: comparable where it is the same */
};

struct eval_how {
    uint64_t seed;
    int threads;
    bool each; /* only figures of clips are wanted: of all rows reconstruction alone */
};

/* Reads audio from r (started) to its end and measures count models on it, to
 * e [count]. Draws and the phases that decoding starts from are those of
 * cv-encode and cv-decode with this seed. Holds one clip for each thread, and
 * of every clip its name and mean latent; a copy of all clips is kept in a
 * nameless temporary file meanwhile. -1: with the reason. */
int eval_run(struct eval *e, const char *const *models, int count, struct reader *r, struct eval_how how);
void eval_free(struct eval *e);

/* ---- two models on the same clips ---- */

enum { EVAL_RESAMPLINGS = 2000 };

struct eval_pair {
    double a, b; /* means over the clips that have the figure under both models; NaN: none, or it cannot be compared */
    double lo, hi; /* between which b - a lies in 95 % of resamplings; NaN: of fewer than two tracks */
};

struct eval_comparison {
    int64_t tracks;
    const char *unlike; /* in what yardsticks differ, so that loss and bound are left out; NULL: in nothing */
    struct eval_pair figure[EVAL_EACH];
};

/* Clips of one track are not independent: tracks are drawn with replacement, all clips of each. Figure by figure the
 * interval is that between the quantiles 0.025 and 0.975 of the mean difference (Efron and Tibshirani 1993, chapter 13). */
void eval_compare(const struct eval *a, const struct eval *b, uint64_t seed, struct eval_comparison *c);

#endif
