/* What the linear part of the decoder says of latents, for the guided prior. */
#include "model/spectral_prior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* What a standardised dimension does to the lowest levels, the mean over the frames of a latent: [bins, latent]; and its
 * norm over these frames and all levels to weight [latent]. */
static float *linear_part(const struct chunks *p, const float *sd, int bins, float *weight)
{
    size_t latent = (size_t)p->shape.latent, width = (size_t)p->shape.width, features = (size_t)p->shape.features;
    const float *w = params_values(p->params, "dec/out/kernel") + width;
    float *part = mem_zero((size_t)bins * latent, sizeof *part), each = *p->v.scale / (float)p->shape.stride;
    double *squares = mem_zero(latent, sizeof *squares);

    for (size_t r = 0; r < (size_t)p->shape.stride * features; r++, w += width + latent)
        for (size_t d = 0; d < latent; d++) {
            if (r % features < (size_t)bins)
                part[r % features * latent + d] += each * sd[d] * w[d];
            squares[d] += (double)w[d] * (double)w[d];
        }
    for (size_t d = 0; d < latent; d++)
        weight[d] = (float)sqrt(squares[d]) * sd[d];
    free(squares);
    return part;
}

/* The lowest levels where all latents are at their mean. */
static void rest(const struct chunks *p, const float *mean, int bins, float *out)
{
    int latent = p->shape.latent, width = p->shape.width;
    const float *w = params_values(p->params, "dec/out/kernel"), *bias = params_values(p->params, "dec/out/bias");

    for (int k = 0; k < bins; k++) {
        double sum = 0;

        for (int s = 0; s < p->shape.stride; s++) {
            int row = s * p->shape.features + k;

            sum += (double)bias[row];
            for (int d = 0; d < latent; d++)
                sum += (double)w[row * (width + latent) + width + d] * (double)mean[d];
        }
        out[k] = *p->v.scale * (float)(sum / p->shape.stride) + p->v.mean[k];
    }
}

static struct listening listening(const struct chunks *p, const struct params *params)
{
    size_t latent = (size_t)p->shape.latent;
    int bins;
    struct listening by = {.chroma = chroma_new(p->input.rate, p->input.fft, p->input.corner)};

    bins = chroma_bins(by.chroma);
    by.weight = mem_alloc(latent * sizeof *by.weight);
    by.level = linear_part(p, params_values(params, "prior/sd"), bins, by.weight);
    by.rest = mem_alloc((size_t)bins * sizeof *by.rest);
    rest(p, params_values(params, "prior/mean"), bins, by.rest);
    return by;
}

struct prior *spectral_prior(const struct chunks *p, const struct model *m, const char *path, const char *kind,
                             struct guided_how how)
{
    struct prior_how h = {PRIOR_NORMAL, how};
    struct listening by = {0};

    if (prior_check(&m->prior, m->params)) {
        error_prefix("%s", path);
        return NULL;
    }
    kind = spectral_prior_kind(m, kind);
    if (!strcmp(kind, "guided") && m->prior.bank == 0) {
        error_set("%s: the model has no bank: use another --prior, or train with a --bank", path);
        return NULL;
    } else if (!strcmp(kind, "guided")) {
        h.kind = PRIOR_GUIDED;
        by = listening(p, m->params);
    } else if (!strcmp(kind, m->beat ? "beat" : "var")) {
        h.kind = PRIOR_AUTOREGRESSION;
    } else if (strcmp(kind, "normal")) {
        error_set("%s: its frames %s, there is no prior '%s': use normal, %s or guided", path,
                  m->beat ? "follow the beat" : "do not follow the beat", kind, m->beat ? "beat" : "var");
        return NULL;
    }
    return prior_new(&m->prior, m->params, h, by);
}

const char *spectral_prior_kind(const struct model *m, const char *kind)
{
    return kind && strcmp(kind, "auto") ? kind : m->prior.bank > 0 ? "guided" : m->beat ? "beat" : "var";
}
