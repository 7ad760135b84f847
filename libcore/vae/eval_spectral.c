/* Evaluating the network 'spectral'. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/layers.h"
#include "vae/eval_private.h"
#include "vae/pieces.h"

/* Sums over real frames and channels, Y = sd y + mean; and how many they are. */
enum { TERM_LOG, TERM_LINEAR, TERM_TARGET, TERM_COUNT };   /* |y' - y|, |e^Y' - e^Y|, e^Y */

struct state {
    struct pieces p;
    uint64_t seed;
    int64_t drawn;               /* clips */
    double top;
};

/* What the losses of a clip are taken from, piece by piece. */
struct losses {
    const struct state *s;
    struct eval_clip *c;
    struct piece_clip clip;
    const float *mean, *logvar;
    float *target;
};

static void end(void *state)
{
    struct state *s = state;

    pieces_end(&s->p);
    free(s);
}

static void *begin(struct model *m, struct reader *file, const char *path, uint64_t seed, int threads)
{
    struct state *s = mem_zero(1, sizeof *s);

    s->seed = seed;
    if (pieces_begin(&s->p, m, file, path, SPECTRAL_ENCODER | SPECTRAL_DECODER | SPECTRAL_PRIOR, threads)) {
        end(s);
        return NULL;
    }
    s->top = (double)front_top(m->spectral.features, s->p.mean, s->p.sd, s->p.most);
    return s;
}

static int64_t latents(const void *state, const struct eval_clip *c)
{
    const struct state *s = state;
    struct piece_clip clip = pieces_clip(&s->p, c->meta, c->x, c->samples);

    return pieces_latents(&s->p, &clip);
}

static void draw(void *state, float *eps, size_t count)
{
    struct state *s = state;
    struct rng r = rng_new(s->seed, (uint64_t)s->drawn++);

    rng_normal(&r, eps, count);
}

/* ---- a clip ---- */

static void add_distances(const struct losses *l, const float *y, int64_t first, int offset, int count)
{
    const struct pieces *p = &l->s->p;
    int64_t left = grid_frames(l->clip.timing.grid, l->c->samples) - first;
    double *sum = l->c->terms, top = l->s->top;

    pieces_levels(p, &l->clip, first, count, l->target);
    for (int c = 0; c < p->m->spectral.features; c++) {
        double sd = (double)p->sd[c], mean = (double)p->mean[c];

        for (int t = 0; t < count && t < left; t++) {
            double out = (double)y[(size_t)c * (size_t)p->frames + (size_t)(offset + t)];
            double target = (double)l->target[(size_t)c * (size_t)count + (size_t)t];
            double magnitude = exp(sd * target + mean);

            sum[TERM_LOG] += fabs(out - target);
            sum[TERM_LINEAR] += fabs(exp(fmin(sd * out + mean, top)) - magnitude);
            sum[TERM_TARGET] += magnitude;
            sum[TERM_COUNT]++;
        }
    }
}

static void add_kl(const struct losses *l, const struct spectral_graph *g, int64_t first, int offset, int count)
{
    const struct spectral *shape = &l->s->p.m->spectral;
    int width = l->s->p.frames / shape->stride;

    for (int d = 0; d < shape->latent; d++)
        for (int t = 0; t < count / shape->stride; t++) {
            int64_t i = d * l->c->frames + first / shape->stride + t;
            float prior = g->prior->y[d * width + offset / shape->stride + t];

            l->c->kl[d] += eval_kl((double)l->mean[i], (double)l->logvar[i], (double)prior,
                                   (double)g->scale->y[d]);
        }
}

static void take_losses(void *arg, const struct spectral_graph *g, int64_t first, int offset,
                        int count)
{
    const struct losses *l = arg;

    add_distances(l, g->out->y, first, offset, count);
    add_kl(l, g, first, offset, count);
}

static void clip(void *state, int worker, struct eval_clip *c)
{
    struct state *s = state;
    const struct pieces *p = &s->p;
    size_t count = (size_t)p->m->spectral.latent * (size_t)c->frames;
    float *mean = mem_alloc(count * sizeof *mean), *logvar = mem_alloc(count * sizeof *logvar);
    float *linear = mem_alloc(count * sizeof *linear);
    struct losses l = {s, c, pieces_clip(p, c->meta, c->x, c->samples), mean, logvar, NULL};

    l.target = mem_alloc((size_t)p->m->spectral.features * (size_t)p->frames * sizeof *l.target);
    pieces_encode(p, worker, &l.clip, mean, logvar, linear);
    posterior_draw(c->eps, mean, logvar, count);
    pieces_decode(p, worker, c->eps, c->frames, take_losses, &l);
    pieces_sound(p, worker, &l.clip, mean, c->frames, false, s->seed, c->reconstruction);
    c->components = mem_alloc((size_t)c->samples * sizeof(float));
    pieces_sound(p, worker, &l.clip, linear, c->frames, true, s->seed, c->components);
    free(l.target);
    free(linear);
    free(logvar);
    free(mean);
}

static void finish(const void *state, const double *terms, struct eval *e)
{
    const struct state *s = state;

    e->log_distance = terms[TERM_LOG] / terms[TERM_COUNT];
    e->linear_distance = terms[TERM_LINEAR] / terms[TERM_TARGET];
    e->beta = NAN;
    meta_get_real(s->p.m->meta, "beta", &e->beta);
    e->loss = e->log_distance + e->linear_distance + e->beta * e->kl_sum;
}

const struct eval_kind eval_spectral = {begin, latents, draw, clip, finish, end};
