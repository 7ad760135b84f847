/* Products of a few rows with a large matrix, in one pass over the matrix and
 * without packing it: what a batch of ten clips against a weight matrix is. */
#ifndef NN_FEW_ROWS_H
#define NN_FEW_ROWS_H

/* More rows than this are better served by gemm. */
enum { SKINNY_ROWS = 32 };

/* c [rows, n] += a [rows, k] b [k, n]; row strides lda, ldb, ldc. */
void few_rows_up(int rows, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc);

/* c [rows, m] = a [rows, n] b' for b [m, n]; row strides lda, ldb, ldc. */
void few_rows_down(int rows, int m, int n, const float *a, int lda, const float *b, int ldb, float *c, int ldc);

#endif
