/* The textures, keys and instruments of a set of clips. */
#include "measure/form_space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "measure/distances.h"
#include "measure/moments.h"

enum { TEXTURE = FORM_BANDS + FORM_BAR, AXES = 12, CLUSTERS = 24, ROUNDS = 30, KEY = 8, KEPT = 2 };
enum { STREAM_CLUSTERS = 20000, BARS_LEAST = 8 };

struct form_space {
    double axes[AXES * TEXTURE]; /* over the spread of each value */
    double texture_far, key_far;
    float clusters[CLUSTERS * FORM_BANDS];
};

/* ---- rows ---- */

static int bars_of(const struct form *f)
{
    return f->beats - FORM_BAR + 1;
}

/* Texture of the bars from each beat on [bars_of, TEXTURE], to be freed. */
static float *textures(const struct form *f)
{
    float *beat = mem_zero((size_t)f->beats * TEXTURE, sizeof *beat);
    float *bar = mem_zero((size_t)bars_of(f) * TEXTURE, sizeof *bar);

    for (int b = 0; b < f->beats; b++) {
        for (int k = 0; k < FORM_SOUND; k++)
            beat[b * TEXTURE + k % FORM_BANDS] += f->sound[b * FORM_SOUND + k] / FORM_BAR;
        memcpy(beat + b * TEXTURE + FORM_BANDS, f->onset + b * FORM_BAR, FORM_BAR * sizeof *beat);
    }
    form_window(beat, f->beats, TEXTURE, FORM_BAR, bar);
    free(beat);
    return bar;
}

/* The spectrum of a texture less its level. */
static void timbre_of(const float *texture, float *out)
{
    float mean = 0;

    for (int k = 0; k < FORM_BANDS; k++)
        mean += texture[k] / FORM_BANDS;
    for (int k = 0; k < FORM_BANDS; k++)
        out[k] = texture[k] - mean;
}

static float *keys(const struct form *f)
{
    float *key = mem_zero((size_t)f->beats * CHROMA, sizeof *key);

    form_window(f->harmony, f->beats, CHROMA, KEY, key);
    return key;
}

/* ---- the set ---- */

static bool is_used(const struct form *f)
{
    return f->beats >= BARS_LEAST * FORM_BAR;
}

/* Principal components of textures, each value over its spread. */
static int axes_fit(struct form_space *s, struct moments *m)
{
    double covariance[TEXTURE * TEXTURE], mean[TEXTURE], values[AXES], spread[TEXTURE], *axes;

    moments_covariance(m, covariance);
    for (int i = 0; i < TEXTURE; i++)
        spread[i] = fmax(sqrt(covariance[i * TEXTURE + i]), 1e-6);
    for (int i = 0; i < TEXTURE; i++) { /* of standardised values */
        m->sum[i] /= spread[i];
        for (int j = 0; j < TEXTURE; j++)
            m->outer[i * TEXTURE + j] /= spread[i] * spread[j];
    }
    axes = moments_components(m, AXES, mean, values);
    if (!axes)
        return -1;
    for (int a = 0; a < AXES; a++) {
        s->texture_far += 2 * values[a];
        for (int i = 0; i < TEXTURE; i++)
            s->axes[a * TEXTURE + i] = axes[a * TEXTURE + i] / spread[i];
    }
    free(axes);
    return s->texture_far > 0 ? 0 : -1;
}

/* Lloyd's algorithm from CLUSTERS of the rows [n, FORM_BANDS]. */
static void clusters_fit(struct form_space *s, const float *rows, size_t n, uint64_t seed)
{
    struct rng r = rng_new(seed, STREAM_CLUSTERS);
    float *d = mem_alloc(n * CLUSTERS * sizeof *d);

    for (int c = 0; c < CLUSTERS; c++)
        memcpy(s->clusters + c * FORM_BANDS, rows + rng_below(&r, n) * FORM_BANDS, FORM_BANDS * sizeof *rows);
    for (int round = 0; round < ROUNDS; round++) {
        double sum[CLUSTERS][FORM_BANDS] = {{0}};
        int count[CLUSTERS] = {0};

        pairs_squared((struct rows){rows, NULL, n}, (struct rows){s->clusters, NULL, CLUSTERS}, FORM_BANDS, d);
        for (size_t i = 0; i < n; i++) {
            int best = 0;

            for (int c = 1; c < CLUSTERS; c++)
                best = d[i * CLUSTERS + (size_t)c] < d[i * CLUSTERS + (size_t)best] ? c : best;
            count[best]++;
            for (int k = 0; k < FORM_BANDS; k++)
                sum[best][k] += rows[i * FORM_BANDS + (size_t)k];
        }
        for (int c = 0; c < CLUSTERS; c++)
            for (int k = 0; count[c] > 0 && k < FORM_BANDS; k++)
                s->clusters[c * FORM_BANDS + k] = (float)(sum[c][k] / count[c]);
    }
    free(d);
}

static void textures_fit(struct form_space *s, const struct form *const *forms, size_t count, struct moments *m,
                         uint64_t seed)
{
    float *rows = NULL;
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        int bars = bars_of(forms[i]);
        float *t;

        if (!is_used(forms[i]))
            continue;
        t = textures(forms[i]);
        rows = mem_grow(rows, (n + (size_t)bars) * FORM_BANDS, sizeof *rows);
        moments_add(m, t, (bars + KEPT - 1) / KEPT, KEPT * TEXTURE);
        for (int b = 0; b < bars; b += KEPT)
            timbre_of(t + b * TEXTURE, rows + n++ * FORM_BANDS);
        free(t);
    }
    if (n >= CLUSTERS)
        clusters_fit(s, rows, n, seed);
    free(rows);
}

/* Mean square distance of the keys of two clips: for each pair of clips the mean over their keys. */
static double keys_far(const struct form *const *forms, size_t count)
{
    double sum[CHROMA] = {0}, square = 0, own = 0, all = 0, clips = 0;

    for (size_t i = 0; i < count; i++) {
        double mean[CHROMA] = {0}, n = 0;
        float *key;

        if (!is_used(forms[i]))
            continue;
        key = keys(forms[i]);
        for (int b = 0; b + KEY <= forms[i]->beats; b += KEY)
            n++;
        for (int b = 0; b + KEY <= forms[i]->beats; b += KEY)
            for (int k = 0; k < CHROMA; k++) {
                mean[k] += key[b * CHROMA + k] / n;
                square += (double)key[b * CHROMA + k] * key[b * CHROMA + k] / n;
            }
        for (int k = 0; k < CHROMA; k++) {
            sum[k] += mean[k];
            own += mean[k] * mean[k];
        }
        clips++;
        free(key);
    }
    for (int k = 0; k < CHROMA; k++)
        all += sum[k] * sum[k];
    return clips > 1 ? 2 * square / clips - 2 * (all - own) / (clips * (clips - 1)) : 0;
}

struct form_space *form_space_new(const struct form *const *forms, size_t count, uint64_t seed)
{
    struct form_space *s = mem_zero(1, sizeof *s);
    struct moments *m = moments_new(TEXTURE);

    textures_fit(s, forms, count, m, seed);
    s->key_far = keys_far(forms, count);
    if (m->count < CLUSTERS || axes_fit(s, m) < 0 || !(s->key_far > 0)) {
        form_space_free(s);
        s = NULL;
    }
    moments_free(m);
    return s;
}

void form_space_free(struct form_space *s)
{
    free(s);
}

/* ---- a clip ---- */

/* Textures of all bars in the space [bars, AXES], to be freed. No mean is taken off: only differences count. */
static float *project(const struct form_space *s, const float *texture, int bars)
{
    float *out = mem_zero((size_t)bars * AXES, sizeof *out);

    for (int b = 0; b < bars; b++)
        for (int a = 0; a < AXES; a++) {
            double sum = 0;

            for (int i = 0; i < TEXTURE; i++)
                sum += s->axes[a * TEXTURE + i] * texture[b * TEXTURE + i];
            out[b * AXES + a] = (float)sum;
        }
    return out;
}

static void instruments_measure(const struct form_space *s, const float *texture, int bars, double *value)
{
    float *rows = mem_alloc((size_t)bars * FORM_BANDS * sizeof *rows);
    float *d = mem_alloc((size_t)bars * CLUSTERS * sizeof *d);
    int *played = mem_zero((size_t)bars, sizeof *played), share[CLUSTERS] = {0};
    double entropy = 0, changes = 0;

    for (int b = 0; b < bars; b++)
        timbre_of(texture + b * TEXTURE, rows + b * FORM_BANDS);
    pairs_squared((struct rows){rows, NULL, (size_t)bars}, (struct rows){s->clusters, NULL, CLUSTERS}, FORM_BANDS, d);
    for (int b = 0; b < bars; b++) {
        for (int c = 1; c < CLUSTERS; c++)
            played[b] = d[b * CLUSTERS + c] < d[b * CLUSTERS + played[b]] ? c : played[b];
        share[played[b]]++;
        changes += b >= FORM_BAR && played[b] != played[b - FORM_BAR];
    }
    for (int c = 0; c < CLUSTERS; c++)
        entropy -= share[c] > 0 ? (double)share[c] / bars * log((double)share[c] / bars) : 0;
    value[FORM_INSTR] = entropy;
    value[FORM_SWITCH] = changes / (bars - FORM_BAR);
    free(rows);
    free(d);
    free(played);
}

void form_space_measure(const struct form_space *s, const struct form *f, double value[FORM_MEASURES])
{
    int bars = bars_of(f);
    float *texture, *in, *key;

    for (int i = FORM_ALONE; i < FORM_MEASURES; i++)
        value[i] = NAN;
    if (!s || !is_used(f))
        return;
    texture = textures(f);
    in = project(s, texture, bars);
    key = keys(f);
    for (int i = 0; i < 4; i++)
        value[FORM_TEX1 + i] = form_distance(in, bars, AXES, FORM_BAR << i) / s->texture_far;
    for (int i = 0; i < 3; i++)
        value[FORM_KEY8 + i] = form_distance(key, f->beats - KEY + 1, CHROMA, KEY << i) / s->key_far;
    instruments_measure(s, texture, bars, value);
    free(texture);
    free(in);
    free(key);
}
