/* What clips come to under the network 'spectral': the terms of its loss and
 * the evidence lower bound of their levels. */
#ifndef MODEL_TERMS_H
#define MODEL_TERMS_H

#include "model/chunks.h"

/* Of a latent dimension, sums over latent frames. */
struct latent_sums {
    double kl;           /* nats, against the model's prior */
    double mean, square; /* of the posterior's mean and its square, in deviations of the prior */
};

void latent_sums_add(struct latent_sums *sum, const struct latent_sums *s);

/* Sums over real frames. With z one draw from the posterior and y' decoded from it: */
struct terms {
    double log;            /* |y' - y| of standardised levels, but where both are at the floor or under it */
    double linear, target; /* |e^Y' - e^Y|, e^Y */
    double values, frames; /* how many values, how many frames */
    double nats; /* -log p(y | z): Laplace around y', of a scale for each feature; what is at the floor is censored */
    double seconds, latents;
    struct latent_sums *dims;   /* [latent] */
    double *residual, *counted; /* [features] |Y' - Y| of values above the floor, and how many */
};

struct terms terms_new(const struct spectral *shape);
void terms_free(struct terms *t);
void terms_add(struct terms *sum, const struct terms *t, const struct spectral *shape);

/* Those of all ranks. */
void terms_gather(struct terms *t, const struct spectral *shape);

/* Adds a clip: standardised levels y [frames, features], a multiple of the stride of which real are no repetition, at
 * step samples from each other. noise [frames / stride, latent] is used up; NULL: z is not a draw but 0, what the
 * decoder says of a clip that it knows nothing of, and there is nothing to tell of latents. */
void terms_clip(struct terms *t, const struct chunks *p, int worker, const float *y, int64_t frames, int64_t real,
                double step, float *noise);

/* What is reported of them. */
struct figures_of_terms {
    double distance;         /* log + linear, as the loss has them: means per value, and over mean e^Y */
    double log, linear, kl;  /* kl: nats per latent frame */
    double elbo;             /* nats per second of log levels: -(nats + kl) / seconds, a bound of log p(y) from below */
    double likelihood, rate; /* its two parts: log p(y | z), KL, nats per second */
};
struct figures_of_terms terms_figures(const struct terms *t, const struct spectral *shape);

/* Sets "front/spread" to the mean residual of each feature: the scale of a Laplace distribution that makes what was
 * seen likeliest. */
void terms_spread(const struct terms *t, const struct input_values *v);

#endif
