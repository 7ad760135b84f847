/* Running the prior: an autoregression over its own past, driven by noise, or
 * made of the bank's blocks that model/guided.h chooses, which it fits to what
 * was played before. */
#include "model/prior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static const float bound = 6;
/* How much of what it makes of the past a block takes on. At 1 new clips wander off what they follow; at 0 they are
 * training clips, cut. */
static const float carried = 0.8f;

struct prior {
    struct prior_shape shape;
    struct prior_how how;
    const float *mean, *sd, *matrix, *factor, *bank, *lengths, *periods;
    struct listening by;
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

/* x [latent] = the autoregression's forecast, constant times its constant part; past points to the frame before, frames lie
 * latent apart. */
static void forecast(const struct prior *p, int64_t t, const float *past, float constant, float *x)
{
    size_t d = (size_t)p->shape.latent;
    const float *m = p->matrix + (size_t)(t % p->shape.positions) * (PRIOR_ORDER * d + 1) * d;

    for (size_t i = 0; i < d; i++)
        x[i] = constant * m[PRIOR_ORDER * d * d + i];
    for (size_t k = 0; k < PRIOR_ORDER; k++) {
        const float *z = past - k * d;

        for (size_t a = 0; a < d; a++, m += d)
            for (size_t i = 0; i < d; i++)
                x[i] += z[a] * m[i];
    }
}

static void begin_bank(struct prior *p)
{
    int64_t *lengths = mem_zero((size_t)p->shape.clips, sizeof *lengths);

    for (int64_t c = 0; c < p->shape.clips; c++)
        lengths[c] = (int64_t)p->lengths[c];
    blocks_make(&p->blocks, p->shape.latent, p->shape.block, p->bank, lengths, p->shape.clips, &p->by,
                p->shape.positions > 1);
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
    free(p->by.level);
    free(p->by.rest);
    chroma_free(p->by.chroma);
    blocks_free(&p->blocks);
    free(p);
}

/* ---- choices, from noise ---- */

/* Each from a dimension of its own; latents may have fewer than there are choices. */
enum choice { CHOICE_CLIP, CHOICE_PLACE, CHOICE_VARY };

/* Uniform on [0, 1), for a choice at frame t of the noise. */
static double uniform(const struct prior *p, struct prior_noise noise, enum choice what, int64_t t)
{
    double draw = (double)noise.v[(int64_t)what % p->shape.latent * noise.frames + t];
    double u = 0.5 * erfc(-(noise.temperature > 0 ? draw / noise.temperature : draw) / sqrt(2));

    return u < 1 ? u : nextafter(1, 0);
}

/* The clip of the bank that noise follows. */
static int64_t clip_followed(const struct prior *p, struct prior_noise noise)
{
    return (int64_t)(uniform(p, noise, CHOICE_CLIP, 0) * (double)p->blocks.clips);
}

int prior_bar(const struct prior *p, struct prior_noise noise)
{
    return p->how.kind == PRIOR_GUIDED ? p->blocks.bar[clip_followed(p, noise)].length : BAR;
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

/* Of frame t, by frame at of the noise. */
static void innovation(const struct prior *p, struct prior_noise noise, int64_t t, int64_t at, float *x)
{
    int64_t d = p->shape.latent;
    const float *l = p->factor + (t % p->shape.positions) * d * d;

    for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j <= i; j++)
            x[i] += l[i * d + j] * noise.v[j * noise.frames + at];
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

struct prior_walk {
    const struct prior *p;
    struct prior_noise noise; /* of the part at hand */
    int64_t start, from;      /* of the frames: the first that is made, and the part's first */
    float *z;                 /* standardised: room frames before the first that the part makes, then those */
    int64_t room;
    float *query;               /* [2 block, latent] */
    float *past;                /* [PRIOR_ORDER, latent] */
    struct guided_walk *guided; /* NULL: no bank */
    int64_t block;              /* of the bank, which sounds now */
    struct blocks given;        /* of a guide that is not of the bank, where there is one, standardised */
    float *given_z;
};

/* Frames before the one at x, by their weight. */
static const float *context(struct prior_walk *w, const float *x)
{
    int64_t d = w->p->shape.latent, n = 2 * w->p->shape.block * d;

    for (int64_t i = 0; i < n; i++)
        w->query[i] = x[i - n] * w->p->by.weight[i % d];
    return w->query;
}

/* (v - mean) / sd of frames from to to of v [latent, frames], frame after frame. */
static void standardise(const struct prior *p, const float *v, int64_t frames, int64_t from, int64_t to, float *out)
{
    for (int64_t t = from; t < to; t++)
        for (int64_t i = 0; i < p->shape.latent; i++)
            *out++ = (v[i * frames + t] - p->mean[i]) / p->sd[i];
}

static void take_guide(struct prior_walk *w)
{
    const struct prior *p = w->p;
    const struct prior_guide *g = w->noise.guide;

    w->given_z = mem_alloc((size_t)(g->frames * p->shape.latent) * sizeof *w->given_z);
    standardise(p, g->z, g->frames, 0, g->frames, w->given_z);
    blocks_make(&w->given, p->shape.latent, p->shape.block, w->given_z, &g->frames, 1, &p->by, p->shape.positions > 1);
}

/* Whom to follow from where on, and the standardised frames before the first: the end of start, or the begin of the guide. */
static void begin_guided(struct prior_walk *w, int64_t blocks)
{
    const struct prior *p = w->p;
    const struct blocks *b = &p->blocks;
    const float *z = p->bank;
    int64_t d = p->shape.latent, n = 2 * p->shape.block * d, from = 0;

    if (w->noise.guide) {
        take_guide(w);
        b = &w->given;
        z = w->given_z;
    } else if (w->start > 0) {
        from = nearest_block(p, context(w, w->z + w->room * p->shape.latent));
    } else {
        from = b->first[clip_followed(p, w->noise)] + 2;
    }
    if (w->start == 0) {
        while ((p->how.guided.form || (p->shape.positions > 1 && !w->noise.guide)) && blocks_place(b, from) != 0)
            from++; /* with a bar, but for a recording that is followed as it is */
        memcpy(w->z + w->room * d - n, z + b->frame[from > 2 ? from - 2 : 0] * d, (size_t)n * sizeof *w->z);
    }
    w->guided = guided_begin(&p->guided, b, from, blocks);
}

/* The frame of the bank that sounds at t, where x will be, at least the one that the autoregression can foretell. */
static const float *guided_frame(struct prior_walk *w, int64_t t, const float *x)
{
    const struct prior *p = w->p;
    int64_t n = p->shape.block, i = (t - w->start) / n, q = (t - w->start) % n, frame;

    if (q == 0)
        w->block = guided_next(w->guided, i, context(w, x), uniform(p, w->noise, CHOICE_PLACE, t - w->from),
                               uniform(p, w->noise, CHOICE_VARY, t - w->from));
    frame = p->blocks.frame[w->block] + q;
    return p->bank + (frame > PRIOR_ORDER ? frame : PRIOR_ORDER) * p->shape.latent;
}

/* The frame y of the bank, and the carried part of what the autoregression makes of how the past differs from what is
 * before y; less the forecast, multiplied by the temperature, and the forecast. As this is linear it is a forecast, too. */
static void fit_frame(struct prior_walk *w, int64_t t, const float *y, float *x)
{
    int64_t d = w->p->shape.latent, n = PRIOR_ORDER * d;
    float hot = (float)w->noise.temperature;

    for (int64_t i = 0; i < n; i++)
        w->past[i] = (1 - hot + hot * carried) * x[i - n] - hot * carried * y[i - n];
    forecast(w->p, t, w->past + n - d, 1 - hot, x);
    for (int64_t i = 0; i < d; i++)
        x[i] += hot * y[i];
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
static void next_frame(struct prior_walk *w, int64_t t, float *x)
{
    const struct prior *p = w->p;
    int64_t d = p->shape.latent;

    if (w->guided) {
        fit_frame(w, t, guided_frame(w, t, x), x);
    } else {
        forecast(p, t, x - d, 1, x);
        innovation(p, w->noise, t, t - w->from, x);
    }
    for (int64_t i = 0; i < d; i++)
        x[i] = x[i] > bound ? bound : x[i] < -bound ? -bound : x[i];
}

struct prior_walk *prior_begin(const struct prior *p, struct prior_noise noise, int64_t start, int64_t frames)
{
    struct prior_walk *w = mem_zero(1, sizeof *w);
    int64_t d = p->shape.latent, two = 2 * p->shape.block, known;

    *w = (struct prior_walk){.p = p, .noise = noise, .start = start, .room = two > PRIOR_ORDER ? two : PRIOR_ORDER};
    if (p->how.kind == PRIOR_NORMAL)
        return w;
    w->z = mem_zero((size_t)(w->room * d), sizeof *w->z);
    w->query = mem_alloc((size_t)(two * d) * sizeof *w->query);
    w->past = mem_alloc((size_t)(PRIOR_ORDER * d) * sizeof *w->past);
    known = start < w->room ? start : w->room;
    standardise(p, noise.v, noise.frames, start - known, start, w->z + (w->room - known) * d);
    if (p->how.kind == PRIOR_GUIDED)
        begin_guided(w, frames < INT64_MAX ? (frames - start) / p->shape.block + 1 : INT64_MAX);
    return w;
}

void prior_next(struct prior_walk *w, float *v, int64_t frames)
{
    const struct prior *p = w->p;
    int64_t d = p->shape.latent, skip = w->start > w->from ? w->start - w->from : 0, count = frames - skip;

    w->noise = (struct prior_noise){v, frames, w->noise.temperature, NULL};
    if (p->how.kind == PRIOR_NORMAL) {
        run_normal(p, w->noise, skip);
    } else {
        w->z = mem_grow(w->z, (size_t)((w->room + count) * d), sizeof *w->z);
        for (int64_t t = 0; t < count; t++)
            next_frame(w, w->from + skip + t, w->z + (w->room + t) * d);
        for (int64_t t = 0; t < count; t++)
            for (int64_t i = 0; i < d; i++)
                v[i * frames + skip + t] = w->z[(w->room + t) * d + i] * p->sd[i] + p->mean[i];
        memmove(w->z, w->z + count * d, (size_t)(w->room * d) * sizeof *w->z);
    }
    w->from += frames;
}

void prior_end(struct prior_walk *w)
{
    if (!w)
        return;
    if (w->guided)
        guided_end(w->guided);
    blocks_free(&w->given);
    free(w->given_z);
    free(w->query);
    free(w->past);
    free(w->z);
    free(w);
}
