/* Training the network 'notebook': whole clips, its two losses, Adam as Keras does it. */
#include "train/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/adam.h"
#include "model/notebook.h"

/* Streams of the seed, beside those of the initial values (0, 1, ...). */
#define STREAM_SHUFFLE (UINT64_C(1) << 60)
#define STREAM_NOISE (UINT64_C(2) << 60)
#define STREAM_TEST (UINT64_C(3) << 60)

struct notebook_training {
    struct trainer t;
    struct train_config config;
    const struct dataset *data;
    struct pool *pool;
    struct notebook_graph g;
    struct adam adam;
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
    struct notebook_training *t = (struct notebook_training *)base;

    net_free(t->g.net);
    params_free(t->t.params);
    free(t->order);
    free(t->start);
    free(t);
}

static struct trainer *create(const struct train_config *config, const struct dataset *data, struct pool *pool)
{
    struct notebook_training *t = mem_zero(1, sizeof *t);
    struct notebook shape;

    t->t.kind = &notebook_trainer;
    t->t.params = params_new();
    t->config = *config;
    t->config.latent = config->latent ? config->latent : 2;
    t->config.batch = config->batch ? config->batch : 10;
    t->config.rate = config->rate > 0 ? config->rate : 3e-4;
    shape = notebook_preset((int)data->samples, t->config.latent);
    t->t.longest = data->samples;
    t->data = data;
    t->pool = pool;
    t->capacity = largest_batch(data, t->config.batch);
    t->adam = (struct adam){t->config.rate, 0.9, 0.999, 1e-8, true, 0};
    t->order = mem_alloc(data->count * sizeof *t->order);
    t->start = mem_alloc((data->count + 1) * sizeof *t->start);
    t->g = notebook_build(&shape, NOTEBOOK_ALL, t->t.params, (int)t->capacity, pool);
    if (data->channels != 1)
        error_set("clips have %d channels, the network 'notebook' takes one: load without cv-load -c", data->channels);
    else if (!net_plan(t->g.net, config->seed, true))
        return &t->t;
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
    struct notebook_training *t = (struct notebook_training *)base;
    const struct dataset *d = t->data;

    t->batches = 0;
    if (d->batched) {
        for (size_t i = 0; i < d->count; i++) {
            t->order[i] = i;
            if (i == 0 || d->clips[i].batch != d->clips[i - 1].batch)
                t->start[t->batches++] = i;
        }
    } else {
        struct rng r = rng_new(t->config.seed, STREAM_SHUFFLE + (uint64_t)epoch);

        shuffle(t->order, d->count, (size_t)t->config.buffer, &r);
        for (size_t i = 0; i < d->count; i += (size_t)t->config.batch)
            t->start[t->batches++] = i;
    }
    t->start[t->batches] = d->count;
    return t->batches;
}

/* Puts count clips into the network's input and noise beside them, and runs it. */
static void forward(struct notebook_training *t, const struct dataset *d, const size_t *order, size_t count,
                    uint64_t stream)
{
    struct rng r = rng_new(t->config.seed, stream);

    net_set_batch(t->g.net, (int)count);
    for (size_t i = 0; i < count; i++) {
        notebook_input(&t->g, (int)i, d->clips[order[i]].data, d->clips[order[i]].samples);
        dataset_release(d, order[i]);
    }
    rng_normal(&r, t->g.eps->y, node_count(t->g.eps));
    net_forward(t->g.net);
}

/* Of the last batch. */
static struct train_figures figures(const struct notebook_training *t)
{
    double nll = (double)t->g.nll->y[0], kl = (double)t->g.kl->y[0];

    return (struct train_figures){net_loss_value(t->g.net), nll, kl, -(nll + kl)};
}

static int step(struct trainer *base, int number, struct step_result *result)
{
    struct notebook_training *t = (struct notebook_training *)base;
    size_t first = t->start[number], count = t->start[number + 1] - first;

    assert(number < t->batches);
    forward(t, t->data, t->order + first, count, STREAM_NOISE + (uint64_t)base->steps);
    *result = (struct step_result){figures(t), t->adam.rate, 0, (int)count};
    if (!isfinite(result->f.loss)) {
        char *names = trainer_clip_names(t->data, t->order + first, count);

        error_set("the loss is not finite (%g) on clips %s", result->f.loss, names);
        free(names);
        return -1;
    }
    net_backward(t->g.net);
    adam_step(&t->adam, base->params, t->pool);
    base->steps++;
    return 0;
}

/* The mean over batches, as the notebook has it. */
static void test(struct trainer *base, const struct dataset *clips, struct train_figures *result)
{
    struct notebook_training *t = (struct notebook_training *)base;
    size_t batches = 0, *order;
    struct train_figures sum = {0};

    *result = (struct train_figures){NAN, NAN, NAN, NAN};
    if (!clips) /* steps tell */
        return;
    order = mem_alloc(clips->count * sizeof *order);
    for (size_t i = 0; i < clips->count; i++)
        order[i] = i;
    for (size_t i = 0; i < clips->count; i += t->capacity, batches++) {
        size_t count = clips->count - i < t->capacity ? clips->count - i : t->capacity;
        struct train_figures f;

        forward(t, clips, order + i, count, STREAM_TEST + batches);
        f = figures(t);
        sum.loss += f.loss;
        sum.distance += f.distance;
        sum.kl += f.kl;
        sum.elbo += f.elbo;
    }
    free(order);
    *result = (struct train_figures){sum.loss / (double)batches, sum.distance / (double)batches,
                                     sum.kl / (double)batches, sum.elbo / (double)batches};
}

static int64_t epochs(const struct trainer *base)
{
    (void)base;
    return 20;
}

static void describe(const struct trainer *base, struct meta *m)
{
    const struct notebook_training *t = (const struct notebook_training *)base;

    meta_set(m, "latent", meta_int(t->config.latent));
    meta_set(m, "batch", meta_int(t->config.batch));
    meta_set(m, "buffer", meta_int(t->config.buffer));
    trainer_describe_adam(&t->adam, t->adam.rate, m);
}

static void save(const struct trainer *base, struct meta *state)
{
    meta_set(state, "adam_steps", meta_int(((const struct notebook_training *)base)->adam.step));
}

static int restore(struct trainer *base, const struct meta *state)
{
    return trainer_counter(state, "adam_steps", &((struct notebook_training *)base)->adam.step);
}

const struct trainer_kind notebook_trainer = {"notebook", "clip", create,   epochs,  begin_epoch, step,
                                              test,       NULL,   describe, destroy, save,        restore};
