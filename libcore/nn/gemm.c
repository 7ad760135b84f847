/* OpenBLAS, told to stay on the calling thread: the work is split above it. */
#include "nn/gemm.h"

#include <cblas.h>
#include <pthread.h>

static void stay_single(void)
{
    openblas_set_num_threads(1);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

void gemm(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
          float beta, float *c, int ldc)
{
    pthread_once(&once, stay_single);
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans,
                m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
}

void gemm_double(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
                 double beta, double *c, int ldc)
{
    pthread_once(&once, stay_single);
    cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans,
                m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
