/* The principal components that the network 'spectral' began with: what it is
 * measured against. */
#ifndef MODEL_COMPONENTS_H
#define MODEL_COMPONENTS_H

#include "model/spectral.h"

/* Declares "pca/kernel" [latent, stride, features], V / sqrt(w) of the leading eigenvectors and values of the covariance
 * of stride stacked frames; "pca/variance" [latent], w; "pca/mean" [stride, features], mu. */
void components_declare(struct net *net, const struct spectral *shape);

/* A latent frame's stacked levels y [stride, features] through the components and back, in place; scratch as large as y. */
void components_project(const struct spectral *shape, const struct params *params, float *y, float *scratch);

#endif
