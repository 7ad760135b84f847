/* Principal components of stacked frames: the beginning of the network
 * 'spectral', and what it is measured against. */
#ifndef VAE_PCA_H
#define VAE_PCA_H

#include "vae/clip_levels.h"
#include "vae/spectral.h"

/* Declares "pca/kernel" [latent, stride, features], V / sqrt(w) of the leading eigenvectors and values of the covariance
 * of stride stacked frames; "pca/variance" [latent], w; "pca/mean" [stride, features], mu. */
void pca_declare(struct net *net, const struct spectral *shape);

/* Sets these from the levels of count clips, and enc/linear to encode by V / sqrt(w), the part of dec/out that meets latents to decode by
 * V sqrt(w) + mu. -1: the eigenvalues did not converge. */
int pca_begin(const struct spectral *shape, struct params *params, const struct levels *clips, size_t count,
              struct spool *spool, struct pool *pool);

/* The same on a latent frame's stacked levels y [stride, features]: through the components and back, in place. */
void pca_project(const struct spectral *shape, const struct params *params, float *y, float *scratch);

#endif
