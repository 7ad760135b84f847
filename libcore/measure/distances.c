/* Distances between all pairs of rows, by one matrix product. */
#include "measure/distances.h"

#include <stdlib.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "base/mem.h"

void rows_squared(const float *x, size_t count, size_t n, float *squares)
{
    for (size_t r = 0; r < count; r++)
        squares[r] = (float)squares_sum(x + r * n, (int64_t)n);
}

/* A row of products becomes distances. */
KERNEL(row_finish, (float own, const float *restrict squares, float *restrict out, size_t n), (own, squares, out, n))
{
    for (size_t j = 0; j < n; j++) {
        float d = own + squares[j] - 2 * out[j];

        out[j] = d > 0 ? d : 0;
    }
}

/* Those of rows, in room [count] where they are not known. */
static const float *squares_of(const struct rows *r, size_t dims, float *room)
{
    if (!r->squares)
        rows_squared(r->x, r->count, dims, room);
    return r->squares ? r->squares : room;
}

void pairs_squared(struct rows a, struct rows b, size_t dims, float *out)
{
    float *room;
    const float *own, *others;

    if (a.count == 0 || b.count == 0)
        return;
    room = mem_alloc((a.count + b.count) * sizeof *room);
    own = squares_of(&a, dims, room);
    others = squares_of(&b, dims, room + a.count);
    gemm(false, true, (int)a.count, (int)b.count, (int)dims, a.x, (int)dims, b.x, (int)dims, 0, out, (int)b.count);
    for (size_t i = 0; i < a.count; i++)
        row_finish(own[i], others, out + i * b.count, b.count);
    free(room);
}
