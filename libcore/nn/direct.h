/* Convolutions of stride 1 straight from the signals: the columns that a matrix
 * product would be given are never written, as a tap is only a shift. */
#ifndef NN_DIRECT_H
#define NN_DIRECT_H

#include "nn/conv_product.h"

/* Whether the products of such a geometry are made here. */
bool direct_fits(const struct geometry *g);

/* Sets the node's scratch. */
void direct_plan(struct node *n, const struct geometry *g);

/* The products of conv_product.h. */
void direct_down(struct node *n, const float *l, float *s, bool add, const float *bias);
void direct_up(struct node *n, const float *s, float *l, bool add, const float *bias);
void direct_weight(struct node *n, const float *s, const float *l, float *dw, bool add);

#endif
