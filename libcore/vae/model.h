/* Models as streams of kind "model": head meta that says everything about the
 * network and its training, a frame per parameter. See cv-model(5). */
#ifndef VAE_MODEL_H
#define VAE_MODEL_H

#include "base/meta.h"
#include "nn/params.h"
#include "vae/notebook.h"

struct model {
    struct meta *meta;           /* the head's */
    struct params *params;
    struct notebook shape;
    double rate;                 /* Hz, of the audio it was trained on */
};

/* Reads the head of the model file only: what it is, not its parameters. */
int model_read_head(struct model *m, const char *path);

/* Reads a model and builds the given parts of its network (NOTEBOOK_ENCODER,
 * ...) for batch clips at once, planned for inference, parameters filled in.
 * -1: not a model, a network this program does not have, a parameter missing
 * or of another shape. Released by model_free and net_free(g->net). */
int model_read(struct model *m, const char *path, int parts, int batch, struct pool *pool, struct notebook_graph *g);

/* Writes meta and params as a model to fd. */
int model_write(int fd, const char *label, const struct meta *meta, const struct params *params);

void model_free(struct model *m);

#endif
