/* Evaluating networks of whole clips. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "measure/levels.h"
#include "model/eval_private.h"

enum { TERM_NLL, TERM_KL_DRAW, TERM_RECONSTRUCTION };

struct state {
    struct model *m;
    struct rng rng;
    struct whole_graph *graphs; /* for each thread */
    int threads;
};

static void end(void *state)
{
    struct state *s = state;

    for (int i = 0; i < s->threads; i++)
        net_free(s->graphs[i].net);
    free(s->graphs);
    free(s);
}

static void *begin(struct model *m, struct reader *file, const char *path, uint64_t seed, int threads)
{
    struct state *s = mem_zero(1, sizeof *s);
    int status;

    *s = (struct state){m, rng_new(seed, 0), mem_zero((size_t)threads, sizeof *s->graphs), threads};
    for (int i = 0; i < threads; i++)
        s->graphs[i] = whole_build(m->network->one_length, (int)m->samples, m->latent, WHOLE_ALL | WHOLE_SAMPLE,
                                   m->params, 1, NULL);
    status = model_fill(m, file, path, s->graphs[0].net);
    for (int i = 1; i < threads && !status; i++)
        net_plan(s->graphs[i].net, 0, false);
    if (!status)
        return s;
    end(s);
    return NULL;
}

static void draw(void *state, struct eval_clip *c)
{
    struct state *s = state;

    c->eps = mem_alloc((size_t)s->m->latent * sizeof *c->eps);
    rng_normal(&s->rng, c->eps, (size_t)s->m->latent);
}

/* One value, against N(0, 1): KL is 1/2 (e^logvar + mean^2 - logvar - 1). */
static struct latent_sums latent_of(double mean, double logvar)
{
    return (struct latent_sums){0.5 * (exp(logvar) + mean * mean) - 0.5 * logvar - 0.5, mean, mean * mean};
}

/* Once with the draw for the losses, once without for the sound, which loses
 * the offset that a sigmoid leaves. */
static void clip(void *state, int worker, struct eval_clip *c)
{
    struct state *s = state;
    const struct whole_graph *g = &s->graphs[worker];
    size_t latent = (size_t)s->m->latent;
    double seconds = (double)s->m->samples / s->m->rate, kl = 0;

    c->frames = 1;
    whole_input(g, 0, c->x, c->samples);
    memcpy(g->eps->y, c->eps, latent * sizeof(float));
    net_forward(g->net);
    c->terms[TERM_NLL] = (double)g->nll->y[0];
    c->terms[TERM_KL_DRAW] = (double)g->kl->y[0];
    c->terms[TERM_RECONSTRUCTION] = g->reconstruction ? (double)g->reconstruction->y[0] : 0;
    for (size_t d = 0; d < latent; d++) {
        c->dims[d] = latent_of((double)g->mean->y[d], (double)g->logvar->y[d]);
        kl += c->dims[d].kl;
    }
    c->own[EVAL_DISTANCE] = c->terms[TERM_NLL] / seconds;
    c->own[EVAL_NATS] = (c->terms[TERM_NLL] + c->terms[TERM_KL_DRAW]) / seconds;
    c->own[EVAL_KL] = kl / seconds;
    memset(g->eps->y, 0, latent * sizeof(float));
    net_forward(g->net);
    memcpy(c->reconstruction, g->sample->y, (size_t)c->samples * sizeof(float));
    level_center(c->reconstruction, 1, c->samples);
}

static void finish(const void *state, const double *terms, struct eval *e)
{
    const struct state *s = state;
    double n = (double)e->clips, likelihood = -terms[TERM_NLL] / n, draw = terms[TERM_KL_DRAW] / n;

    e->yardstick = meta_map();
    meta_add(e->yardstick, "network", meta_text(s->m->network->name));
    meta_add(e->yardstick, "samples", meta_int(s->m->samples));
    eval_term(e, "elbo", "ELBO", likelihood - draw, "log p(x|z) - KL of the draw, nats per clip");
    eval_term(e, "log_likelihood", "  log p(x|z)", likelihood, "nats");
    eval_term(e, "kl_draw", "  KL of the draw", draw, "nats, log q(z|x) - log p(z)");
    eval_term(e, "kl", "  KL", e->kl_sum, "nats, closed form, against N(0, 1)");
    if (s->graphs->reconstruction)
        eval_term(e, "cross_entropy", "reconstruction loss", terms[TERM_RECONSTRUCTION] / n,
                  "cross entropy of the raw logits");
}

const struct eval_kind eval_whole = {begin, draw, clip, NULL, finish, end};
