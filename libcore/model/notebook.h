/* The network 'notebook': a residual VAE over clips taken as one time step of
 * as many channels as they have samples, quirks included (see cv-model(5)). */
#ifndef MODEL_NOTEBOOK_H
#define MODEL_NOTEBOOK_H

#include "model/whole.h"

/* hidden: the channels of four blocks of the encoder, 64, 128, 128, 256, and of the decoder, 512, 256, 128, 64. */
extern const struct whole notebook;

/* Keras keeps kernels as (tap, in, out), transposed ones as (tap, out, in): the axes of ours in reverse order. Shape of
 * parameter q as a file has it (rank q->rank), in Keras' order or in ours, and the values copied in either direction. */
void keras_shape(const struct param *q, bool keras, int64_t *shape);
void keras_export(const struct param *q, bool keras, const float *ours, float *out);
void keras_import(const struct param *q, bool keras, const float *in, float *ours);

#endif
