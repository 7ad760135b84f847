/* The three products behind convolutions, transposed convolutions and dense
 * layers. All relate a short side s [cs, ts] and a long side l [cl, tl] through
 * w [cs, cl, tap]: sample t of s meets sample t stride + k dilation - pad of l
 * at tap k. With l_k the long side shifted by tap k,
 *     down    s  = sum over k of w_k l_k       conv forward,    transposed backward
 *     up      l += sum over k of w_k' s        transposed forward, conv backward
 *     weight  dw_k = s l_k'                    both */
#ifndef NN_CONV_PRODUCT_H
#define NN_CONV_PRODUCT_H

#include "nn/net.h"

/* What a node of such a layer keeps in conf. */
struct geometry {
    int cs, ts, cl, tl, taps, stride, dilation, pad;
    bool transposed;             /* x is the short side */
    bool flat;                   /* ts = tl = 1: whole batches are matrices */
    bool direct;                 /* stride 1: products straight from the signals, see direct.h */
    size_t packed, partial;      /* flat: places in node->work */
    int pitch;                   /* otherwise: from one row of a matrix there to the next */
};

/* Sets what follows from the shape, and the node's scratch. */
void product_plan(struct node *n, struct geometry *g);

/* s = w l, with bias [cs] or NULL; add: to what s holds. */
void product_down(struct node *n, const float *l, float *s, bool add, const float *bias);
/* l = w' s, with bias [cl] or NULL. */
void product_up(struct node *n, const float *s, float *l, bool add, const float *bias);
/* The gradient of the weights (input 1), after product_down of this same l or
 * product_unfold, and product_up of this same s or product_gather. Left as a
 * product where that is less work (struct outer). */
void product_weight(struct node *n, const float *s, const float *l);
/* What product_down does to l and product_up to s before multiplying. */
void product_unfold(struct node *n, const float *l);
void product_gather(struct node *n, const float *s);

#endif
