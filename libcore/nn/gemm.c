/* OpenBLAS, told to stay on the calling thread: the work is split above it. */
#include "nn/gemm.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/mem.h"

/* Each call that runs at a time has a buffer, of 128 MiB of addresses on x86-64, and OpenBLAS asks for it for ever where
 * it cannot be had. So under a limit of addresses (ulimit -v) one call runs at a time, after a look whether there is room. */
enum { BUFFER = 132 << 20 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static bool in_turns;

static void prepare(void)
{
    struct rlimit addresses;

    openblas_set_num_threads(1);
    in_turns = getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY;
    if (in_turns)
        free(mem_alloc(BUFFER));
}

void blas_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, prepare);
    if (in_turns)
        pthread_mutex_lock(&turn);
}

void blas_end(void)
{
    if (in_turns)
        pthread_mutex_unlock(&turn);
}

void gemm(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
          float beta, float *c, int ldc)
{
    blas_begin();
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans,
                m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
    blas_end();
}
