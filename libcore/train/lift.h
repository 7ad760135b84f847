/* What decoding loses of levels: distances in logarithms learn the median,
 * which for the treble lies under the mean that is heard. */
#ifndef TRAIN_LIFT_H
#define TRAIN_LIFT_H

#include "base/pool.h"
#include "train/spectral_data.h"
#include "model/chunks.h"

/* Sets "front/lift" to the mean difference in each of 32 mel bands between the
 * sound of some training clips and that of their reconstructions, where the
 * clips are at most 60 dB under the loudest band of theirs. gain: what their
 * level has to be multiplied by then to be the clips' own. The clips are count
 * of all ranks, of which those from first on are this one's, d. */
void lift_learn(const struct chunks *p, const struct dataset *d, const struct spectral_clip *clips, size_t count,
                size_t first, struct pool *pool, double *gain);

#endif
