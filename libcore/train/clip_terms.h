/* What whole clips come to under the network as it stands: model/terms.h, over all ranks. */
#ifndef TRAIN_CLIP_TERMS_H
#define TRAIN_CLIP_TERMS_H

#include "base/pool.h"
#include "model/terms.h"
#include "train/spectral_data.h"

/* Of count of the clips of all ranks, evenly chosen: those of training by their levels, others from their sound. With the
 * noise that cv-eval has for a clip of that number in a stream: for those of training in the order of ranks. */
struct terms clip_terms(const struct chunks *p, const struct dataset *d, const struct spectral_clip *clips,
                        size_t count, uint64_t seed, struct pool *pool);

#endif
