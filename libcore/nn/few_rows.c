/* Few rows against a large matrix. Rows are taken in pairs and the matrix in
 * fours, so that each value loaded is used two or four times. */
#include "nn/few_rows.h"

#include <stddef.h>
#include <string.h>

#include "base/kernel.h"

enum { UP_BLOCK = 512, DOWN_BLOCK = 2048, LANES = 8 };

/* A vector that the compiler cuts to whatever the target has; any alignment. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

#define AT(p, i) (*(const lanes *)((p) + (i)))

/* c [rows, n] += a [rows, k] b [k, n] for n so small that c stays in the nearest cache. */
KERNEL(up_block,
       (int rows, size_t n, int k, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc),
       (rows, n, k, a, lda, b, ldb, c, ldc))
{
    int i = 0;

    for (; i + 4 <= k; i += 4) {
        const float *restrict b0 = b + (size_t)i * ldb, *restrict b1 = b0 + ldb, *restrict b2 = b1 + ldb,
                              *restrict b3 = b2 + ldb;
        int r = 0;

        for (; r + 2 <= rows; r += 2) {
            const float *u = a + (size_t)r * lda + (size_t)i, *v = u + lda;
            float *restrict to = c + (size_t)r * ldc, *restrict next = to + ldc;
            float u0 = u[0], u1 = u[1], u2 = u[2], u3 = u[3], v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];

            for (size_t j = 0; j < n; j++) {
                float w0 = b0[j], w1 = b1[j], w2 = b2[j], w3 = b3[j];

                to[j] += u0 * w0 + u1 * w1 + u2 * w2 + u3 * w3;
                next[j] += v0 * w0 + v1 * w1 + v2 * w2 + v3 * w3;
            }
        }
        for (; r < rows; r++) {
            const float *u = a + (size_t)r * lda + (size_t)i;
            float *restrict to = c + (size_t)r * ldc;
            float u0 = u[0], u1 = u[1], u2 = u[2], u3 = u[3];

            for (size_t j = 0; j < n; j++)
                to[j] += u0 * b0[j] + u1 * b1[j] + u2 * b2[j] + u3 * b3[j];
        }
    }
    for (; i < k; i++)
        for (int r = 0; r < rows; r++) {
            const float *restrict b0 = b + (size_t)i * ldb;
            float *restrict to = c + (size_t)r * ldc;
            float u0 = a[(size_t)r * lda + (size_t)i];

            for (size_t j = 0; j < n; j++)
                to[j] += u0 * b0[j];
        }
}

void few_rows_up(int rows, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc)
{
    for (int first = 0; first < n; first += UP_BLOCK)
        up_block(rows, (size_t)(n - first < UP_BLOCK ? n - first : UP_BLOCK), k, a, (size_t)lda, b + first, (size_t)ldb,
                 c + first, (size_t)ldc);
}

/* No function: how a vector is passed to one depends on the target. */
#define LANES_SUM(v) ((((v)[0] + (v)[4]) + ((v)[1] + (v)[5])) + (((v)[2] + (v)[6]) + ((v)[3] + (v)[7])))

/* c[0..3] += dot products of x with four rows of b, from value first on. */
KERNEL_INLINE void down_rest(size_t first, size_t n, const float *x, const float *b, size_t ldb, float *c)
{
    for (size_t j = first; j < n; j++)
        for (size_t q = 0; q < 4; q++)
            c[q] += x[j] * b[q * ldb + j];
}

/* Four rows of b with each row of a: c[r][0..3] += dot products over n values. */
KERNEL(down_four, (int rows, size_t n, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc),
       (rows, n, a, lda, b, ldb, c, ldc))
{
    const float *b0 = b, *b1 = b0 + ldb, *b2 = b1 + ldb, *b3 = b2 + ldb;
    size_t whole = n / LANES * LANES;
    int r = 0;

    for (; r + 2 <= rows; r += 2) {
        const float *x = a + (size_t)r * lda, *y = x + lda;
        float *to = c + (size_t)r * ldc, *next = to + ldc;
        lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};

        for (size_t j = 0; j < whole; j += LANES) {
            lanes v = AT(x, j), w = AT(y, j), q;

            q = AT(b0, j);
            s0 += v * q;
            t0 += w * q;
            q = AT(b1, j);
            s1 += v * q;
            t1 += w * q;
            q = AT(b2, j);
            s2 += v * q;
            t2 += w * q;
            q = AT(b3, j);
            s3 += v * q;
            t3 += w * q;
        }
        to[0] += LANES_SUM(s0);
        to[1] += LANES_SUM(s1);
        to[2] += LANES_SUM(s2);
        to[3] += LANES_SUM(s3);
        next[0] += LANES_SUM(t0);
        next[1] += LANES_SUM(t1);
        next[2] += LANES_SUM(t2);
        next[3] += LANES_SUM(t3);
        down_rest(whole, n, x, b, ldb, to);
        down_rest(whole, n, y, b, ldb, next);
    }
    for (; r < rows; r++) {
        const float *x = a + (size_t)r * lda;
        float *to = c + (size_t)r * ldc;
        lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};

        for (size_t j = 0; j < whole; j += LANES) {
            lanes v = AT(x, j);

            s0 += v * AT(b0, j);
            s1 += v * AT(b1, j);
            s2 += v * AT(b2, j);
            s3 += v * AT(b3, j);
        }
        to[0] += LANES_SUM(s0);
        to[1] += LANES_SUM(s1);
        to[2] += LANES_SUM(s2);
        to[3] += LANES_SUM(s3);
        down_rest(whole, n, x, b, ldb, to);
    }
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
