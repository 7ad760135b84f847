/* Few rows against a large matrix, taken in fours of its rows: each value of the other is loaded once for all four. */
#include "nn/few_rows.h"

#include <stddef.h>
#include <string.h>

#include "base/kernel.h"

enum { UP_BLOCK = 512, DOWN_BLOCK = 2048, LANES = 8 };

/* A vector that the compiler cuts to whatever the target has; any alignment. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

#define AT(p, i) (*(const lanes *)((p) + (i)))

/* c [rows, n] += the product of terms columns of a with as many rows of b. */
KERNEL_INLINE void up_terms(size_t terms, int rows, size_t n, const float *a, size_t lda, const float *restrict b,
                            size_t ldb, float *c, size_t ldc)
{
    for (int r = 0; r < rows; r++, a += lda, c += ldc) {
        float *restrict to = c;

        for (size_t j = 0; j < n; j++) {
            float sum = a[0] * b[j];

            for (size_t q = 1; q < terms; q++)
                sum += a[q] * b[q * ldb + j];
            to[j] += sum;
        }
    }
}

/* c [rows, n] += a [rows, k] b [k, n] for n so small that c stays in the nearest cache. */
KERNEL(up_block,
       (int rows, size_t n, int k, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc),
       (rows, n, k, a, lda, b, ldb, c, ldc))
{
    int i = 0;

    for (; i + 4 <= k; i += 4, a += 4, b += 4 * ldb)
        up_terms(4, rows, n, a, lda, b, ldb, c, ldc);
    for (; i < k; i++, a++, b += ldb)
        up_terms(1, rows, n, a, lda, b, ldb, c, ldc);
}

void few_rows_up(int rows, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc)
{
    for (int first = 0; first < n; first += UP_BLOCK)
        up_block(rows, (size_t)(n - first < UP_BLOCK ? n - first : UP_BLOCK), k, a, (size_t)lda, b + first, (size_t)ldb,
                 c + first, (size_t)ldc);
}

/* No function: how a vector is passed to one depends on the target. */
#define LANES_SUM(v) ((((v)[0] + (v)[4]) + ((v)[1] + (v)[5])) + (((v)[2] + (v)[6]) + ((v)[3] + (v)[7])))

/* c[r][0..3] += dot products over n values of some rows of a, at most two, with four rows of b. */
KERNEL_INLINE void down_some(size_t rows, size_t n, const float *a, size_t lda, const float *b, size_t ldb, float *c,
                             size_t ldc)
{
    lanes s[2][4] = {{{0}}};
    size_t whole = n / LANES * LANES;

    for (size_t j = 0; j < whole; j += LANES)
        for (size_t q = 0; q < 4; q++)
            for (size_t r = 0; r < rows; r++)
                s[r][q] += AT(a, r * lda + j) * AT(b, q * ldb + j);
    for (size_t r = 0; r < rows; r++)
        for (size_t q = 0; q < 4; q++) {
            float *to = &c[r * ldc + q];

            *to += LANES_SUM(s[r][q]);
            for (size_t j = whole; j < n; j++)
                *to += a[r * lda + j] * b[q * ldb + j];
        }
}

KERNEL(down_four, (int rows, size_t n, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc),
       (rows, n, a, lda, b, ldb, c, ldc))
{
    for (; rows >= 2; rows -= 2, a += 2 * lda, c += 2 * ldc)
        down_some(2, n, a, lda, b, ldb, c, ldc);
    if (rows > 0)
        down_some(1, n, a, lda, b, ldb, c, ldc);
}

KERNEL(down_one, (int rows, size_t n, const float *a, size_t lda, const float *b, float *c, size_t ldc),
       (rows, n, a, lda, b, c, ldc))
{
    for (int r = 0; r < rows; r++) {
        const float *x = a + (size_t)r * lda;
        lanes s = {0};
        float sum = 0;
        size_t j = 0;

        for (; j + LANES <= n; j += LANES)
            s += AT(x, j) * AT(b, j);
        for (; j < n; j++)
            sum += x[j] * b[j];
        c[(size_t)r * ldc] += LANES_SUM(s) + sum;
    }
}

void few_rows_down(int rows, int m, int n, const float *a, int lda, const float *b, int ldb, float *c, int ldc)
{
    for (int r = 0; r < rows; r++)
        memset(c + (size_t)r * (size_t)ldc, 0, (size_t)m * sizeof *c);
    for (int first = 0; first < n; first += DOWN_BLOCK) {
        size_t count = (size_t)(n - first < DOWN_BLOCK ? n - first : DOWN_BLOCK);
        int i = 0;

        for (; i + 4 <= m; i += 4)
            down_four(rows, count, a + first, (size_t)lda, b + first + (size_t)i * (size_t)ldb, (size_t)ldb, c + i,
                      (size_t)ldc);
        for (; i < m; i++)
            down_one(rows, count, a + first, (size_t)lda, b + first + (size_t)i * (size_t)ldb, c + i, (size_t)ldc);
    }
}
