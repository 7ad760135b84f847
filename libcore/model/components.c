/* Levels through principal components. */
#include "model/components.h"

void components_declare(struct net *net, const struct spectral *s)
{
    net_statistic(net, "pca/kernel", 3, (int64_t[]){s->latent, s->stride, s->features}, INIT_ZERO);
    net_statistic(net, "pca/variance", 1, (int64_t[]){s->latent}, INIT_ZERO);
    net_statistic(net, "pca/mean", 2, (int64_t[]){s->stride, s->features}, INIT_ZERO);
}

void components_project(const struct spectral *shape, const struct params *params, float *y, float *scratch)
{
    const float *kernel = params_values(params, "pca/kernel"), *w = params_values(params, "pca/variance");
    const float *mean = params_values(params, "pca/mean");
    size_t n = (size_t)(shape->features * shape->stride);

    for (size_t i = 0; i < n; i++) {
        scratch[i] = y[i] - mean[i];
        y[i] = mean[i];
    }
    for (size_t d = 0; d < (size_t)shape->latent; d++) {
        double z = 0;

        for (size_t i = 0; i < n; i++)
            z += (double)(kernel[d * n + i] * scratch[i]);
        for (size_t i = 0; i < n; i++)
            y[i] += (float)(z * (double)(kernel[d * n + i] * w[d]));
    }
}
