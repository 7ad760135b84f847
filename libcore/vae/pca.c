/* Principal components of stacked frames. */
#include "vae/pca.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "nn/gemm.h"
#include "nn/lapack.h"

/* Sums of stacked frames [features, stride] and of their products. */
static double accumulate(const struct spectral *s, const float *y, int frames, float *stacked, float *part,
                         double *sum, double *products)
{
    int n = s->features * s->stride, count = frames / s->stride;

    for (int c = 0; c < s->features; c++)
        for (int k = 0; k < s->stride; k++)
            for (int t = 0; t < count; t++) {
                float v = y[(size_t)c * (size_t)frames + (size_t)(t * s->stride + k)];

                stacked[(size_t)(c * s->stride + k) * (size_t)count + (size_t)t] = v;
                sum[c * s->stride + k] += (double)v;
            }
    gemm(false, true, n, n, count, stacked, count, stacked, count, 0, part, n);
    for (size_t i = 0; i < (size_t)n * (size_t)n; i++)
        products[i] += (double)part[i];
    return count;
}

/* Variance below which a component counts as this much: it would be blown up. */
static const double least = 1e-3;

static float *values(struct params *p, const char *name)
{
    return p->theta + params_find(p, name)->offset;
}

int pca_begin(const struct spectral *shape, struct params *params, const struct levels *clips, size_t count,
              struct spool *spool)
{
    int n = shape->features * shape->stride, longest = levels_longest(clips, count), status;
    size_t size = (size_t)n;
    float *stacked = mem_alloc(size * (size_t)(longest / shape->stride) * sizeof *stacked);
    float *part = mem_alloc(size * size * sizeof *part);
    double *sum = mem_zero(size, sizeof *sum), *products = mem_zero(size * size, sizeof *products);
    double *values_of = mem_alloc(size * sizeof *values_of), seen = 0;

    for (size_t i = 0; i < count; i++) {
        seen += accumulate(shape, clips[i].y, clips[i].frames, stacked, part, sum, products);
        spool_release(spool, clips[i].y, levels_size(&clips[i], shape->features));
    }
    for (size_t i = 0; i < size; i++)
        sum[i] /= seen;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            products[i * size + j] = products[i * size + j] / seen - sum[i] * sum[j];
    status = lapack_eigen(n, products, values_of);
    if (!status) {
        float *ew = values(params, "enc/linear/kernel"), *eb = values(params, "enc/linear/bias");
        float *dw = values(params, "dec/linear/kernel"), *db = values(params, "dec/linear/bias");

        /* enc [latent, features, stride], dec [latent, features, stride] */
        for (int d = 0; d < shape->latent; d++) {
            const double *v = products + (size_t)(n - 1 - d) * size;
            double w = values_of[n - 1 - d] > least ? values_of[n - 1 - d] : least, scale = sqrt(w), offset = 0;

            for (size_t i = 0; i < size; i++) {
                ew[(size_t)d * size + i] = (float)(v[i] / scale);
                dw[(size_t)d * size + i] = (float)(v[i] * scale);
                offset -= sum[i] * v[i] / scale;
            }
            eb[d] = (float)offset;
        }
        for (int c = 0; c < shape->features; c++) {
            double mean = 0;

            for (int k = 0; k < shape->stride; k++)
                mean += sum[c * shape->stride + k] / shape->stride;
            db[c] = (float)mean;
        }
    }
    free(values_of);
    free(products);
    free(sum);
    free(part);
    free(stacked);
    return status;
}
