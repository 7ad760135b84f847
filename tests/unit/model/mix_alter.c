/* Other keys and layers, on networks whose latents are levels, or mix them at random. */
#include "model/mix_alter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"

enum { RATE = 3000, FRAMES = 150, WIDTH = 3 };

struct rig {
    struct spectral_input input;
    struct spectral shape;
    struct params *params;
    struct spectral_graph graph;
    struct chunks chunks;
};

/* Parameters are zeros but for what playing needs; latent 0: one for each level. */
static void rig_begin(struct rig *r, int channels, int latent, int stride)
{
    input_begin(&r->input, RATE, channels, false);
    r->shape = (struct spectral){input_features(&r->input), WIDTH, latent, stride};
    r->shape.latent = latent > 0 ? latent : r->shape.features;
    r->params = params_new();
    r->graph = spectral_build(&r->shape, SPECTRAL_ALL, r->params, 1, 1, NULL);
    input_declare(r->graph.net, r->shape.features);
    net_plan(r->graph.net, 1, true);
    memset(r->params->theta, 0, r->params->total * sizeof *r->params->theta);
    chunks_over(&r->chunks, &r->shape, &r->input, r->params, 1);
    *r->chunks.v.scale = 1;
    *r->chunks.v.loudest = 1;
    *r->chunks.v.floor = -9;
    for (int c = 0; c < r->shape.features; c++) {
        r->chunks.v.most[c] = 9;
        r->chunks.v.fill[c] = -9;
    }
}

static void rig_end(struct rig *r)
{
    chunks_end(&r->chunks);
    net_free(r->graph.net);
    params_free(r->params);
    input_end(&r->input);
}

/* ---- another key ---- */

/* z [FRAMES, features] of a tone of that frequency, in bins, and of twice and three times it. */
static void encode_tone(const struct rig *r, double bin, float *z)
{
    int samples = FRAMES * r->input.hop;
    float *x = mem_alloc((size_t)samples * sizeof *x);
    struct chunk_clip clip = {
        .x = x, .samples = samples, .level = INPUT_LEVEL, .timing = input_timing(&r->input, NULL, NULL, 0)};

    for (int i = 0; i < samples; i++)
        for (int k = 1; k <= 3; k++)
            x[i] = (float)((k > 1 ? (double)x[i] : 0) + 0.1 / k * cos(2 * M_PI * k * bin * i / r->input.fft));
    chunks_encode(&r->chunks, &clip, FRAMES, z);
    free(x);
}

static int loudest(const float *row, int count)
{
    int best = 1;

    for (int c = 2; c < count; c++)
        best = row[c] > row[best] ? c : best;
    return best;
}

/* Whether the tone, as many semitones higher, is about what one of that pitch is. */
static void moves(const struct rig *r, double bin, double semitones)
{
    int n = r->shape.features;
    size_t count = (size_t)(FRAMES * n);
    float *z = mem_alloc(3 * count * sizeof *z), *change = z + count, *wanted = change + count;
    double want = bin * exp2(semitones / 12), off = 0, all = 0;
    struct timing t = input_timing(&r->input, NULL, NULL, 0);
    int peaks = 0;

    encode_tone(r, bin, z);
    encode_tone(r, want, wanted);
    check(mix_transpose(&r->chunks, t, semitones, z, FRAMES, change) == 0, "transposed");
    for (int f = 8; f < FRAMES - 8; f++) {
        const float *w = wanted + f * n;

        for (int c = 0; c < n; c++) {
            double is = (double)(z[f * n + c] + change[f * n + c]);

            off += w[c] > 0 ? pow(is - (double)w[c], 2) : 0;
            all += w[c] > 0 ? pow((double)(z[f * n + c] - w[c]), 2) : 0;
            change[f * n + c] = (float)is;
        }
        peaks += abs(loudest(change + f * n, n) - (int)lrint(want)) <= 1;
    }
    check(peaks > 9 * (FRAMES - 16) / 10, "%+g semitones: the peak of %d frames at bin %g", semitones, peaks, want);
    check(off < 0.1 * all, "%+g semitones: levels as of such a tone (%.3f unexplained)", semitones, off / all);
    free(z);
}

static void test_transpose(void)
{
    struct rig r;

    rig_begin(&r, 1, 0, 1);
    for (int c = 0; c < r.shape.features; c++) {
        params_values(r.params, "enc/linear/kernel")[c * r.shape.features + c] = 1;
        params_values(r.params, "dec/out/kernel")[c * (r.shape.latent + WIDTH) + WIDTH + c] = 1;
    }
    moves(&r, 20.3, 12);
    moves(&r, 20.3, 3.5);
    moves(&r, 20.3, -7);
    moves(&r, 33, -12);
    rig_end(&r);
}

/* ---- layers ---- */

/* What encoding, linearly, says of part of what decoding makes of z, and how far the matrix is from it. */
static double direct(const struct rig *r, const double *part, const float *matrix, const float *z)
{
    int latent = r->shape.latent, features = r->shape.features, n = r->shape.stride * features;
    const float *e = params_values(r->params, "enc/linear/kernel"), *d = params_values(r->params, "dec/out/kernel");
    double *y = mem_zero((size_t)n, sizeof *y), far = 0;

    for (int i = 0; i < n; i++)
        for (int k = 0; k < latent; k++)
            y[i] += part[i % features] * (double)(d[i * (latent + WIDTH) + WIDTH + k] * z[k]);
    for (int k = 0; k < latent; k++) {
        double want = 0, is = 0;

        for (int i = 0; i < n; i++)
            want += (double)e[k * n + i] * y[i];
        for (int i = 0; i < latent; i++)
            is += (double)(matrix[k * latent + i] * z[i]);
        far = fmax(far, fabs(want - is) / (1 + fabs(want)));
    }
    free(y);
    return far;
}

static void test_low(int channels)
{
    enum { LATENT = 6 };
    struct rig r;
    struct rng random = rng_new(5, 0);
    float matrix[LATENT * LATENT], z[LATENT];
    double *part;
    int bins;

    rig_begin(&r, channels, LATENT, 2);
    bins = features_channels(r.input.bands);
    part = mem_zero((size_t)r.shape.features, sizeof *part);
    rng_normal(&random, r.params->theta, r.params->total);
    rng_normal(&random, z, LATENT);
    for (int c = 0; c < r.shape.features; c++)
        part[c] = 1;
    mix_low(&r.chunks, 1e9, matrix);
    check(direct(&r, part, matrix, z) < 1e-4, "all of it below a frequency beyond all");
    /* by hand: as steep as it says, and of sides what their band of the mean has */
    for (int c = 0; c < bins; c++)
        part[c] = 1 / (1 + pow(9, 6 * log2((c + 1e-9) * RATE / r.input.fft / 400)));
    for (int c = bins; c < r.shape.features; c++) {
        double count = 0;

        part[c] = 0;
        for (int k = 0; k < bins; k++)
            if (stereo_band(r.input.stereo, k) == (c - bins) % STEREO_BANDS) {
                part[c] += part[k];
                count++;
            }
        part[c] /= count > 0 ? count : 1;
    }
    mix_low(&r.chunks, 400, matrix);
    check(direct(&r, part, matrix, z) < 1e-4, "below 400 Hz");
    mix_low(&r.chunks, 500, matrix);
    check(direct(&r, part, matrix, z) > 1e-2, "below 500 Hz is more");
    free(part);
    rig_end(&r);
}

int main(void)
{
    test_transpose();
    test_low(1);
    test_low(2);
    return check_done();
}
