/* OpenBLAS. LAPACK's routines take matrices by columns: a symmetric matrix is
 * the same either way, and eigenvectors by columns are ours by rows. */
#include "base/linalg.h"

#include <cblas.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/kernel.h"
#include "base/mem.h"

void dsyevr_(const char *job, const char *range, const char *half, const int *n, double *a, const int *lda,
             const double *low, const double *high, const int *first, const int *last, const double *slack, int *found,
             double *w, double *z, const int *ldz, int *support, double *work, const int *lwork, int *iwork,
             const int *liwork, int *info);
void dposv_(const char *half, const int *n, const int *columns, double *a, const int *lda, double *b, const int *ldb,
            int *info);
void dpotrf_(const char *half, const int *n, double *a, const int *lda, int *info);

/* ---- the library ----
 *
 * The work is split above it, so OpenBLAS is to stay on the calling thread; but it
 * starts threads when it is loaded, unless the environment says otherwise by then,
 * and under a limit of addresses they never end. So it is loaded at its first use. */

#define ROUTINES(DO) \
    DO(cblas_sgemm) \
    DO(cblas_dgemm) \
    DO(dsyevr_) \
    DO(dposv_) DO(dpotrf_) DO(openblas_get_parallel) DO(openblas_get_config) DO(openblas_get_corename)
#define DECLARE(name) __typeof__(name) *name##_call;
#define FIND(name) blas.name##_call = (__typeof__(name) *)found(library, #name);

static struct {
    ROUTINES(DECLARE)
} blas;

/* Addresses for the library and the buffer of one product, of 128 MiB on x86-64, for which it asks for ever where it
 * cannot be had. So under a limit (ulimit -v) one call runs at a time, and the buffer, which the library keeps, is taken
 * at once, after a look whether there is room. */
enum { ROOM = 192 << 20, SIDE = 128 }; /* a product of less than 100^3 terms may do without it */

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static bool in_turns;

/* No thread is there yet that reads the environment. */
__attribute__((constructor)) static void stay_single(void)
{
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
}

static void *found(void *library, const char *name)
{
    void *p = library ? dlsym(library, name) : NULL;

    if (p)
        return p;
    diag_error("%s (package libopenblas0)", dlerror());
    quick_exit(1); /* others may be at work, as in mem_alloc */
}

/* A product of zeros. */
static void take_buffer(void)
{
    float *x = mem_zero(2 * SIDE * SIDE, sizeof *x);

    blas.cblas_sgemm_call(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, x, SIDE, x, SIDE, 0,
                          x + SIDE * SIDE, SIDE);
    free(x);
}

static void prepare(void)
{
    struct rlimit addresses;
    void *library;

    in_turns = getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY;
    if (in_turns)
        free(mem_alloc(ROOM));
    library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    ROUTINES(FIND)
    if (in_turns)
        take_buffer();
    if (blas.openblas_get_parallel_call() != OPENBLAS_THREAD)
        in_turns = true; /* builds without threads, or with OpenMP's, give two callers one buffer */
}

static void begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, prepare);
    if (in_turns)
        pthread_mutex_lock(&one);
}

static void end(void)
{
    if (in_turns)
        pthread_mutex_unlock(&one);
}

char *linalg_version(void)
{
    char version[32] = "OpenBLAS", *text;

    begin();
    sscanf(blas.openblas_get_config_call(), "%*s %31s", version);
    text = mem_format("OpenBLAS %s for %s", version, blas.openblas_get_corename_call());
    end();
    return text;
}

/* ---- what it does ---- */

void gemm(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta, float *c,
          int ldc)
{
    begin();
    blas.cblas_sgemm_call(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1.0f,
                          a, lda, b, ldb, beta, c, ldc);
    end();
}

void gemm_double(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                 int ldb, double beta, double *c, int ldc)
{
    begin();
    blas.cblas_dgemm_call(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha,
                          a, lda, b, ldb, beta, c, ldc);
    end();
}

/* The component of largest size, of equal ones the first, positive. */
static void turn(double *v, size_t n)
{
    size_t largest = 0;

    for (size_t i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(v[largest]))
            largest = i;
    if (v[largest] < 0)
        for (size_t i = 0; i < n; i++)
            v[i] = -v[i];
}

int eigen_symmetric(int n, int count, double *a, double *values)
{
    size_t size = (size_t)n, used = (size_t)count;
    int lwork = 40 * n, liwork = 10 * n, first = n - count + 1, found = 0, info;
    double *all = mem_alloc(size * sizeof *all), *rows = mem_alloc(used * size * sizeof *rows), none = 0;
    double *work = mem_alloc((size_t)lwork * sizeof *work);
    int *iwork = mem_alloc((size_t)liwork * sizeof *iwork), *support = mem_alloc(2 * size * sizeof *support);

    begin(); /* ascending, into all and rows */
    blas.dsyevr__call("V", "I", "U", &n, a, &n, &none, &none, &first, &n, &none, &found, all, rows, &n, support, work,
                      &lwork, iwork, &liwork, &info);
    end();
    for (size_t i = 0; i < used; i++) {
        values[i] = all[used - 1 - i];
        memcpy(a + i * size, rows + (used - 1 - i) * size, size * sizeof *a);
        turn(a + i * size, size);
    }
    free(all);
    free(rows);
    free(work);
    free(iwork);
    free(support);
    return info || found != count ? error_set("the eigenvalues of a %d x %d matrix did not converge", n, n) : 0;
}

int solve_positive(int n, int columns, double *a, double *b)
{
    double *turned = mem_alloc((size_t)n * (size_t)columns * sizeof *turned);
    int info;

    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = 0; j < (size_t)columns; j++)
            turned[j * (size_t)n + i] = b[i * (size_t)columns + j];
    begin();
    blas.dposv__call("U", &n, &columns, a, &n, turned, &n, &info);
    end();
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = 0; j < (size_t)columns; j++)
            b[i * (size_t)columns + j] = turned[j * (size_t)n + i];
    free(turned);
    return info ? error_set("a %d x %d system is not positive definite", n, n) : 0;
}

int cholesky(int n, double *a)
{
    int info;

    begin();
    blas.dpotrf__call("U", &n, a, &n, &info); /* upper by columns is lower by rows */
    end();
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = i + 1; j < (size_t)n; j++)
            a[i * (size_t)n + j] = 0;
    return info ? error_set("a %d x %d matrix is not positive definite", n, n) : 0;
}

KERNEL(squares_add, (const float *x, int64_t count, double *sum), (x, count, sum))
{
    *sum = 0;
    KERNEL_SUM(*sum, double, 16, i, 0, count, (double)x[i] * x[i]);
}

double squares_sum(const float *x, int64_t count)
{
    double sum;

    squares_add(x, count, &sum);
    return sum;
}
