/* Terms of the loss and of the bound, clip by clip. */
#include "model/terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "base/team.h"

/* A feature is never taken for surer than this, in nepers: .1 dB. */
static const float least_spread = 0.01f;

struct terms terms_new(const struct spectral *shape)
{
    struct terms t = {0};

    t.dims = mem_zero((size_t)shape->latent, sizeof *t.dims);
    t.residual = mem_zero((size_t)shape->features, sizeof *t.residual);
    t.counted = mem_zero((size_t)shape->features, sizeof *t.counted);
    return t;
}

void terms_free(struct terms *t)
{
    free(t->dims);
    free(t->residual);
    free(t->counted);
}

void latent_sums_add(struct latent_sums *sum, const struct latent_sums *s)
{
    sum->kl += s->kl;
    sum->mean += s->mean;
    sum->square += s->square;
}

void terms_add(struct terms *sum, const struct terms *t, const struct spectral *shape)
{
    sum->log += t->log;
    sum->linear += t->linear;
    sum->target += t->target;
    sum->values += t->values;
    sum->frames += t->frames;
    sum->nats += t->nats;
    sum->seconds += t->seconds;
    sum->latents += t->latents;
    for (int d = 0; d < shape->latent; d++)
        latent_sums_add(&sum->dims[d], &t->dims[d]);
    for (int c = 0; c < shape->features; c++) {
        sum->residual[c] += t->residual[c];
        sum->counted[c] += t->counted[c];
    }
}

void terms_gather(struct terms *t, const struct spectral *shape)
{
    double *const each[] = {&t->log,    &t->linear, &t->target,  &t->values,
                            &t->frames, &t->nats,   &t->seconds, &t->latents};

    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        team_sum(each[i], 1);
    team_sum(&t->dims->kl, (size_t)shape->latent * sizeof *t->dims / sizeof(double));
    team_sum(t->residual, (size_t)shape->features);
    team_sum(t->counted, (size_t)shape->features);
}

/* Of one frame: sums, and each feature's residual above the floor, -1 for those at it. */
struct frame_terms {
    float log, linear, target, nats;
};

enum { LANES = 16 };

KERNEL_INLINE void value_terms(float y, float t, float mean, float scale, float floor, float top, float spread,
                               float *log, float *linear, float *target, float *nats, float *residual)
{
    float level = scale * y + mean, aim = scale * t + mean, far = fabsf(level - aim), under = (floor - level) / spread;
    /* log P(Y <= floor) where the target is at the floor, log density elsewhere */
    float tail = 0.5f * kernel_exp(under < 0 ? under : -under);
    float censored = under < 0 ? 0.69314718f - under : -kernel_log(1 - tail);
    int at_floor = aim <= floor + 1e-4f;

    *log = at_floor && level <= floor ? 0 : fabsf(y - t);
    *target = kernel_exp(aim);
    *linear = fabsf(kernel_exp(level < top ? level : top) - *target);
    *nats = at_floor ? censored : kernel_log(2 * spread) + far / spread;
    *residual = at_floor ? -1 : far;
}

KERNEL(frame_sums,
       (const float *restrict y, const float *restrict t, const float *restrict mean, float scale, float floor,
        float top, const float *restrict spread, int n, float *restrict residual, struct frame_terms *sum),
       (y, t, mean, scale, floor, top, spread, n, residual, sum))
{
    float lane[4][LANES] = {{0}}, all[4] = {0};
    int c = 0;

    for (; c + LANES <= n; c += LANES)
        for (int j = 0; j < LANES; j++) {
            float log, linear, target, nats;

            value_terms(y[c + j], t[c + j], mean[c + j], scale, floor, top, spread[c + j], &log, &linear, &target,
                        &nats, &residual[c + j]);
            lane[0][j] += log;
            lane[1][j] += linear;
            lane[2][j] += target;
            lane[3][j] += nats;
        }
    for (; c < n; c++) {
        float log, linear, target, nats;

        value_terms(y[c], t[c], mean[c], scale, floor, top, spread[c], &log, &linear, &target, &nats, &residual[c]);
        all[0] += log;
        all[1] += linear;
        all[2] += target;
        all[3] += nats;
    }
    for (int s = 0; s < 4; s++)
        for (int j = 0; j < LANES; j++)
            all[s] += lane[s][j];
    *sum = (struct frame_terms){all[0], all[1], all[2], all[3]};
}

struct work {
    struct terms *t;
    const struct chunks *p;
    const float *y, *mean, *logvar;
    int64_t real;
    float top;
    float *spread, *residual; /* [features] */
};

static void frame_terms_add(const struct work *w, const float *decoded, int64_t frame)
{
    int features = w->p->shape.features;
    const struct input_values *v = &w->p->v;
    struct frame_terms s;

    frame_sums(decoded, w->y + frame * features, v->mean, *v->scale, *v->floor, w->top, w->spread, features,
               w->residual, &s);
    w->t->log += (double)s.log;
    w->t->linear += (double)s.linear;
    w->t->target += (double)s.target;
    w->t->nats += (double)s.nats;
    w->t->values += features;
    w->t->frames++;
    for (int c = 0; c < features; c++)
        if (w->residual[c] >= 0) {
            w->t->residual[c] += (double)w->residual[c];
            w->t->counted[c]++;
        }
}

static void chunk_terms_add(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows)
{
    const struct work *w = arg;
    int stride = w->p->shape.stride, latent = w->p->shape.latent;
    size_t features = (size_t)w->p->shape.features;

    for (int i = 0; i < rows * stride && first * stride + i < w->real; i++)
        frame_terms_add(w, g->out->y + (size_t)(offset * stride + i) * features, first * stride + i);
    for (int d = 0; w->mean && d < latent; d++) {
        struct latent_sums *sums = &w->t->dims[d];
        double scale = (double)g->scale->y[d], logvar = (double)w->logvar[d], unit = exp(-scale);

        for (int r = 0; r < rows; r++) {
            double mean = (double)w->mean[(first + r) * latent + d];
            double far = mean - (double)g->prior->y[(offset + r) * latent + d];

            sums->kl += scale - 0.5 * logvar + 0.5 * exp(-2 * scale) * (exp(logvar) + far * far) - 0.5;
            sums->mean += unit * mean;
            sums->square += unit * mean * unit * mean;
        }
    }
}

void terms_clip(struct terms *t, const struct chunks *p, int worker, const float *y, int64_t frames, int64_t real,
                double step, float *noise)
{
    int64_t rows = frames / p->shape.stride;
    size_t features = (size_t)p->shape.features, size = (size_t)rows * (size_t)p->shape.latent;
    float *mean = noise ? mem_alloc(size * sizeof *mean) : NULL, *zeros = noise ? NULL : mem_floats(size);
    struct work w = {t,
                     p,
                     y,
                     mean,
                     params_values(p->params, "enc/logvar"),
                     real,
                     input_top(&p->v),
                     mem_alloc(2 * features * sizeof(float)),
                     NULL};

    w.residual = w.spread + features;
    for (size_t c = 0; c < features; c++)
        w.spread[c] = p->v.spread[c] > least_spread ? p->v.spread[c] : least_spread;
    if (noise) {
        chunks_means(p, y, rows, mean);
        chunks_draw(p, mean, rows, noise);
    }
    chunks_decode(p, worker, noise ? noise : zeros, rows, chunk_terms_add, &w);
    t->seconds += (double)real * step / p->input.rate;
    t->latents += (double)rows;
    free(w.spread);
    free(mean);
    free(zeros);
}

struct figures_of_terms terms_figures(const struct terms *t, const struct spectral *shape)
{
    struct figures_of_terms f = {.log = t->log / t->values, .linear = t->linear / t->target};
    double kl = 0;

    for (int d = 0; d < shape->latent; d++)
        kl += t->dims[d].kl;
    f.distance = f.log + f.linear;
    f.kl = kl / t->latents;
    f.likelihood = -t->nats / t->seconds;
    f.rate = kl / t->seconds;
    f.elbo = f.likelihood - f.rate;
    return f;
}

void terms_spread(const struct terms *t, const struct input_values *v)
{
    for (int c = 0; c < v->features; c++)
        v->spread[c] = t->counted[c] > 0 ? (float)(t->residual[c] / t->counted[c]) : 1;
}
