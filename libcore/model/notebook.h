/* The network 'notebook': a residual VAE over clips taken as one time step of
 * as many channels as they have samples, quirks included (see cv-model(5)). */
#ifndef MODEL_NOTEBOOK_H
#define MODEL_NOTEBOOK_H

#include "model/whole.h"

/* hidden: the channels of four blocks of the encoder, 64, 128, 128, 256, and of the decoder, 512, 256, 128, 64. */
extern const struct whole notebook;

/* Keras keeps kernels as (tap, in, out), transposed ones as (tap, out, in):
 * the axes of ours in reverse order. Shape of parameter q as Keras has it
 * (rank q->rank), and the values copied in either direction. */
void keras_shape(const struct param *q, int64_t *shape);
void keras_export(const struct param *q, const float *ours, float *keras);
void keras_import(const struct param *q, const float *keras, float *ours);

#endif
