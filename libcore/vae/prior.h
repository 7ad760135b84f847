/* The prior of the network 'spectral' that noise goes through: a vector
 * autoregression over standardised latents. */
#ifndef VAE_PRIOR_H
#define VAE_PRIOR_H

#include "vae/spectral.h"

enum { PRIOR_ORDER = 4 };

/* Declares the prior's statistics in the graph's store: mean and deviation of
 * each dimension, the matrix [order latent, latent] and the factor [latent,
 * latent] of the innovations' covariance. */
void prior_declare(struct net *net, int latent);

/* Fits them to draws from the posterior of count clips y[i] [features, frames]. */
void prior_fit(const struct spectral *shape, struct params *params, float *const *y, size_t count, int frames,
               uint64_t seed, uint64_t stream, struct pool *pool);

/* The state between pieces of one draw; zero it before the first. */
struct prior_state {
    float *past;                 /* [order, latent], standardised, the latest first; NULL: none yet */
};

/* Turns noise [latent, frames] into latents in place: with x standardised,
 * x_t = A [x_{t-1} .. x_{t-4}] + L noise_t, bounded to +-6; the first four are the noise itself. */
void prior_run(const struct params *params, int latent, struct prior_state *state, float *noise, int frames);

#endif
