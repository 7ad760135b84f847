/* mel-FD: principal components of log-mel patches, and the Frechet distance in their space. */
#include "measure/melfd.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

struct melfd {
    struct moments *patches; /* of what was learnt, PATCH_DIMS */
    double mean[PATCH_DIMS];
    double *axes; /* [MELFD_DIMS, PATCH_DIMS] at its beginning; NULL before the fit */
    double explained;
};

struct melfd *melfd_new(void)
{
    struct melfd *m = mem_zero(1, sizeof *m);

    m->patches = moments_new(PATCH_DIMS);
    return m;
}

void melfd_free(struct melfd *m)
{
    if (!m)
        return;
    moments_free(m->patches);
    free(m->axes);
    free(m);
}

void melfd_learn(struct melfd *m, const float *map, int64_t frames)
{
    moments_add(m->patches, map, patch_count(frames), PATCH_STRIDE * MEL_BANDS);
}

int melfd_fit(struct melfd *m)
{
    double variances[PATCH_DIMS], all = 0, kept = 0;

    if (m->patches->count <= MELFD_DIMS)
        return error_set("too little sound to compare with: %.0f patches, over %d are needed (5 seconds)",
                         m->patches->count, MELFD_DIMS);
    m->axes = moments_components(m->patches, PATCH_DIMS, m->mean, variances);
    if (!m->axes)
        return -1;
    for (int i = 0; i < PATCH_DIMS; i++) {
        all += variances[i];
        kept += i < MELFD_DIMS ? variances[i] : 0;
    }
    m->explained = all > 0 ? kept / all : 1;
    return 0;
}

double melfd_explained(const struct melfd *m)
{
    return m->explained;
}

void melfd_project(const struct melfd *m, const float *map, int64_t frames, float *rows)
{
    double patch[PATCH_DIMS];

    for (int64_t p = 0; p < patch_count(frames); p++, map += PATCH_STRIDE * MEL_BANDS) {
        for (int i = 0; i < PATCH_DIMS; i++)
            patch[i] = map[i] - m->mean[i];
        for (int d = 0; d < MELFD_DIMS; d++) {
            double sum = 0;

            for (int i = 0; i < PATCH_DIMS; i++)
                sum += m->axes[d * PATCH_DIMS + i] * patch[i];
            rows[p * MELFD_DIMS + d] = (float)sum;
        }
    }
}
