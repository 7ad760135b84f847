/* Principal components of stacked frames. */
#include "train/pca.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/team.h"
#include "base/linalg.h"

/* Variance below which a component counts as this much: it would be blown up. */
static const double least = 1e-3;
/* Rows that are enough to tell the components from; the product of their values is made in tiles. */
enum { ROWS_MOST = 40000, TILE = 256 };

/* Sums of rows and of their products, of which those of one clip are made in part. */
struct sums {
    int n, tiles;
    double *sum, *products;
    float *part;
    const float *y;
    int rows;
};

/* Tile (i, j >= i) of the products of a clip's rows, added to those of all. */
static void product_tile(void *arg, int task, int worker)
{
    struct sums *s = arg;
    int i = 0, j, height, width;
    float *part;

    (void)worker;
    for (j = task; j >= s->tiles - i; i++)
        j -= s->tiles - i;
    j += i;
    height = s->n - i * TILE < TILE ? s->n - i * TILE : TILE;
    width = s->n - j * TILE < TILE ? s->n - j * TILE : TILE;
    part = s->part + (size_t)task * TILE * TILE;
    gemm(true, false, height, width, s->rows, s->y + i * TILE, s->n, s->y + j * TILE, s->n, 0, part, TILE);
    for (int a = 0; a < height; a++)
        for (int b = 0; b < width; b++)
            s->products[(size_t)(i * TILE + a) * (size_t)s->n + (size_t)(j * TILE + b)] += (double)part[a * TILE + b];
}

static void add_clip(struct sums *s, struct pool *pool)
{
    for (int r = 0; r < s->rows; r++)
        for (int i = 0; i < s->n; i++)
            s->sum[i] += (double)s->y[(size_t)r * (size_t)s->n + (size_t)i];
    pool_run(pool, s->tiles * (s->tiles + 1) / 2, product_tile, s);
}

/* Clips that together with those of other ranks have enough rows, evenly chosen; returns how many rows all have. */
static double add_all(struct sums *s, const struct spectral *shape, const struct spectral_clip *clips, size_t count,
                      struct spool *spool, struct pool *pool)
{
    double all = 0, seen = 0, passed = 0, share;

    for (size_t i = 0; i < count; i++)
        all += clips[i].level > 0 ? clips[i].real / shape->stride : 0;
    team_sum(&all, 1);
    share = all > ROWS_MOST ? ROWS_MOST / all : 1;
    for (size_t i = 0; i < count; i++) {
        s->y = clips[i].y;
        s->rows = clips[i].level > 0 ? clips[i].real / shape->stride : 0;
        passed += s->rows;
        progress("components of clips", (int64_t)i, (int64_t)count);
        if (s->rows == 0 || seen + s->rows / 2 > share * passed + 1)
            continue;
        add_clip(s, pool);
        seen += s->rows;
        spool_release(spool, clips[i].y, spectral_data_size(&clips[i], shape->features));
    }
    progress("components of clips", 1, 1);
    team_sum(s->sum, (size_t)s->n);
    team_sum(s->products, (size_t)s->n * (size_t)s->n);
    team_sum(&seen, 1);
    return seen;
}

static void covariance(struct sums *s, double seen)
{
    size_t n = (size_t)s->n;

    for (size_t i = 0; i < n; i++)
        s->sum[i] /= seen;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) {
            double v = s->products[i * n + j] / seen - s->sum[i] * s->sum[j];

            s->products[i * n + j] = s->products[j * n + i] = v;
        }
}

/* The first rows of the products have become the components. */
static void set(const struct spectral *shape, struct params *params, const struct sums *s, const double *variance)
{
    float *pca = params_values(params, "pca/kernel"), *mean = params_values(params, "pca/mean");
    float *ew = params_values(params, "enc/linear/kernel"), *eb = params_values(params, "enc/linear/bias");
    float *dw = params_values(params, "dec/out/kernel") + shape->width, *db = params_values(params, "dec/out/bias");
    size_t n = (size_t)s->n, latent = (size_t)shape->latent;

    for (size_t d = 0; d < latent; d++) {
        const double *v = s->products + d * n;
        double w = variance[d] > least ? variance[d] : least, scale = sqrt(w), offset = 0;

        params_values(params, "pca/variance")[d] = (float)w;
        for (size_t i = 0; i < n; i++) {
            pca[d * n + i] = ew[d * n + i] = (float)(v[i] / scale);
            dw[i * ((size_t)shape->width + latent) + d] = (float)(v[i] * scale);
            offset -= s->sum[i] * v[i] / scale;
        }
        eb[d] = (float)offset;
    }
    for (size_t i = 0; i < n; i++)
        mean[i] = db[i] = (float)s->sum[i];
}

int pca_begin(const struct spectral *shape, struct params *params, const struct spectral_clip *clips, size_t count,
              struct spool *spool, struct pool *pool)
{
    int n = shape->features * shape->stride, tiles = (n + TILE - 1) / TILE, status;
    size_t size = (size_t)n;
    struct sums s = {.n = n,
                     .tiles = tiles,
                     .sum = mem_zero(size, sizeof(double)),
                     .products = mem_zero(size * size, sizeof(double)),
                     .part = mem_alloc((size_t)(tiles * (tiles + 1) / 2) * TILE * TILE * sizeof(float))};
    double *variance = mem_alloc((size_t)shape->latent * sizeof *variance);

    covariance(&s, add_all(&s, shape, clips, count, spool, pool));
    status = eigen_symmetric(n, shape->latent, s.products, variance);
    if (!status)
        set(shape, params, &s, variance);
    free(variance);
    free(s.part);
    free(s.products);
    free(s.sum);
    return status;
}
