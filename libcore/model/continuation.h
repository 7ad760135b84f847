/* The beginnings of clips, encoded, for new clips that go on from them. */
#ifndef MODEL_CONTINUATION_H
#define MODEL_CONTINUATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/meta.h"

struct start {
    struct meta *meta; /* level, continues; tempo and beat where frames follow the beat */
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
 * stream at path, all of which is read. -1: the model or a clip cannot be used, or there is none. */
int starts_read(struct starts *s, const char *model, const char *path, double seconds, int64_t most);
void starts_free(struct starts *s);

#endif
