/* Distances between all pairs of rows, by one matrix product. */
#include "nn/pairs.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/linalg.h"

static float square(const float *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return (float)sum;
}

void pairs_squared(const float *a, size_t m, const float *b, size_t n, size_t dims, float *out)
{
    float *squares = mem_alloc(n * sizeof *squares);

    if (m == 0 || n == 0) {
        free(squares);
        return;
    }
    gemm(false, true, (int)m, (int)n, (int)dims, a, (int)dims, b, (int)dims, 0, out, (int)n);
    for (size_t j = 0; j < n; j++)
        squares[j] = square(b + j * dims, dims);
    for (size_t i = 0; i < m; i++) {
        float own = square(a + i * dims, dims);

        for (size_t j = 0; j < n; j++) {
            float d = own + squares[j] - 2 * out[i * n + j];

            out[i * n + j] = d > 0 ? d : 0;
        }
    }
    free(squares);
}
