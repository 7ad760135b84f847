/* Products and factors of dense matrices, row-major: the only way to BLAS and
 * LAPACK. All of it runs on the calling thread; work is split above it. */
#ifndef BASE_LINALG_H
#define BASE_LINALG_H

#include <stdbool.h>
#include <stdint.h>

/* "OpenBLAS 0.3.21 for Haswell": the library, and the processor whose products it chose; to be released with free(). */
char *linalg_version(void);

/* C = A B + beta C, A m x k (k x m when ta), B k x n (n x k when tb), with row strides lda, ldb, ldc. */
void gemm(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c,
          int ldc);
/* C = alpha A B + beta C in double precision. */
void gemm_double(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                 int ldb, double beta, double *c, int ldc);

/* x'x of count values, summed in double precision. */
double squares_sum(const float *x, int64_t count);

/* The count largest eigenvalues of the symmetric a [n, n], descending, into
 * values [count]; the first count rows of a become their unit eigenvectors,
 * the component of largest size positive, the rest is destroyed. -1: no convergence. */
int eigen_symmetric(int n, int count, double *a, double *values);

/* Solves a x = b for symmetric positive definite a [n, n] and b [n, columns];
 * x replaces b, a is destroyed. -1: a is not positive definite. */
int solve_positive(int n, int columns, double *a, double *b);

/* a = l l' with l lower triangular in place of a, zeros above. -1 as before. */
int cholesky(int n, double *a);

#endif
