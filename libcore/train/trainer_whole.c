/* Training networks of whole clips: batches of them, in a new order each epoch or as they came. */
#include "train/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/adam.h"
#include "model/network.h"

/* Streams of the seed, beside those of the initial values (0, 1, ...). */
#define STREAM_SHUFFLE (UINT64_C(1) << 60)
#define STREAM_NOISE (UINT64_C(2) << 60)

struct whole_training {
    struct trainer t;
    struct whole_graph g;
    size_t *order; /* clips in this epoch's order */
    size_t *start; /* first place of each batch in order, one more at the end */
    int batches;
    size_t capacity; /* clips in the largest batch */
};

static size_t largest_batch(const struct dataset *d, int batch)
{
    size_t most = 0, run = 0;

    if (!d->batched)
        return (size_t)batch;
    for (size_t i = 0; i < d->count; i++) {
        run = i > 0 && d->clips[i].batch == d->clips[i - 1].batch ? run + 1 : 1;
        most = run > most ? run : most;
    }
    return most;
}

static void destroy(struct trainer *base)
{
    struct whole_training *t = (struct whole_training *)base;

    net_free(t->g.net);
    params_free(t->t.params);
    free(t->order);
    free(t->start);
    free(t);
}

static struct trainer *create(const struct trainer *base)
{
    struct whole_training *t = mem_zero(1, sizeof *t);
    const struct whole *w = base->network->one_length;
    const struct dataset *data = base->data;

    t->t = *base;
    t->t.adam = (struct adam){base->config.rate, 0.9, 0.999, 1e-8, w->keras, 0};
    t->t.longest = data->samples;
    t->capacity = largest_batch(data, (int)base->config.batch);
    t->order = mem_alloc(data->count * sizeof *t->order);
    t->start = mem_alloc((data->count + 1) * sizeof *t->start);
    t->g = whole_build(w, (int)data->samples, (int)base->config.latent, WHOLE_ALL, base->params, (int)t->capacity,
                       base->pool);
    if (data->channels != 1)
        error_set("clips have %d channels, the network '%s' takes one: load without cv-load -c", data->channels,
                  base->network->name);
    else {
        net_plan(t->g.net, t->t.seed, true);
        return &t->t;
    }
    destroy(&t->t);
    return NULL;
}

/* As tf.data's shuffle: a buffer is kept full from the front of the data and
 * drawn from at random; a buffer of all clips gives every order alike. */
static void shuffle(size_t *order, size_t count, size_t buffer, struct rng *r)
{
    size_t *held, filled = 0, next = 0;

    if (buffer == 0 || buffer > count)
        buffer = count;
    held = mem_alloc(buffer * sizeof *held);
    for (size_t i = 0; i < count; i++) {
        size_t pick;

        while (filled < buffer && next < count)
            held[filled++] = next++;
        pick = rng_below(r, filled);
        order[i] = held[pick];
        if (next < count)
            held[pick] = next++;
        else
            held[pick] = held[--filled];
    }
    free(held);
}

static int begin_epoch(struct trainer *base, int64_t epoch)
{
    struct whole_training *t = (struct whole_training *)base;
    const struct dataset *d = t->t.data;

    t->batches = 0;
    if (d->batched) {
        for (size_t i = 0; i < d->count; i++) {
            t->order[i] = i;
            if (i == 0 || d->clips[i].batch != d->clips[i - 1].batch)
                t->start[t->batches++] = i;
        }
    } else {
        struct rng r = rng_new(base->seed, STREAM_SHUFFLE + (uint64_t)epoch);

        shuffle(t->order, d->count, (size_t)t->t.config.buffer, &r);
        for (size_t i = 0; i < d->count; i += (size_t)t->t.config.batch)
            t->start[t->batches++] = i;
    }
    t->start[t->batches] = d->count;
    return t->batches;
}

/* Puts count clips into the network's input, beside the noise that is there, and runs it. */
static void forward(struct whole_training *t, const struct dataset *d, const size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        whole_input(&t->g, (int)i, d->clips[order[i]].data, d->clips[order[i]].samples);
        dataset_release(d, order[i]);
    }
    net_forward(t->g.net);
}

/* Of the last batch. */
static struct train_figures figures(const struct whole_training *t)
{
    double nll = (double)t->g.nll->y[0], kl = (double)t->g.kl->y[0];

    return (struct train_figures){{net_loss_value(t->g.net), nll, kl, -(nll + kl)}};
}

static int step(struct trainer *base, int number, struct step_result *result)
{
    struct whole_training *t = (struct whole_training *)base;
    size_t first = t->start[number], count = t->start[number + 1] - first;
    struct rng r = rng_new(base->seed, STREAM_NOISE + (uint64_t)base->steps);

    assert(number < t->batches);
    net_set_batch(t->g.net, (int)count);
    rng_normal(&r, t->g.eps->y, node_count(t->g.eps));
    forward(t, base->data, t->order + first, count);
    *result = (struct step_result){figures(t), t->t.adam.rate, 0, (int)count};
    if (!isfinite(result->f.of[LOSS])) {
        char *names = trainer_clip_names(t->t.data, t->order + first, count);

        error_set("the loss is not finite (%g) on clips %s", result->f.of[LOSS], names);
        free(names);
        return -1;
    }
    net_backward(t->g.net);
    adam_step(&t->t.adam, base->params, t->t.pool, 1);
    base->steps++;
    return 0;
}

/* The mean over clips, each with the noise that cv-eval has for it. */
static void test(struct trainer *base, const struct dataset *clips, struct train_figures *result)
{
    struct whole_training *t = (struct whole_training *)base;
    struct rng r = rng_new(base->seed, 0);
    size_t latent = (size_t)base->config.latent, *order;

    *result = (struct train_figures){{0}};
    if (!clips) /* steps tell */
        return;
    order = mem_alloc(clips->count * sizeof *order);
    for (size_t i = 0; i < clips->count; i++)
        order[i] = i;
    for (size_t i = 0, count; i < clips->count; i += count) {
        struct train_figures f;

        count = clips->count - i < t->capacity ? clips->count - i : t->capacity;
        net_set_batch(t->g.net, (int)count);
        for (size_t k = 0; k < count; k++)
            rng_normal(&r, t->g.eps->y + k * latent, latent);
        forward(t, clips, order + i, count);
        f = figures(t);
        for (int k = 0; k < FIGURES; k++)
            result->of[k] += f.of[k] * (double)count / (double)clips->count;
    }
    free(order);
}

const struct trainer_kind whole_trainer = {
    .unit = "clips",
    .speed = "clips_per_second",
    .create = create,
    .begin_epoch = begin_epoch,
    .step = step,
    .test = test,
    .destroy = destroy,
};
