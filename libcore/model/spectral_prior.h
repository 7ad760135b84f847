/* The prior of a model of the network 'spectral', ready to run. */
#ifndef MODEL_SPECTRAL_PRIOR_H
#define MODEL_SPECTRAL_PRIOR_H

#include "model/chunks.h"
#include "model/prior.h"

/* kind: "normal", "var" (fixed frames) or "beat" (those that follow it), "guided", or "auto" or NULL for the last of
 * these that the model has. NULL: with the reason. */
struct prior *spectral_prior(const struct chunks *p, const struct model *m, const char *path, const char *kind,
                             struct guided_how how);

/* The name of the kind that is meant. */
const char *spectral_prior_kind(const struct model *m, const char *kind);

#endif
