/* LAPACK's routines take matrices by columns: a symmetric matrix is the same
 * either way, and eigenvectors by columns are ours by rows. */
#include "nn/lapack.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "nn/gemm.h"

void dsyevd_(const char *job, const char *half, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
void dsyevr_(const char *job, const char *range, const char *half, const int *n, double *a, const int *lda,
             const double *low, const double *high, const int *first, const int *last, const double *slack, int *found,
             double *w, double *z, const int *ldz, int *support, double *work, const int *lwork, int *iwork,
             const int *liwork, int *info);
void dposv_(const char *half, const int *n, const int *columns, double *a, const int *lda, double *b, const int *ldb,
            int *info);
void dpotrf_(const char *half, const int *n, double *a, const int *lda, int *info);

int lapack_eigen(int n, double *a, double *values)
{
    int lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n, info;
    double *work = mem_alloc((size_t)lwork * sizeof *work);
    int *iwork = mem_alloc((size_t)liwork * sizeof *iwork);

    blas_begin();
    dsyevd_("V", "U", &n, a, &n, values, work, &lwork, iwork, &liwork, &info);
    blas_end();
    free(iwork);
    free(work);
    return info ? error_set("the eigenvalues of a %d x %d matrix did not converge", n, n) : 0;
}

int lapack_eigen_largest(int n, int count, double *a, double *values)
{
    int lwork = 40 * n, liwork = 10 * n, first = n - count + 1, found, info;
    size_t size = (size_t)n;
    double *work = mem_alloc((size_t)lwork * sizeof *work), *w = mem_alloc(size * sizeof *w), none = 0;
    double *rows = mem_alloc((size_t)count * size * sizeof *rows);
    int *iwork = mem_alloc((size_t)liwork * sizeof *iwork), *support = mem_alloc(2 * size * sizeof *support);

    blas_begin();
    dsyevr_("V", "I", "U", &n, a, &n, &none, &none, &first, &n, &none, &found, w, rows, &n, support, work, &lwork,
            iwork, &liwork, &info);
    blas_end();
    for (int i = 0; !info && found == count && i < count; i++) {
        values[i] = w[count - 1 - i];
        memcpy(a + (size_t)i * size, rows + (size_t)(count - 1 - i) * size, size * sizeof *a);
    }
    free(work);
    free(w);
    free(rows);
    free(iwork);
    free(support);
    return info || found != count ? error_set("the eigenvalues of a %d x %d matrix did not converge", n, n) : 0;
}

int lapack_solve(int n, int columns, double *a, double *b)
{
    double *turned = mem_alloc((size_t)n * (size_t)columns * sizeof *turned);
    int info;

    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = 0; j < (size_t)columns; j++)
            turned[j * (size_t)n + i] = b[i * (size_t)columns + j];
    blas_begin();
    dposv_("U", &n, &columns, a, &n, turned, &n, &info);
    blas_end();
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = 0; j < (size_t)columns; j++)
            b[i * (size_t)columns + j] = turned[j * (size_t)n + i];
    free(turned);
    return info ? error_set("a %d x %d system is not positive definite", n, n) : 0;
}

int lapack_cholesky(int n, double *a)
{
    int info;

    blas_begin();
    dpotrf_("U", &n, a, &n, &info);   /* upper by columns is lower by rows */
    blas_end();
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = i + 1; j < (size_t)n; j++)
            a[i * (size_t)n + j] = 0;
    return info ? error_set("a %d x %d matrix is not positive definite", n, n) : 0;
}
