/* Sums of one clip, altered. */
#include "model/mix_alter.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/linalg.h"
#include "base/mem.h"
#include "io/resample.h"

int mix_sound_begin(struct mix_sound *s, const struct mix_alter *how)
{
    struct reader *file = how->model ? model_open(&s->m, how->model) : NULL;

    if (!file)
        return how->model ? -1 : 0;
    if (s->m.network->one_length) {
        reader_free(file);
        return error_set(
            "%s: the network '%s' has no frames of sound: --transpose and --split need a model of the network "
            "'spectral'",
            how->model, s->m.network->name);
    }
    if (how->split >= s->m.rate / 2) {
        reader_free(file);
        return error_set("%s: --split %g: its sound ends at %g Hz", how->model, how->split, s->m.rate / 2);
    }
    return chunks_begin(&s->p, &s->m, file, how->model, SPECTRAL_ENCODER | SPECTRAL_DECODER, 1);
}

void mix_sound_end(struct mix_sound *s)
{
    chunks_end(&s->p);
    model_free(&s->m);
}

/* ---- another key ---- */

/* Latents of a clip as its sound is, played factor times as fast. */
static int encode_faster(const struct chunks *p, const struct chunk_clip *clip, double factor, int64_t frames, float *z)
{
    struct chunk_clip fast = *clip;
    float *x;
    int status = 0;

    fast.timing.grid.first /= factor;
    fast.timing.grid.step /= factor;
    fast.samples = (int64_t)ceil((double)clip->samples / factor) + 1;
    x = mem_alloc((size_t)(p->input.channels * fast.samples) * sizeof *x);
    for (int c = 0; c < p->input.channels && !status; c++)
        status = resample(clip->x + c * clip->samples, clip->samples, factor, x + c * fast.samples, fast.samples);
    fast.x = x;
    if (!status)
        chunks_encode(p, &fast, frames, z);
    free(x);
    return status;
}

int mix_transpose(const struct chunks *p, struct timing timing, double semitones, const float *z, int64_t frames,
                  float *change)
{
    double end = timing.grid.first + (double)(frames * p->shape.stride) * timing.grid.step;
    struct chunk_clip clip = {.samples = end > 1 ? (int64_t)end : 1, .level = INPUT_LEVEL, .timing = timing};
    struct chunk_sound how = chunks_how(p, false, 0);
    size_t count = (size_t)(frames * p->shape.latent);
    float *x = mem_alloc((size_t)(p->input.channels * clip.samples) * sizeof *x), *as_is = mem_alloc(count * sizeof *x);
    int status;

    chunks_sound(p, 0, &clip, z, frames, &how, x);
    clip.x = x;
    chunks_encode(p, &clip, frames, as_is);
    status = encode_faster(p, &clip, exp2(semitones / 12), frames, change);
    for (size_t i = 0; i < count && !status; i++)
        change[i] -= as_is[i];
    free(x);
    free(as_is);
    return status;
}

/* Values and means, if these are there, by what the means change; draws stay as far from them. */
static int transpose(const struct mix_sound *s, double semitones, const struct meta *meta, struct mix_sum *value,
                     struct mix_sum *mean)
{
    const struct mix_sum *from = mean->v ? mean : value;
    size_t count = (size_t)(value->frames * value->latent);
    float *z = mem_alloc(2 * count * sizeof *z), *change = z + count;
    int status;

    for (size_t i = 0; i < count; i++)
        z[i] = (float)from->v[i];
    status = mix_transpose(&s->p, input_timing(&s->p.input, meta, NULL, 0), semitones, z, value->frames, change);
    for (size_t i = 0; i < count && !status; i++) {
        value->v[i] += (double)change[i];
        if (mean->v)
            mean->v[i] += (double)change[i];
    }
    free(z);
    return status;
}

/* ---- below a frequency ---- */

/* How much of each value of a frame lies below hz: of a band of left or right, what its part of the mean has. */
static void below(const struct chunks *p, double hz, double *part)
{
    const double steepness = 3 * log(81); /* .9 to .1 over a third of an octave */
    int channels = features_channels(p->input.bands);
    double count[STEREO_BANDS] = {0}, *bands = part + channels;

    for (int c = channels; c < p->shape.features; c++)
        part[c] = 0;
    for (int c = 0; c < channels; c++) {
        double at = features_middle(p->input.bands, c) * p->input.rate / p->input.fft;
        int band = p->input.stereo ? stereo_band(p->input.stereo, c) : 0;

        part[c] = 1 / (1 + pow(at / hz, steepness / M_LN2));
        count[band]++;
        if (p->input.stereo)
            bands[band] += part[c];
    }
    for (int b = 0; b < STEREO_BANDS && p->input.stereo; b++)
        bands[b + STEREO_BANDS] = bands[b] = count[b] > 0 ? bands[b] / count[b] : 0;
}

void mix_low(const struct chunks *p, double hz, float *matrix)
{
    int latent = p->shape.latent, row = p->shape.width + latent, n = p->shape.stride * p->shape.features;
    const float *decode = params_values(p->params, "dec/out/kernel") + p->shape.width;
    double *part = mem_alloc((size_t)p->shape.features * sizeof *part);
    float *low = mem_alloc((size_t)n * (size_t)latent * sizeof *low);

    below(p, hz, part);
    for (int i = 0; i < n; i++)
        for (int d = 0; d < latent; d++)
            low[i * latent + d] = (float)part[i % p->shape.features] * decode[i * row + d];
    gemm(false, false, latent, latent, n, params_values(p->params, "enc/linear/kernel"), n, low, latent, 0, matrix,
         latent);
    free(low);
    free(part);
}

/* What is above hz, of the other. */
static void layer(const struct mix_sound *s, double hz, struct mix_sum *sum, const struct tensor *other)
{
    int latent = s->m.latent, frames = (int)sum->frames;
    size_t count = (size_t)frames * (size_t)latent;
    float *matrix = mem_alloc((size_t)(latent * latent) * sizeof *matrix),
          *apart = mem_alloc(2 * count * sizeof *apart);

    for (int t = 0; t < frames; t++)
        for (int d = 0; d < latent; d++) {
            double v = t < other->shape[1] ? (double)other->data[d * other->shape[1] + t] : 0,
                   *a = sum->v + t * latent + d;

            apart[t * latent + d] = (float)(*a - v);
            *a = v;
        }
    mix_low(&s->p, hz, matrix);
    gemm(false, true, frames, latent, latent, apart, latent, matrix, latent, 0, apart + count, latent);
    for (size_t i = 0; i < count; i++)
        sum->v[i] += (double)apart[count + i];
    free(matrix);
    free(apart);
}

/* ---- all ---- */

/* Standard deviation of one dimension of x [latent, frames] over time; of one frame that of the prior N(0, 1). */
static double deviation(const struct tensor *x, int64_t dim)
{
    const float *v = x->data + dim * x->shape[1];
    double frames = (double)x->shape[1], mean = 0, square = 0;

    for (int64_t t = 0; t < x->shape[1]; t++)
        mean += (double)v[t] / frames;
    for (int64_t t = 0; t < x->shape[1]; t++)
        square += ((double)v[t] - mean) * ((double)v[t] - mean) / frames;
    return x->shape[1] > 1 ? sqrt(square) : 1;
}

int mix_alter_check(const struct mix_sound *s, const struct mix_alter *how, const char *name, int64_t latents)
{
    if (how->model && latents != s->m.latent)
        return error_set("'%s' has %lld latents, %s %d: clips of this model were expected", name, (long long)latents,
                         how->model, s->m.latent);
    if (how->dim > latents)
        return error_set("'%s' has %lld latents: --dim 1 to %lld was expected, not %lld", name, (long long)latents,
                         (long long)latents, (long long)how->dim);
    return 0;
}

int mix_alter(const struct mix_sound *s, const struct mix_alter *how, double at, const struct meta *meta,
              const struct tensor *a, const struct tensor *b, struct mix_sum *sums, struct meta *mix)
{
    double by = how->dim ? at * how->reach * deviation(&a[PART_VALUE], how->dim - 1) : 0;

    for (int p = PART_VALUE; p <= PART_MEAN; p++) {
        for (int64_t t = 0; how->dim && sums[p].v && t < sums[p].frames; t++)
            sums[p].v[t * sums[p].latent + how->dim - 1] += by;
        if (how->split > 0 && sums[p].v)
            layer(s, how->split, &sums[p], &b[p]);
    }
    if (how->dim) {
        meta_set(mix, "dim", meta_int(how->dim));
        meta_set(mix, "deviations", meta_real(at * how->reach));
    }
    if (how->split > 0)
        meta_set(mix, "split", meta_real(how->split));
    if (how->transpose)
        meta_set(mix, "transpose", meta_real(how->semitones));
    if (how->semitones < 0 || how->semitones > 0)
        return transpose(s, how->semitones, meta, &sums[PART_VALUE], &sums[PART_MEAN]);
    return 0;
}
