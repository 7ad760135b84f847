/* Matrix product on one thread: the only way to BLAS. */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include <stdbool.h>

/* C = A B + beta C, row-major, A m x k (k x m when ta), B k x n (n x k when tb), with row strides lda, ldb, ldc. */
void gemm(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
          float beta, float *c, int ldc);

/* Around what calls BLAS in other ways (LAPACK). */
void blas_begin(void);
void blas_end(void);

#endif
