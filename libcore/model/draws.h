/* How much noise a clip of a model takes. */
#ifndef MODEL_DRAWS_H
#define MODEL_DRAWS_H

#include "model/continuation.h"
#include "model/file.h"

/* Times of latents that are always enough for that many seconds: at that tempo, in beats per minute, or that of the
 * clips that are gone on from, or else (0, none) the fastest that the model knows. */
double draws_frames(const struct model *m, double seconds, double tempo, const struct starts *from);

#endif
