/* A dense array of floats in C order. */
#ifndef BASE_TENSOR_H
#define BASE_TENSOR_H

#include <stddef.h>
#include <stdint.h>

enum { TENSOR_RANK_MAX = 8 };

struct tensor {
    int rank;                       /* 0: a scalar, one value */
    int64_t shape[TENSOR_RANK_MAX]; /* each >= 0 */
    float *data;                    /* not owned unless whoever made it says so */
};

/* Number of values: the product of the shape (1 for rank 0). */
int64_t tensor_count(const struct tensor *t);

/* A view of data with the given shape: tensor_view(p, 2, (int64_t[]){1, 90001}). */
struct tensor tensor_view(float *data, int rank, const int64_t *shape);

/* "[1, 90001]" into a buffer of size bytes; returns buffer. */
char *tensor_shape_text(const struct tensor *t, char *buffer, size_t size);

#endif
