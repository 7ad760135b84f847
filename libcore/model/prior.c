/* Running the prior. The bank holds training latents; a residual is what the
 * autoregression does not foretell of one of them. A sample is the same
 * autoregression over its own past, driven by residuals that follow each other
 * as they did in training, and go on elsewhere from block to block. */
#include "model/prior.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static const float bound = 6;

/* A context is CONTEXT blocks long; the last RECENT places are not gone back to. */
enum { CONTEXT = 2, RECENT = 8, NEAREST_MOST = 64 };

struct prior {
    struct prior_shape shape;
    struct prior_how how;
    const float *mean, *sd, *matrix, *factor, *bank, *lengths, *periods;
    float *weights;             /* [latent], in standardised units */
    float *weighted, *residual; /* [bank, latent] */
    int64_t *start;             /* [clips + 1]: where each clip of the bank begins */
    int64_t *place;             /* [places]: the last frame of a context that a block may follow */
    int64_t places;
    float *norm; /* [places]: of the context there */
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

static void find_residuals(struct prior *p)
{
    size_t d = (size_t)p->shape.latent;
    float *x = mem_alloc(d * sizeof *x);

    p->residual = mem_zero((size_t)p->shape.bank * d, sizeof *p->residual);
    for (int64_t c = 0; c < p->shape.clips; c++)
        for (int64_t t = PRIOR_ORDER; t < p->start[c + 1] - p->start[c]; t++) {
            size_t at = (size_t)(p->start[c] + t) * d;

            forecast(p, t, p->bank + at - d, x);
            for (size_t i = 0; i < d; i++)
                p->residual[at + i] = p->bank[at + i] - x[i];
        }
    free(x);
}

/* Contexts are whole blocks, with as much of the clip to come. */
static void find_places(struct prior *p)
{
    size_t d = (size_t)p->shape.latent;
    int64_t b = p->shape.block, context = CONTEXT * b;

    p->weighted = mem_alloc((size_t)p->shape.bank * d * sizeof *p->weighted);
    for (size_t t = 0; t < (size_t)p->shape.bank; t++)
        for (size_t i = 0; i < d; i++)
            p->weighted[t * d + i] = p->bank[t * d + i] * p->weights[i];
    p->place = mem_alloc((size_t)(p->shape.bank / b + 1) * sizeof *p->place);
    p->norm = mem_alloc((size_t)(p->shape.bank / b + 1) * sizeof *p->norm);
    for (int64_t c = 0; c < p->shape.clips; c++)
        for (int64_t t = p->start[c] + context - 1; t < p->start[c + 1] - context; t += b) {
            const float *x = p->weighted + (t + 1 - context) * (int64_t)d;
            double sum = 0;

            for (size_t i = 0; i < (size_t)context * d; i++)
                sum += (double)(x[i] * x[i]);
            p->norm[p->places] = (float)sum;
            p->place[p->places++] = t;
        }
}

struct prior *prior_new(const struct prior_shape *shape, const struct params *params, struct prior_how how,
                        const float *weights)
{
    struct prior *p = mem_zero(1, sizeof *p);
    size_t d = (size_t)shape->latent;

    p->shape = *shape;
    p->how = how;
    p->mean = params_values(params, "prior/mean");
    p->sd = params_values(params, "prior/sd");
    p->matrix = params_values(params, "prior/matrix");
    p->factor = params_values(params, "prior/factor");
    p->bank = params_values(params, "prior/bank");
    p->lengths = params_values(params, "prior/lengths");
    p->periods = params_values(params, "prior/periods");
    if (how.kind != PRIOR_BANK)
        return p;
    p->weights = mem_alloc(d * sizeof *p->weights);
    for (size_t i = 0; i < d; i++)
        p->weights[i] = (weights ? weights[i] : 1) * p->sd[i];
    p->start = mem_zero((size_t)shape->clips + 1, sizeof *p->start);
    for (int64_t c = 0; c < shape->clips; c++)
        p->start[c + 1] = p->start[c] + (int64_t)p->lengths[c];
    find_residuals(p);
    find_places(p);
    return p;
}

void prior_free(struct prior *p)
{
    if (!p)
        return;
    free(p->weights);
    free(p->weighted);
    free(p->residual);
    free(p->start);
    free(p->place);
    free(p->norm);
    free(p);
}

/* ---- choices, from noise ---- */

/* Each from a dimension of its own; latents may have fewer than there are choices. */
enum choice { CHOICE_CLIP, CHOICE_PLACE, CHOICE_JUMP };

/* Uniform on [0, 1), for a choice at frame t. */
static double uniform(const struct prior *p, struct prior_noise noise, enum choice what, int64_t t)
{
    double draw = (double)noise.v[(int64_t)what % p->shape.latent * noise.frames + t];
    double u = 0.5 * erfc(-(noise.temperature > 0 ? draw / noise.temperature : draw) / sqrt(2));

    return u < 1 ? u : nextafter(1, 0);
}

double prior_period(const struct prior *p, struct prior_noise noise)
{
    int64_t n = p->how.kind == PRIOR_BANK ? p->shape.clips : p->shape.periods;

    if (p->shape.periods == 0)
        return 0;
    n = n < p->shape.periods ? n : p->shape.periods;
    return (double)p->periods[(int64_t)(uniform(p, noise, CHOICE_CLIP, 0) * (double)n)];
}

/* ---- a sample ---- */

struct walk {
    const struct prior *p;
    int64_t now;  /* frame of the bank whose residual was used last, -1: none */
    int64_t left; /* frames of its clip after it */
    int64_t recent[RECENT];
    int used;
    float *query; /* [context, latent] */
};

static int64_t clip_end(const struct prior *p, int64_t at)
{
    int64_t low = 0, high = p->shape.clips;

    while (high - low > 1) {
        int64_t middle = (low + high) / 2;

        if (p->start[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return p->start[high];
}

static bool is_near(int64_t a, int64_t b, int64_t within)
{
    return b >= 0 && (a > b ? a - b : b - a) < within;
}

static bool was_there(const struct walk *w, int64_t place)
{
    int64_t within = CONTEXT * w->p->shape.block;

    if (is_near(place, w->now, within))
        return true;
    for (int i = 0; i < RECENT; i++)
        if (is_near(place, w->recent[i], within))
            return true;
    return false;
}

/* The index-th of the nearest contexts to the last frames before past + latent. */
static int64_t choose_near(struct walk *w, const float *past, double u)
{
    const struct prior *p = w->p;
    int64_t d = p->shape.latent, context = CONTEXT * p->shape.block, best[NEAREST_MOST];
    float distance[NEAREST_MOST];
    int have = 0, want = p->how.nearest < NEAREST_MOST ? p->how.nearest : NEAREST_MOST;

    for (int64_t t = 0; t < context; t++)
        for (int64_t i = 0; i < d; i++)
            w->query[t * d + i] = past[(t - context + 1) * d + i] * p->weights[i];
    for (int64_t j = 0; j < p->places; j++) {
        const float *x = p->weighted + (p->place[j] + 1 - context) * d;
        float sum[8] = {0}, far;
        int at;

        if (was_there(w, p->place[j]))
            continue;
        for (int64_t i = 0; i + 8 <= context * d; i += 8)
            for (int l = 0; l < 8; l++)
                sum[l] += x[i + l] * w->query[i + l];
        for (int64_t i = context * d / 8 * 8; i < context * d; i++)
            sum[0] += x[i] * w->query[i];
        far = p->norm[j] - 2 * (((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7])));
        if (have == want && far >= distance[have - 1])
            continue;
        at = have < want ? have++ : have - 1;
        for (; at > 0 && distance[at - 1] > far; at--) {
            distance[at] = distance[at - 1];
            best[at] = best[at - 1];
        }
        distance[at] = far;
        best[at] = p->place[j];
    }
    return have > 0 ? best[(int)(u * have)] : p->place[(int64_t)(u * (double)p->places)];
}

/* Where the residuals of frame t, the first of a block or the first after the end of a clip, come from. */
static void choose(struct walk *w, const float *past, struct prior_noise noise, int64_t t)
{
    const struct prior *p = w->p;
    double u = uniform(p, noise, CHOICE_PLACE, t);
    int64_t to = p->how.nearest > 0 ? choose_near(w, past, u) : p->place[(int64_t)(u * (double)p->places)];

    w->recent[w->used++ % RECENT] = w->now;
    w->now = to;
    w->left = clip_end(p, to) - 1 - to;
}

static const float *next_residual(struct walk *w, const float *past, struct prior_noise noise, int64_t t)
{
    const struct prior *p = w->p;
    int64_t b = p->shape.block;

    if (w->now < 0 || w->left < 1 ||
        (t % b == 0 && (w->left < 2 * b || uniform(p, noise, CHOICE_JUMP, t) < p->how.jump)))
        choose(w, past, noise, t);
    w->now++;
    w->left--;
    return p->residual + w->now * p->shape.latent;
}

static void innovation(const struct prior *p, struct prior_noise noise, int64_t t, float *x)
{
    int64_t d = p->shape.latent;
    const float *l = p->factor + (t % p->shape.positions) * d * d;

    for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j <= i; j++)
            x[i] += l[i * d + j] * noise.v[j * noise.frames + t];
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Standardised frames before the first: the end of start, or the begin of a clip of the bank, or nothing. */
static void recall(const struct prior *p, struct prior_noise noise, int64_t start, float *past, int64_t room)
{
    int64_t d = p->shape.latent, b = p->shape.block;

    if (p->how.kind == PRIOR_BANK) {
        int64_t c =
            (int64_t)(uniform(p, noise, CHOICE_CLIP, start < noise.frames ? start : 0) * (double)p->shape.clips);
        int64_t from = p->start[c] + b, have = least(room, p->start[c + 1] - from);

        for (int64_t t = 0; t < have; t++)
            memcpy(past + (room - have + t) * d, p->bank + (from + t) * d, (size_t)d * sizeof *past);
    }
    for (int64_t t = 0; t < least(start, room); t++)
        for (int64_t i = 0; i < d; i++)
            past[(room - 1 - t) * d + i] = (noise.v[i * noise.frames + start - 1 - t] - p->mean[i]) / p->sd[i];
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
static void next_frame(struct walk *w, struct prior_noise noise, int64_t t, float *x)
{
    const struct prior *p = w->p;
    int64_t d = p->shape.latent;
    const float *r = p->how.kind == PRIOR_BANK ? next_residual(w, x - d, noise, t) : NULL;

    forecast(p, t, x - d, x);
    if (r)
        for (int64_t i = 0; i < d; i++)
            x[i] += (float)noise.temperature * r[i];
    else
        innovation(p, noise, t, x);
    for (int64_t i = 0; i < d; i++)
        x[i] = x[i] > bound ? bound : x[i] < -bound ? -bound : x[i];
}

void prior_run(const struct prior *p, struct prior_noise noise, int64_t start)
{
    int64_t d = p->shape.latent, context = p->how.kind == PRIOR_BANK ? CONTEXT * p->shape.block : 0;
    int64_t room = context > PRIOR_ORDER ? context : PRIOR_ORDER;
    struct walk w = {.p = p, .now = -1};
    float *z;

    if (p->how.kind == PRIOR_NORMAL) {
        run_normal(p, noise, start);
        return;
    }
    /* the frames before the first, then those that are made, standardised */
    z = mem_zero((size_t)((room + noise.frames) * d), sizeof *z);
    recall(p, noise, start, z, room);
    w.query = mem_alloc((size_t)(context * d) * sizeof *w.query);
    for (int i = 0; i < RECENT; i++)
        w.recent[i] = -1;
    for (int64_t t = start; t < noise.frames; t++)
        next_frame(&w, noise, t, z + (room + t - start) * d);
    for (int64_t t = start; t < noise.frames; t++)
        for (int64_t i = 0; i < d; i++)
            noise.v[i * noise.frames + t] = z[(room + t - start) * d + i] * p->sd[i] + p->mean[i];
    free(w.query);
    free(z);
}
