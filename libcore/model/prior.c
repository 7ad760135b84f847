/* Running the prior. The bank holds training latents; a residual is what the
 * autoregression does not foretell of one of them. A sample is the same
 * autoregression over its own past, driven by noise or by the residuals of the
 * bank's blocks that model/guided.h chooses. */
#include "model/prior.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/linalg.h"
#include "base/mem.h"

static const float bound = 6;

struct prior {
    struct prior_shape shape;
    struct prior_how how;
    const float *mean, *sd, *matrix, *factor, *bank, *lengths, *periods;
    struct listening by;
    float *residual;      /* [bank, latent] */
    struct blocks blocks; /* of the bank */
    struct guided guided;
};

int prior_check(const struct prior_shape *shape, const struct params *params)
{
    const float *lengths = params_values(params, "prior/lengths"), *periods = params_values(params, "prior/periods");
    const float *sd = params_values(params, "prior/sd");
    double sum = 0;

    for (int i = 0; i < shape->latent; i++)
        if (!(sd[i] > 0))
            return error_set("dimension %d of the prior has a deviation of %g, expected more than 0", i, (double)sd[i]);
    for (int64_t c = 0; c < shape->clips; c++) {
        if (!(lengths[c] >= (float)(5 * shape->block) && floorf(lengths[c]) >= lengths[c]))
            return error_set("clip %lld of the prior's bank has %g frames, expected a whole number from %d",
                             (long long)c, (double)lengths[c], 5 * shape->block);
        sum += (double)lengths[c];
    }
    if (shape->bank > 0 && fabs(sum - (double)shape->bank) > 0.5)
        return error_set("the clips of the prior's bank have %g frames, the bank has %lld", sum,
                         (long long)shape->bank);
    for (int64_t i = 0; i < shape->periods; i++)
        if (!(periods[i] >= 0.05f && periods[i] <= 4))
            return error_set("a beat of the prior lasts %g s, expected 0.05 to 4", (double)periods[i]);
    return 0;
}

/* x [latent] = the autoregression's forecast; past points to the frame before, frames lie latent apart. */
static void forecast(const struct prior *p, int64_t t, const float *past, float *x)
{
    size_t d = (size_t)p->shape.latent;
    const float *m = p->matrix + (size_t)(t % p->shape.positions) * (PRIOR_ORDER * d + 1) * d;

    memcpy(x, m + PRIOR_ORDER * d * d, d * sizeof *x);
    for (size_t k = 0; k < PRIOR_ORDER; k++) {
        const float *z = past - k * d;

        for (size_t a = 0; a < d; a++, m += d)
            for (size_t i = 0; i < d; i++)
                x[i] += z[a] * m[i];
    }
}

/* ---- the bank ---- */

/* Forecasts of all frames of a clip from PRIOR_ORDER on that stand at one position, and what they miss. */
static void clip_residuals(const struct prior *p, int64_t start, int64_t frames, int q)
{
    int d = p->shape.latent, k = p->shape.positions, first = PRIOR_ORDER + (q - PRIOR_ORDER % k + k) % k;
    int count = frames > first ? (int)((frames - first + k - 1) / k) : 0;
    const float *m = p->matrix + (size_t)q * (size_t)((PRIOR_ORDER * d + 1) * d), *z = p->bank + start * d;
    float *r = p->residual + start * d;

    for (int i = 0; i < count; i++)
        memcpy(r + (first + i * k) * d, m + PRIOR_ORDER * d * d, (size_t)d * sizeof *r);
    for (int o = 0; o < PRIOR_ORDER && count > 0; o++)
        gemm(false, false, count, d, d, z + (first - 1 - o) * d, k * d, m + o * d * d, d, 1, r + first * d, k * d);
    for (int i = 0; i < count; i++)
        for (int c = (first + i * k) * d; c < (first + i * k + 1) * d; c++)
            r[c] = z[c] - r[c];
}

static void begin_bank(struct prior *p)
{
    size_t d = (size_t)p->shape.latent;
    int64_t *lengths = mem_zero((size_t)p->shape.clips, sizeof *lengths), start = 0;

    p->residual = mem_zero((size_t)p->shape.bank * d, sizeof *p->residual);
    for (int64_t c = 0; c < p->shape.clips; start += lengths[c++]) {
        lengths[c] = (int64_t)p->lengths[c];
        for (int q = 0; q < p->shape.positions; q++)
            clip_residuals(p, start, lengths[c], q);
    }
    blocks_make(&p->blocks, (int)d, p->shape.block, p->bank, lengths, p->shape.clips, &p->by);
    p->guided = (struct guided){&p->blocks, blocks_far(&p->blocks), p->how.guided};
    free(lengths);
}

struct prior *prior_new(const struct prior_shape *shape, const struct params *params, struct prior_how how,
                        struct listening by)
{
    struct prior *p = mem_zero(1, sizeof *p);

    p->shape = *shape;
    p->how = how;
    p->by = by;
    p->mean = params_values(params, "prior/mean");
    p->sd = params_values(params, "prior/sd");
    p->matrix = params_values(params, "prior/matrix");
    p->factor = params_values(params, "prior/factor");
    p->bank = params_values(params, "prior/bank");
    p->lengths = params_values(params, "prior/lengths");
    p->periods = params_values(params, "prior/periods");
    if (how.kind == PRIOR_GUIDED)
        begin_bank(p);
    return p;
}

void prior_free(struct prior *p)
{
    if (!p)
        return;
    free(p->by.weight);
    free(p->by.low);
    free(p->by.high);
    free(p->by.level);
    free(p->by.rest);
    chroma_free(p->by.chroma);
    free(p->residual);
    blocks_free(&p->blocks);
    free(p);
}

/* ---- choices, from noise ---- */

/* Each from a dimension of its own; latents may have fewer than there are choices. */
enum choice { CHOICE_CLIP, CHOICE_PLACE, CHOICE_VARY };

/* Uniform on [0, 1), for a choice at frame t. */
static double uniform(const struct prior *p, struct prior_noise noise, enum choice what, int64_t t)
{
    double draw = (double)noise.v[(int64_t)what % p->shape.latent * noise.frames + t];
    double u = 0.5 * erfc(-(noise.temperature > 0 ? draw / noise.temperature : draw) / sqrt(2));

    return u < 1 ? u : nextafter(1, 0);
}

double prior_period(const struct prior *p, struct prior_noise noise)
{
    int64_t n = p->how.kind == PRIOR_GUIDED ? p->shape.clips : p->shape.periods;

    if (p->shape.periods == 0)
        return 0;
    n = n < p->shape.periods ? n : p->shape.periods;
    return (double)p->periods[(int64_t)(uniform(p, noise, CHOICE_CLIP, 0) * (double)n)];
}

/* ---- a sample ---- */

static void innovation(const struct prior *p, struct prior_noise noise, int64_t t, float *x)
{
    int64_t d = p->shape.latent;
    const float *l = p->factor + (t % p->shape.positions) * d * d;

    for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j <= i; j++)
            x[i] += l[i * d + j] * noise.v[j * noise.frames + t];
}

/* The block of the bank whose context is nearest to the weighted frames past [2 length, latent]. */
static int64_t nearest_block(const struct prior *p, const float *past)
{
    const struct blocks *b = &p->blocks;
    float *products = mem_alloc(2 * (size_t)b->count * sizeof *products), least = INFINITY;
    int64_t best = 0;

    blocks_products(b, past, products);
    for (int64_t j = 2; j < b->count; j++) {
        float far = blocks_context(b, products, j);

        if (b->clip[j] == b->clip[j - 2] && far < least) {
            least = far;
            best = j;
        }
    }
    free(products);
    return best;
}

/* A sample on its way. */
struct walk {
    const struct prior *p;
    struct prior_noise noise;
    int64_t start;
    float *z; /* standardised: room frames before the first that is made, then those */
    int64_t room;
    float *query;               /* [2 block, latent] */
    struct guided_walk *guided; /* NULL: no bank */
    int64_t block;              /* of the bank, which sounds now */
    struct blocks given;        /* of a guide that is not of the bank, where there is one, standardised */
    float *given_z;
};

/* Frames before the one at z's place at, by their weight. */
static const float *context(struct walk *w, int64_t at)
{
    int64_t d = w->p->shape.latent, n = 2 * w->p->shape.block;

    for (int64_t t = 0; t < n; t++)
        for (int64_t i = 0; i < d; i++)
            w->query[t * d + i] = w->z[(w->room + at - n + t) * d + i] * w->p->by.weight[i];
    return w->query;
}

/* (v - mean) / sd of frames from to to of v [latent, frames], frame after frame. */
static void standardise(const struct prior *p, const float *v, int64_t frames, int64_t from, int64_t to, float *out)
{
    for (int64_t t = from; t < to; t++)
        for (int64_t i = 0; i < p->shape.latent; i++)
            *out++ = (v[i * frames + t] - p->mean[i]) / p->sd[i];
}

static void take_guide(struct walk *w)
{
    const struct prior *p = w->p;
    const struct prior_guide *g = w->noise.guide;

    w->given_z = mem_alloc((size_t)(g->frames * p->shape.latent) * sizeof *w->given_z);
    standardise(p, g->z, g->frames, 0, g->frames, w->given_z);
    blocks_make(&w->given, p->shape.latent, p->shape.block, w->given_z, &g->frames, 1, &p->by);
}

/* Whom to follow from where on, and the standardised frames before the first: the end of start, or the begin of the guide. */
static void begin_guided(struct walk *w)
{
    const struct prior *p = w->p;
    const struct blocks *b = &p->blocks;
    int64_t n = 2 * p->shape.block * p->shape.latent, from = 0, clip;
    const float *before = NULL;

    if (w->noise.guide) {
        take_guide(w);
        b = &w->given;
        before = w->given_z;
    } else if (w->start > 0) {
        from = nearest_block(p, context(w, 0));
    } else {
        clip = (int64_t)(uniform(p, w->noise, CHOICE_CLIP, 0) * (double)b->clips);
        from = b->first[clip] + 2;
        before = p->bank + b->frame[from - 2] * p->shape.latent;
    }
    if (before && w->start == 0)
        memcpy(w->z + w->room * p->shape.latent - n, before, (size_t)n * sizeof *w->z);
    w->guided = guided_begin(&p->guided, b, from, (w->noise.frames - w->start) / p->shape.block + 1);
}

/* What drives frame t, that of the guided blocks. */
static const float *guided_residual(struct walk *w, int64_t t)
{
    const struct prior *p = w->p;
    int64_t n = p->shape.block, i = (t - w->start) / n, q = (t - w->start) % n;

    if (q == 0)
        w->block = guided_next(w->guided, i, context(w, t - w->start), uniform(p, w->noise, CHOICE_PLACE, t),
                               uniform(p, w->noise, CHOICE_VARY, t));
    return p->residual + (p->blocks.frame[w->block] + q) * p->shape.latent;
}

static void run_normal(const struct prior *p, struct prior_noise noise, int64_t start)
{
    for (int64_t i = 0; i < p->shape.latent; i++)
        for (int64_t t = start; t < noise.frames; t++) {
            float *x = &noise.v[i * noise.frames + t];

            *x = p->mean[i] + p->sd[i] * *x;
        }
}

/* One standardised frame from those before it. */
static void next_frame(struct walk *w, int64_t t, float *x)
{
    const struct prior *p = w->p;
    int64_t d = p->shape.latent;
    const float *r = w->guided ? guided_residual(w, t) : NULL;

    forecast(p, t, x - d, x);
    if (r)
        for (int64_t i = 0; i < d; i++)
            x[i] += (float)w->noise.temperature * r[i];
    else
        innovation(p, w->noise, t, x);
    for (int64_t i = 0; i < d; i++)
        x[i] = x[i] > bound ? bound : x[i] < -bound ? -bound : x[i];
}

static void walk_free(struct walk *w)
{
    if (w->guided)
        guided_end(w->guided);
    blocks_free(&w->given);
    free(w->given_z);
    free(w->query);
    free(w->z);
}

void prior_run(const struct prior *p, struct prior_noise noise, int64_t start)
{
    int64_t d = p->shape.latent, two = 2 * p->shape.block, known;
    struct walk w = {.p = p, .noise = noise, .start = start, .room = two > PRIOR_ORDER ? two : PRIOR_ORDER};

    if (p->how.kind == PRIOR_NORMAL) {
        run_normal(p, noise, start);
        return;
    }
    w.z = mem_zero((size_t)((w.room + noise.frames) * d), sizeof *w.z);
    w.query = mem_alloc((size_t)(two * d) * sizeof *w.query);
    known = start < w.room ? start : w.room;
    standardise(p, noise.v, noise.frames, start - known, start, w.z + (w.room - known) * d);
    if (p->how.kind == PRIOR_GUIDED)
        begin_guided(&w);
    for (int64_t t = start; t < noise.frames; t++)
        next_frame(&w, t, w.z + (w.room + t - start) * d);
    for (int64_t t = start; t < noise.frames; t++)
        for (int64_t i = 0; i < d; i++)
            noise.v[i * noise.frames + t] = w.z[(w.room + t - start) * d + i] * p->sd[i] + p->mean[i];
    walk_free(&w);
}
