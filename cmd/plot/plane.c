/* Which plane of the latent space is drawn, and what lies in it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/linalg.h"
#include "base/mem.h"
#include "latent.h"

enum { COMPONENTS_MOST = 1024 }; /* dimensions, for principal components: the work grows with their square */

static const double active_nats = 0.01; /* as in cv-eval(1) */

/* Mean and variance of each dimension over all times of all clips. */
static void moments(const struct latent *l, double *mean, double *variance)
{
    for (int64_t d = 0; d < l->dims; d++) {
        for (int pass = 0; pass < 2; pass++) {
            double sum = 0;

            for (size_t i = 0; i < l->count; i++)
                for (int64_t t = 0; t < l->clips[i].times; t++) {
                    double x = l->clips[i].z[d * l->clips[i].times + t];

                    sum += pass == 0 ? x : (x - mean[d]) * (x - mean[d]);
                }
            (pass == 0 ? mean : variance)[d] = sum / (double)l->points;
        }
    }
}

/* Of the posteriors, mean variance of a dimension; 0 where not known. */
static double noise_of(const struct latent *l, int64_t d)
{
    return l->spread ? l->variance[d] / (double)l->count : 0;
}

/* Whether each dimension, as a channel with the posterior's noise, holds next to nothing: then clips differ by noise
 * alone, whatever the prior is. */
static bool has_collapsed(const struct latent *l, const double *variance)
{
    for (int64_t d = 0; d < l->dims; d++)
        if (0.5 * log1p(variance[d] / noise_of(l, d)) > active_nats)
            return false;
    return l->spread && l->points > 1;
}

/* The two directions in which latents vary most; false if they cannot be told. */
static bool components(struct plane *p, const struct latent *l, const double *mean, double total)
{
    int dims = (int)l->dims;
    double *covariance = mem_zero((size_t)dims * (size_t)dims, sizeof *covariance), values[2];
    bool found;

    for (size_t i = 0; i < l->count; i++) {
        int times = (int)l->clips[i].times;
        double *x = mem_alloc((size_t)dims * (size_t)times * sizeof *x);

        for (int64_t j = 0; j < (int64_t)dims * times; j++)
            x[j] = l->clips[i].z[j] - mean[j / times];
        gemm_double(false, true, dims, dims, times, 1 / (double)l->points, x, times, x, times, 1, covariance, dims);
        free(x);
    }
    found = total > 0 && eigen_symmetric(dims, 2, covariance, values) == 0;
    for (int k = 0; k < 2 && found; k++) {
        memcpy(p->axis[k], covariance + (size_t)k * (size_t)dims, (size_t)dims * sizeof *covariance);
        p->sd[k] = sqrt(fmax(0, values[k]));
    }
    p->share = found ? (values[0] + values[1]) / total : 0;
    free(covariance);
    return found;
}

static void axes_choose(struct plane *p, const struct latent *l, const double *mean, const double *variance)
{
    double total = 0;

    for (int k = 0; k < 2; k++)
        p->axis[k] = mem_zero((size_t)l->dims, sizeof *p->axis[k]);
    for (int64_t d = 0; d < l->dims; d++)
        total += variance[d];
    if (l->wanted[0] == 0 && l->dims > 2 && l->dims <= COMPONENTS_MOST && !l->noise && isfinite(total) &&
        components(p, l, mean, total))
        return;
    for (int k = 0; k < 2; k++) {
        p->dims[k] = l->wanted[k] > 0 ? l->wanted[k] : k + 1;
        if (p->dims[k] > l->dims)
            continue;
        p->axis[k][p->dims[k] - 1] = 1;
        p->sd[k] = sqrt(variance[p->dims[k] - 1]);
    }
}

/* Where time t of a clip lies along an axis; not from the centre of the clips but from 0, where a prior is. */
static double along(const struct latent_clip *clip, int64_t dims, int64_t t, const double *axis)
{
    double sum = 0;

    for (int64_t d = 0; d < dims; d++)
        sum += axis[d] != 0 ? axis[d] * clip->z[d * clip->times + t] : 0;
    return sum;
}

void plane_make(struct plane *p, const struct latent *l)
{
    double *mean = mem_zero((size_t)l->dims, sizeof *mean), *variance = mem_zero((size_t)l->dims, sizeof *variance);
    struct point *point;

    *p = (struct plane){.points = mem_alloc((size_t)l->points * sizeof *p->points)};
    moments(l, mean, variance);
    p->collapsed = has_collapsed(l, variance);
    axes_choose(p, l, mean, variance);
    for (int k = 0; k < 2; k++) {
        for (int64_t d = 0; d < l->dims; d++)
            p->posterior[k] += p->axis[k][d] * p->axis[k][d] * noise_of(l, d);
        p->posterior[k] = sqrt(p->posterior[k]);
    }
    point = p->points;
    for (size_t i = 0; i < l->count; i++)
        for (int64_t t = 0; t < l->clips[i].times; t++)
            *point++ = (struct point){along(&l->clips[i], l->dims, t, p->axis[0]),
                                      along(&l->clips[i], l->dims, t, p->axis[1])};
    free(mean);
    free(variance);
}

void plane_free(struct plane *p)
{
    free(p->axis[0]);
    free(p->axis[1]);
    free(p->points);
}
