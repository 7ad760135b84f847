/* The spectral network: training steps, how many products one of them asks
 * for, and a step's parameters and result for the peer to agree with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"
#include "nn/adam.h"
#include "nn/layers.h"
#include "model/spectral_input.h"
#include "model/spectral.h"

/* Enough clips that the crops of a step are not in the caches beforehand: of LONG crops each. */
enum { CLIPS = 16, LONG = 5, CROPS = 8 };

/* What training takes by default. */
static const struct setting {
    const char *name;
    int rate;
    bool beat;
    int width, latent, stride, crop;
} settings[] = {
    {"3000", 3000, false, 192, 96, 2, 64},
    {"22050", 22050, false, 128, 192, 4, 128},
    {"beat", 22050, true, 128, 192, 6, 192},
    {"44100", 44100, false, 128, 192, 4, 128},
};

/* Levels are about as loud as music is under the floor for some of the time. */
static const float level = -4, scale = 1.2f, lowest = -5.5f, highest = -1, beta = 3e-4f;

struct training {
    struct setting s;
    struct spectral shape;
    struct params *params;
    struct spectral_graph g;
    struct adam adam;
    float *clips; /* [CLIPS][LONG frames of a crop][features] */
    float *mean;  /* [features] */
    uint64_t step;
};

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!strcmp(settings[i].name, name))
            return &settings[i];
    diag_die("'%s' is no setting of the spectral network: 3000, 22050, beat, 44100", name);
}

static struct spectral shape_of(const struct setting *s)
{
    struct spectral_input input;
    int features;

    if (input_begin(&input, s->rate, 1, s->beat))
        diag_die("%s", error_text());
    features = input_features(&input);
    input_end(&input);
    return (struct spectral){features, s->width, s->latent, s->stride};
}

static void begin(struct training *t, const char *name, struct pool *pool)
{
    struct rng r = rng_new(123, 0);
    size_t size;

    *t = (struct training){.s = *find(name), .params = params_new(), .adam = {2e-3, 0.9, 0.99, 1e-8, false, 0}};
    t->shape = shape_of(&t->s);
    size = CLIPS * LONG * (size_t)(t->shape.features * t->s.crop);
    t->clips = mem_floats(size);
    rng_normal(&r, t->clips, size);
    t->mean = mem_floats((size_t)t->shape.features);
    for (int c = 0; c < t->shape.features; c++)
        t->mean[c] = level;
    t->g = spectral_build(&t->shape, SPECTRAL_ALL, t->params, CROPS, t->s.crop / t->s.stride, pool);
    net_plan(t->g.net, 123, true);
    net_spectral_loss_set(t->g.distance, (struct spectral_loss){t->mean, t->shape.features, scale, lowest, highest, 1});
    net_loss(t->g.kl, beta);
    params_find(t->params, "enc/linear/kernel")->pace = params_find(t->params, "enc/linear/bias")->pace = 0.1f;
}

static void end(struct training *t)
{
    net_free(t->g.net);
    params_free(t->params);
    free(t->clips);
    free(t->mean);
}

/* Draws crops and noise, goes forward and back; returns the norm of the gradient. */
static double gradient(struct training *t)
{
    struct rng draw = rng_new(123, ++t->step);
    size_t values = (size_t)t->shape.features, size = values * (size_t)t->s.crop;

    for (size_t b = 0; b < CROPS; b++) {
        const float *clip = t->clips + rng_below(&draw, CLIPS) * LONG * size;

        memcpy(t->g.y->y + b * size, clip + rng_below(&draw, (LONG - 1) * (uint64_t)t->s.crop + 1) * values,
               size * sizeof *clip);
    }
    rng_normal(&draw, t->g.eps->y, node_count(t->g.eps));
    net_forward(t->g.net);
    if (!isfinite(net_loss_value(t->g.net)))
        diag_die("the loss of the bench is not finite");
    net_backward(t->g.net);
    return adam_gradient_norm(t->params, net_pool(t->g.net));
}

static void train_once(void *arg)
{
    struct training *t = arg;
    double norm = gradient(t);

    adam_step(&t->adam, t->params, net_pool(t->g.net), norm > 1 ? 1 / norm : 1);
}

/* Multiply-adds of a step: each kernel for the result and for both gradients, for what is
 * encoded has none; all of them meet every latent frame. */
static double products(const struct training *t)
{
    double sum = 0;

    for (size_t i = 0; i < t->params->count; i++) {
        const char *name = t->params->list[i]->name;

        if (strstr(name, "/kernel"))
            sum += (double)t->params->list[i]->count * (strcmp(name, "enc/linear/kernel") ? 3 : 2);
    }
    return sum * CROPS * t->s.crop / t->s.stride;
}

void bench_spectral(const char *name, int threads, int steps)
{
    struct pool *pool = pool_new(threads);
    struct training t;
    char what[32];

    begin(&t, name, pool);
    snprintf(what, sizeof what, "spectral-%s", name);
    measure(what, threads, steps, train_once, &t);
    printf("count %s %.6f million products a step\n", what, 1e-6 * products(&t));
    end(&t);
    pool_free(pool);
}

void bench_shape(const char *name)
{
    const struct setting *s = find(name);
    struct spectral shape = shape_of(s);

    printf("--name spectral-%s --features %d --width %d --latent %d --stride %d --crop %d\n", name, shape.features,
           shape.width, shape.latent, shape.stride, s->crop);
}

/* The parameters in order of creation, crops, noise, then loss and norm: floats of this machine. */
void bench_example(const char *name)
{
    struct pool *pool = pool_new(1);
    struct training t;
    struct rng r = rng_new(7, 0);
    float result[2];

    begin(&t, name, pool);
    rng_normal(&r, t.params->theta, t.params->total);
    for (size_t i = 0; i < t.params->total; i++)
        t.params->theta[i] *= 0.05f;
    result[1] = (float)gradient(&t);
    result[0] = (float)net_loss_value(t.g.net);
    for (size_t i = 0; i < t.params->count; i++)
        fwrite(t.params->theta + t.params->list[i]->offset, sizeof(float), t.params->list[i]->count, stdout);
    fwrite(t.g.y->y, sizeof(float), node_count(t.g.y), stdout);
    fwrite(t.g.eps->y, sizeof(float), node_count(t.g.eps), stdout);
    fwrite(result, sizeof(float), 2, stdout);
    end(&t);
    pool_free(pool);
}
