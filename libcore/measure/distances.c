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

void pairs_squared(const float *a, size_t m, const float *b, size_t n, size_t dims, float *out)
{
    float *squares;

    if (m == 0 || n == 0)
        return;
    squares = mem_alloc((m + n) * sizeof *squares);
    rows_squared(a, m, dims, squares);
    rows_squared(b, n, dims, squares + m);
    gemm(false, true, (int)m, (int)n, (int)dims, a, (int)dims, b, (int)dims, 0, out, (int)n);
    for (size_t i = 0; i < m; i++)
        row_finish(squares[i], squares + m, out + i * n, n);
    free(squares);
}
