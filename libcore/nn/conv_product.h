/* The three products behind convolutions, transposed convolutions and dense
 * layers. All relate a short side s [cs, ts] and a long side l [cl, tl] through
 * w [cs, cl, tap]: sample t of s meets sample t stride + k dilation - pad of l
 * at tap k. With l_k the long side shifted by tap k,
 *     down    s  = sum over k of w_k l_k       conv forward,    transposed backward
 *     up      l += sum over k of w_k' s        transposed forward, conv backward
 *     weight  dw_k = s l_k'                    both
 * There are several ways to make them; the first that fits a geometry does. */
#ifndef NN_CONV_PRODUCT_H
#define NN_CONV_PRODUCT_H

#include "nn/net.h"

struct product_kind;

/* What a node of such a layer keeps in conf. */
struct geometry {
    int cs, ts, cl, tl, taps, stride, dilation, pad;
    bool transposed;             /* x is the short side */
    const struct product_kind *kind;
    size_t packed, partial;      /* flat: places in node->work */
    int pitch;                   /* unfolded: from one row of a matrix in node->work to the next */
};

/* One way. weight is called by a layer's backward, prepared if the gradient of
 * its input has just been made, from the same gradient of its output: what that
 * left in node_shared is still there. */
struct product_kind {
    bool (*fits)(const struct node *n, const struct geometry *g);
    void (*plan)(struct node *n, struct geometry *g);                    /* sets the node's scratch */
    void (*down)(struct node *n, const float *l, float *s, bool add, const float *bias);
    void (*up)(struct node *n, const float *s, float *l, bool add, const float *bias);
    void (*weight)(struct node *n, const float *s, const float *l, float *dw, bool add, bool prepared);
};

extern const struct product_kind product_flat;       /* sides of one sample: whole batches are matrices */
extern const struct product_kind product_winograd;   /* three taps of stride 1, in training */
extern const struct product_kind product_direct;     /* stride 1, straight from the signals */
extern const struct product_kind product_strided;    /* taps that do not overlap */
extern const struct product_kind product_unfolded;   /* any */

/* Chooses one and sets the node's scratch; the node's plan. */
void product_plan(struct node *n);

/* s = w l, with bias [cs] or NULL; add: to what s holds. */
void product_down(struct node *n, const float *l, float *s, bool add, const float *bias);
/* l = w' s, with bias [cl] or NULL. */
void product_up(struct node *n, const float *s, float *l, bool add, const float *bias);
/* The gradient of the weights (input 1) if it is wanted. Left as a product where that is less work (struct outer). */
void product_weight(struct node *n, const float *s, const float *l, bool prepared);

/* The outputs t0..t1-1 of the short side that tap k reaches inside the long side; false if there are none. */
bool geometry_reach(const struct geometry *g, int k, int *t0, int *t1);

/* A product on its way through the tasks of nn/flat.c and nn/unfold.c. */
struct product {
    const struct node *n;
    const struct geometry *g;
    const float *s, *l, *w;
    float *out;
    bool add;
    const float *bias;           /* of the side written, NULL for none */
};

#endif
