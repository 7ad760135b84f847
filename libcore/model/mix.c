/* Mixing: weights on an arc, sums over clips, the meta of a mix. */
#include "model/mix.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/spectral_input.h"

static const double least_logvar = -80; /* of a sum of nothing: exp(-80) is nothing to a float near 1 */

/* ---- the arc ---- */

double mix_angle(const struct tensor *a, const struct tensor *b)
{
    int64_t frames = a->shape[1] < b->shape[1] ? a->shape[1] : b->shape[1];
    double aa = 0, bb = 0, ab = 0, cosine;

    assert(a->rank == 2 && b->rank == 2 && a->shape[0] == b->shape[0]);
    for (int64_t d = 0; d < a->shape[0]; d++) {
        const float *x = a->data + d * a->shape[1], *y = b->data + d * b->shape[1];

        for (int64_t t = 0; t < frames; t++) {
            aa += (double)x[t] * (double)x[t];
            bb += (double)y[t] * (double)y[t];
            ab += (double)x[t] * (double)y[t];
        }
    }
    if (!(aa > 0 && bb > 0))
        return 0;
    cosine = ab / sqrt(aa) / sqrt(bb);
    return acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
}

void mix_arc(double angle, double t, double weights[2])
{
    double sine = sin(angle);

    if (sine < 1e-6) {
        weights[0] = 1 - t;
        weights[1] = t;
    } else {
        weights[0] = sin((1 - t) * angle) / sine;
        weights[1] = sin(t * angle) / sine;
    }
}

/* ---- sums ---- */

/* log(exp(a) + exp(b)) */
static double log_add(double a, double b)
{
    double most = a > b ? a : b, least = a > b ? b : a;

    return isinf(least) ? most : most + log1p(exp(least - most));
}

/* Rows from the first on, as many zeros of those added before would have made them. */
static void extend(struct mix_sum *s, int64_t first, int64_t frames)
{
    double empty = s->log ? log(s->power) : 0;

    if (frames > s->room) {
        s->room = frames > 2 * s->room ? frames : 2 * s->room;
        s->v = mem_grow(s->v, (size_t)s->room * (size_t)s->latent, sizeof *s->v);
    }
    for (int64_t i = first * s->latent; i < frames * s->latent; i++)
        s->v[i] = empty;
    s->frames = frames;
}

void mix_begin(struct mix_sum *s, int64_t latent, int64_t frames, bool log, bool pad)
{
    *s = (struct mix_sum){.latent = latent, .log = log, .pad = pad};
    extend(s, 0, frames);
}

void mix_end(struct mix_sum *s)
{
    free(s->v);
    s->v = NULL;
}

void mix_add(struct mix_sum *s, const struct tensor *x, const double *w, int step)
{
    int64_t have = x->shape[1];

    assert(x->rank == 2 && x->shape[0] == s->latent && (step == 0 || step == 1));
    if (have < s->frames && !s->pad)
        s->frames = have;
    if (have > s->frames && s->pad) {
        assert(step == 0);
        extend(s, s->frames, have);
    }
    for (int64_t t = 0; t < s->frames; t++) {
        double weight = w[t * step], added = log(weight * weight), *row = s->v + t * s->latent;

        if (!(weight < 0 || weight > 0))
            continue; /* one with 0 leaves the others as they are, to the bit */
        for (int64_t d = 0; d < s->latent; d++) {
            double v = t < have ? (double)x->data[d * have + t] : 0;

            row[d] = s->log ? log_add(row[d], v + added) : row[d] + weight * v;
        }
    }
    s->power += step == 0 ? w[0] * w[0] : 0;
}

int mix_take(const struct mix_sum *s, double scale, float *out)
{
    for (int64_t d = 0; d < s->latent; d++)
        for (int64_t t = 0; t < s->frames; t++) {
            double v = s->v[t * s->latent + d];

            v = s->log ? fmax(v + log(scale * scale), least_logvar) : v * scale;
            out[d * s->frames + t] = (float)v;
            if (!isfinite(out[d * s->frames + t]))
                return error_set("a value is too large: smaller weights were expected");
        }
    return 0;
}

/* ---- meta ---- */

enum { SAMPLES, SECONDS, LEVEL, TEMPO, BEAT, FACTS };

static const char *const keys[FACTS] = {"samples", "seconds", "level", "tempo", "beat"};

/* What a clip says of itself; what it does not say is below 0. */
struct facts {
    double weight, of[FACTS];
    struct grid grid; /* of its frames, in seconds; where they do not follow the beat {0, 1} */
};

static int read_facts(const struct meta *m, double weight, bool beats, struct facts *f)
{
    const struct spectral_input input = {.rate = 1, .beat = true};

    f->weight = fabs(weight);
    f->grid = beats ? input_timing(&input, m, NULL, 0).grid : (struct grid){0, 1};
    for (int i = 0; i < FACTS; i++) {
        f->of[i] = -1;
        if (meta_get_real(m, keys[i], &f->of[i]) &&
            !(f->of[i] >= 0 && f->of[i] < 0x1p52 && (f->of[i] > 0 || i == LEVEL || i == BEAT)))
            return error_set("its '%s' cannot be %g", keys[i], f->of[i]);
    }
    return 0;
}

/* The mean, by weight, of those clips that say it and count at all, -1 when
 * there are none: to the bit what one says that has all the weight. What is 0 has no geometric mean with others. */
static double blend(const struct facts *f, size_t count, int which, bool geometric)
{
    double all = 0, product = 1, sum = 0, over = geometric ? 0 : -1;

    for (size_t i = 0; i < count; i++)
        all += f[i].of[which] > over ? f[i].weight : 0;
    for (size_t i = 0; i < count; i++)
        if (f[i].of[which] > over && f[i].weight > 0) {
            product *= pow(f[i].of[which], f[i].weight / all);
            sum += f[i].of[which] * (f[i].weight / all);
        }
    return !(all > 0) ? -1 : geometric ? product : sum;
}

/* The grid of a mix: steps by their geometric mean, beginnings by their mean in steps. */
static struct grid blend_grid(const struct facts *f, size_t count)
{
    struct grid g = {0, 1};
    double all = 0;

    for (size_t i = 0; i < count; i++)
        all += f[i].weight;
    for (size_t i = 0; i < count; i++) {
        g.step *= pow(f[i].grid.step, f[i].weight / all);
        g.first += f[i].grid.first / f[i].grid.step * (f[i].weight / all);
    }
    g.first *= g.step;
    return g;
}

/* The least or the most of the lengths, in steps of the clip's grid, at the
 * steps of the mix. -1: a clip does not say how long it is. */
static double blend_length(const struct facts *f, size_t count, int which, double step, bool most)
{
    double length = -1;

    for (size_t i = 0; i < count; i++) {
        double v = f[i].of[which] * (step / f[i].grid.step);

        if (!(v > 0))
            return -1;
        if (i == 0 || (most ? v > length : v < length))
            length = v;
    }
    return length;
}

/* Tempo and first beat of a mix whose frames follow the beat: where its grid has them. */
static void beat_of_grid(struct grid g, double *tempo, double *beat)
{
    double period = g.step * BEAT_FRAMES;

    *tempo = 60 / period;
    *beat = g.first + g.step;
    *beat -= period * floor(*beat / period);
}

struct meta *mix_common(const struct meta *a, const struct meta *b)
{
    struct meta *m = meta_map();

    for (size_t i = 0; i < a->count; i++) {
        const struct meta *other = meta_get(b, a->keys[i]);
        bool computed = !strcmp(a->keys[i], "mix");

        for (int k = 0; k < FACTS; k++)
            computed = computed || !strcmp(a->keys[i], keys[k]);
        if (!computed && other && meta_equal(a->items[i], other))
            meta_add(m, a->keys[i], meta_copy(a->items[i]));
    }
    return m;
}

static void compute(const struct facts *f, size_t count, bool beats, bool most, struct meta *m)
{
    struct grid g = blend_grid(f, count);
    double of[FACTS];
    size_t sounding = 0;

    of[SAMPLES] = round(blend_length(f, count, SAMPLES, g.step, most));
    of[SECONDS] = blend_length(f, count, SECONDS, g.step, most);
    of[LEVEL] = blend(f, count, LEVEL, true);
    if (of[LEVEL] < 0) /* all are silent, or none says */
        of[LEVEL] = blend(f, count, LEVEL, false);
    of[TEMPO] = blend(f, count, TEMPO, true);
    of[BEAT] = blend(f, count, BEAT, false);
    for (size_t i = 0; i < count; i++)
        sounding += f[i].weight > 0;
    if (beats && sounding > 1 && of[TEMPO] > 0)
        beat_of_grid(g, &of[TEMPO], &of[BEAT]);
    for (int i = 0; i < FACTS; i++)
        if (i == SAMPLES && of[i] >= 0 && of[i] < 0x1p53)
            meta_add(m, keys[i], meta_int(of[i] > 1 ? (int64_t)of[i] : 1));
        else if (i != SAMPLES && of[i] >= 0)
            meta_add(m, keys[i], meta_real(of[i]));
}

/* What is mixed of clips of which one dies away at its end does so too: the most beats of those that count. */
static void add_tail(struct meta *const *metas, const struct facts *f, size_t count, struct meta *m)
{
    const struct meta *tail = NULL;
    double beats, most = 0;

    for (size_t i = 0; i < count; i++)
        if (f[i].weight > 0 && meta_get_real(metas[i], "tail", &beats) && beats > most) {
            most = beats;
            tail = meta_get(metas[i], "tail");
        }
    if (tail && !meta_get(m, "tail"))
        meta_add(m, "tail", meta_copy(tail));
}

struct meta *mix_meta(struct meta *const *metas, const double *weights, size_t count, bool beats, bool most)
{
    struct facts *f = mem_zero(count, sizeof *f);
    struct meta *m = mix_common(metas[0], metas[0]);
    double all = 0;

    for (size_t i = 0; i < count; i++) {
        struct meta *less = mix_common(m, metas[i]);

        meta_free(m);
        m = less;
        if (read_facts(metas[i], weights[i], beats, &f[i])) {
            meta_free(m);
            free(f);
            return NULL;
        }
        all += f[i].weight;
    }
    for (size_t i = 0; i < count && !(all > 0); i++)
        f[i].weight = 1; /* nothing of anything: all count the same */
    compute(f, count, beats, most, m);
    add_tail(metas, f, count, m);
    free(f);
    return m;
}
