/* Distances between all pairs of rows, by one matrix product. */
#include "measure/distances.h"

#include <stdlib.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "base/mem.h"

enum { LANES = 8 };

KERNEL(squares_sum, (const float *x, size_t count, size_t n, float *squares), (x, count, n, squares))
{
    for (size_t r = 0; r < count; r++, x += n) {
        double lane[LANES] = {0}, sum = 0;
        size_t i = 0;

        for (; i + LANES <= n; i += LANES)
            for (size_t l = 0; l < LANES; l++)
                lane[l] += (double)x[i + l] * x[i + l];
        for (; i < n; i++)
            sum += (double)x[i] * x[i];
        for (size_t l = 0; l < LANES; l++)
            sum += lane[l];
        squares[r] = (float)sum;
    }
}

void rows_squared(const float *x, size_t count, size_t n, float *squares)
{
    squares_sum(x, count, n, squares);
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
    squares_sum(a, m, dims, squares);
    squares_sum(b, n, dims, squares + m);
    gemm(false, true, (int)m, (int)n, (int)dims, a, (int)dims, b, (int)dims, 0, out, (int)n);
    for (size_t i = 0; i < m; i++)
        row_finish(squares[i], squares + m, out + i * n, n);
    free(squares);
}
