/* The Adam optimizer (Kingma and Ba 2015), one fused pass over all parameters. */
#ifndef NN_ADAM_H
#define NN_ADAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "nn/params.h"

struct adam {
    double rate, beta1, beta2, epsilon;
    bool keras;   /* epsilon beside sqrt(v), as Keras; else beside the corrected sqrt(v / (1 - beta2^t)), as PyTorch */
    int64_t step; /* steps done */
};

/* One step from the gradients of the last net_backward, multiplied by scale: with t = step + 1,
 * m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
 * theta -= rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon).
 * Gradients left as products (struct outer) are formed on the way. */
void adam_step(struct adam *a, struct params *p, struct pool *pool, double scale);

/* The Euclidean norm of all gradients taken together, none of them left as a product. */
double adam_gradient_norm(struct params *p, struct pool *pool);

#endif
