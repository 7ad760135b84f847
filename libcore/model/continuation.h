/* Clips of recordings, encoded, for new clips that go on from their beginnings, or follow them. */
#ifndef MODEL_CONTINUATION_H
#define MODEL_CONTINUATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/meta.h"

struct start {
    struct meta *meta; /* its name under "continues" or "follows"; tempo and beat where frames follow the beat; level of
                        * what is gone on from */
    int64_t samples;   /* of the whole clip */
    int64_t frames;
    float *mean; /* [latent, frames], of the posterior */
    double step; /* seconds between two latents */
};

struct starts {
    struct start *list;
    size_t count;
    uint64_t model; /* digest of the model */
};

/* Encodes the first seconds of the first clips, at most most, of the audio
 * stream at path, all of which is read; whole ones, to be followed, where seconds is 0.
 * -1: the model or a clip cannot be used, or there is none. */
int starts_read(struct starts *s, const char *model, const char *path, double seconds, int64_t most);
void starts_free(struct starts *s);

#endif
