/* Sizes, views and names of dense arrays. */
#include "base/tensor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

int64_t tensor_count(const struct tensor *t)
{
    int64_t n = 1;

    for (int i = 0; i < t->rank; i++)
        n *= t->shape[i];
    return n;
}

struct tensor tensor_view(float *data, int rank, const int64_t *shape)
{
    struct tensor t = {.rank = rank, .data = data};

    assert(rank >= 0 && rank <= TENSOR_RANK_MAX);
    for (int i = 0; i < rank; i++) {
        assert(shape[i] >= 0);
        t.shape[i] = shape[i];
    }
    return t;
}

char *tensor_shape_text(const struct tensor *t, char *buffer, size_t size)
{
    size_t used;

    if (size == 0)
        return buffer;
    snprintf(buffer, size, "[");
    used = 1;
    for (int i = 0; i < t->rank && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%" PRId64, i ? ", " : "", t->shape[i]);
    if (used < size)
        snprintf(buffer + used, size - used, "]");
    return buffer;
}
