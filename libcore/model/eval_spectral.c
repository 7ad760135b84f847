/* Evaluating the network 'spectral'. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "model/eval_private.h"
#include "model/terms.h"

struct state {
    struct chunks p;
    const struct model *m;
    uint64_t seed;
    struct terms sum, at_zero;
};

static void spectral_end(void *state)
{
    struct state *s = state;

    terms_free(&s->sum);
    terms_free(&s->at_zero);
    chunks_end(&s->p);
    free(s);
}

static void *spectral_begin(struct model *m, struct reader *file, const char *path, uint64_t seed, int threads)
{
    struct state *s = mem_zero(1, sizeof *s);
    int parts = SPECTRAL_ENCODER | SPECTRAL_DECODER | SPECTRAL_PRIOR | PIECES_COMPONENTS;

    s->seed = seed;
    s->m = m;
    s->sum = terms_new(&m->spectral);
    s->at_zero = terms_new(&m->spectral);
    if (chunks_begin(&s->p, m, file, path, parts, threads)) {
        spectral_end(s);
        return NULL;
    }
    return s;
}

/* ---- a clip ---- */

/* Of levels y [frames, features] those that need no training: of true ones, then, in place, through the components alone. */
static void untrained_sounds(const struct state *s, int worker, const struct chunk_clip *clip, float *y,
                             struct eval_clip *c)
{
    const struct chunks *p = &s->p;
    struct chunk_sound trained = chunks_how(p, false, s->seed), how = trained;
    size_t size = (size_t)(p->input.channels * c->samples), each = (size_t)(p->shape.stride * p->shape.features);
    float *scratch = mem_alloc(each * sizeof *scratch);

    how.lift = how.gain = 0;
    c->floor = mem_alloc(size * sizeof(float));
    chunks_play(p, worker, clip, y, &how, c->floor);
    for (int64_t t = 0; t < c->frames; t++)
        chunks_project(&p->shape, p->params, y + (size_t)t * each, scratch);
    c->components = mem_alloc(size * sizeof(float));
    chunks_play(p, worker, clip, y, &trained, c->components);
    free(scratch);
}

static void spectral_clip(void *state, int worker, struct eval_clip *c)
{
    struct state *s = state;
    const struct chunks *p = &s->p;
    const struct spectral *shape = &p->shape;
    struct chunk_clip clip = chunks_clip(p, c->meta, c->x, c->samples);
    struct chunk_sound how = chunks_how(p, false, s->seed);
    struct rng noise = rng_new(s->seed, (uint64_t)c->number);
    int64_t latents = c->frames = chunks_latents(p, &clip), frames = latents * shape->stride;
    int64_t real = grid_frames(clip.timing.grid, c->samples);
    float *y = mem_alloc((size_t)frames * (size_t)shape->features * sizeof *y);
    float *z = mem_alloc((size_t)(latents * shape->latent) * sizeof *z); /* noise, then means */
    struct figures_of_terms f;

    chunks_levels(p, &clip, 0, (int)frames, y);
    c->spectral = terms_new(shape);
    rng_normal(&noise, z, (size_t)(latents * shape->latent));
    terms_clip(&c->spectral, p, worker, y, frames, real, clip.timing.grid.step, z);
    f = terms_figures(&c->spectral, shape);
    c->own[EVAL_DISTANCE] = f.distance;
    c->own[EVAL_NATS] = -f.elbo;
    c->own[EVAL_KL] = f.rate;
    c->at_zero = terms_new(shape);
    terms_clip(&c->at_zero, p, worker, y, frames, real, clip.timing.grid.step, NULL);
    chunks_means(p, y, latents, z);
    chunks_sound(p, worker, &clip, z, latents, &how, c->reconstruction);
    if (!c->alone)
        untrained_sounds(s, worker, &clip, y, c);
    free(z);
    free(y);
}

/* Terms of clips, in order. */
static void spectral_add(void *state, struct eval_clip *c)
{
    struct state *s = state;

    terms_add(&s->sum, &c->spectral, &s->p.shape);
    terms_add(&s->at_zero, &c->at_zero, &s->p.shape);
    memcpy(c->dims, c->spectral.dims, (size_t)s->p.shape.latent * sizeof *c->dims);
    terms_free(&c->spectral);
    terms_free(&c->at_zero);
}

/* Levels that are cut off at another floor, or standardised by another scale, have other losses. */
static struct meta *yardstick(const struct model *m, const struct input_values *v)
{
    struct meta *yard = meta_map();

    meta_add(yard, "network", meta_text(m->network->name));
    meta_add(yard, "fft", meta_int(m->fft));
    meta_add(yard, "hop", m->beat ? meta_text("beat") : meta_int(m->hop));
    meta_add(yard, "corner", meta_real(m->corner));
    meta_add(yard, "floor", meta_real((double)*v->floor));
    meta_add(yard, "scale", meta_real((double)*v->scale));
    return yard;
}

static void spectral_finish(const void *state, const double *terms, struct eval *e)
{
    const struct state *s = state;
    struct figures_of_terms f = terms_figures(&s->sum, &s->p.shape);
    double beta = NAN, zero = terms_figures(&s->at_zero, &s->p.shape).distance;

    (void)terms;
    meta_get_real(s->m->meta, "beta", &beta);
    e->yardstick = yardstick(s->m, &s->p.v);
    eval_term(e, "total", "loss", f.distance + beta * f.kl, "log distance + linear distance + beta KL");
    eval_term(e, "log_distance", "  log distance", f.log, "of standardised log magnitudes");
    eval_term(e, "linear_distance", "  linear distance", f.linear, "of magnitudes, over their mean");
    eval_term(e, "zero_distance", "  distance of zeros", zero, "both distances of what is decoded from z = 0");
    eval_term(e, "explained", "  explained", 1 - f.distance / zero, "share of that which the latent explains");
    e->explained = 1 - f.distance / zero;
    eval_term(e, "kl", "  KL", f.kl, "nats per latent frame, against the model's prior");
    eval_term(e, "beta", "  beta", beta, "weight of KL");
    eval_term(e, "elbo", "ELBO", f.elbo, "log p(levels | z) - KL, nats per second");
    eval_term(e, "log_likelihood", "  log p(levels | z)", f.likelihood,
              "nats per second, Laplace around what is decoded");
    eval_term(e, "kl_rate", "  KL", f.rate, "nats per second");
}

const struct eval_kind eval_spectral = {spectral_begin,  NULL,        spectral_clip, spectral_add,
                                        spectral_finish, spectral_end};
