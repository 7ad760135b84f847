/* The beginning of the network 'spectral': its linear path set to the
 * principal components of the data. */
#ifndef TRAIN_PCA_H
#define TRAIN_PCA_H

#include "model/spectral.h"
#include "train/spectral_data.h"

/* Sets these (chunks_declare) from the levels of count clips, and
 * enc/linear to encode by V / sqrt(w), the part of dec/out that meets latents
 * to decode by V sqrt(w) + mu. -1: the eigenvalues did not converge. */
int pca_begin(const struct spectral *shape, struct params *params, const struct spectral_clip *clips, size_t count,
              struct spool *spool, struct pool *pool);

#endif
