/* The bank of a finished model as clips more to fit a prior to: latents, decoded by the network that they are of. */
#ifndef TRAIN_BANK_KEEP_H
#define TRAIN_BANK_KEEP_H

#include "base/pool.h"
#include "model/chunks.h"
#include "train/spectral_data.h"

struct bank {
    struct model m;
    struct chunks p;
};

/* -1: no such model, or its frames are not those of that network and input. */
int bank_open(struct bank *b, const char *path, const struct spectral *shape, const struct spectral_input *f,
              int threads);
void bank_close(struct bank *b); /* also of zeros */

size_t bank_clips(const struct bank *b);

/* How its clips [bank_clips] fall: sets all but y. */
void bank_time(const struct bank *b, struct spectral_clip *clips);

/* Their levels, standardised as params say, to y, which comes from the spool; of several ranks each takes its turn, and
 * leaves NULL where it is another's. -1: the spool is full. */
int bank_levels(const struct bank *b, const struct params *params, struct spectral_clip *clips, struct spool *spool,
                struct pool *pool);

#endif
