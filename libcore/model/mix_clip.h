/* A clip of a latent or noise stream, held for mixing. */
#ifndef MODEL_MIX_CLIP_H
#define MODEL_MIX_CLIP_H

#include "io/stream.h"

enum { MIX_VALUE, MIX_MEAN, MIX_LOGVAR, MIX_START, MIX_PARTS }; /* tensors that are mixed */

struct mix_clip {
    char *name;                    /* NULL: none yet */
    struct meta *meta;             /* with "samples" when only the head says how long it is */
    struct tensor part[MIX_PARTS]; /* [latent, frames]; data NULL: not there */
};

/* Name of a part in streams of that kind: "z" or "noise", "mean", "logvar", "start". */
const char *mix_part_name(const char *kind, int part);

/* Copies what r has given into c, whose old contents are released. -1: a
 * tensor is missing or has a wrong shape. */
int mix_clip_read(struct mix_clip *c, const struct reader *r, const struct frame *f);
void mix_clip_clear(struct mix_clip *c);

#endif
