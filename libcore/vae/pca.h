/* The beginning of the network 'spectral': its linear path set to the
 * principal components of the data. */
#ifndef VAE_PCA_H
#define VAE_PCA_H

#include "vae/clip_levels.h"
#include "vae/spectral.h"

/* Sets enc/linear and dec/linear from the levels of count clips: with
 * mu the mean and V, w the leading eigenvectors and values of the covariance
 * of stride stacked frames, encode by V / sqrt(w), decode by V sqrt(w) + mu. */
int pca_begin(const struct spectral *shape, struct params *params, const struct levels *clips, size_t count,
              struct spool *spool);

#endif
