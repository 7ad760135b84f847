/* The steps of training. */
#include "vae/trainer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/adam.h"
#include "vae/notebook.h"

/* Streams of the seed, beside those of the initial values (0, 1, ...). */
#define STREAM_SHUFFLE (UINT64_C(1) << 60)
#define STREAM_NOISE (UINT64_C(2) << 60)
#define STREAM_TEST (UINT64_C(3) << 60)

struct trainer {
    struct train_config config;
    const struct dataset *data;
    struct pool *pool;
    struct params *params;
    struct notebook_graph g;
    struct adam adam;
    size_t *order;               /* clips in this epoch's order */
    size_t *start;               /* first place of each batch in order, one more at the end */
    int batches;
    size_t capacity;             /* clips in the largest batch */
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

struct trainer *trainer_new(const struct train_config *config, const struct dataset *data, struct pool *pool)
{
    struct trainer *t = mem_zero(1, sizeof *t);
    struct notebook shape = notebook_preset((int)data->samples, config->latent);
    t->config = *config;
    t->data = data;
    t->pool = pool;
    t->capacity = largest_batch(data, config->batch);
    t->params = params_new();
    t->adam = (struct adam){config->rate, 0.9, 0.999, 1e-8, true, 0};
    t->order = mem_alloc(data->count * sizeof *t->order);
    t->start = mem_alloc((data->count + 1) * sizeof *t->start);
    t->g = notebook_build(&shape, NOTEBOOK_ALL, t->params, (int)t->capacity, pool);
    if (data->channels != 1) {
        error_set("clips have %d channels, the network 'notebook' takes one: load without cv-load -c", data->channels);
    } else if (!net_plan(t->g.net, config->seed, true)) {
        return t;
    }
    trainer_free(t);
    return NULL;
}

void trainer_free(struct trainer *t)
{
    if (!t)
        return;
    net_free(t->g.net);
    params_free(t->params);
    free(t->order);
    free(t->start);
    free(t);
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

int trainer_begin_epoch(struct trainer *t, int64_t epoch)
{
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
static void forward(struct trainer *t, const struct dataset *d, const size_t *order, size_t count, uint64_t stream)
{
    struct rng r = rng_new(t->config.seed, stream);
    size_t size = (size_t)d->samples;

    net_set_batch(t->g.net, (int)count);
    for (size_t i = 0; i < count; i++)
        memcpy(t->g.x->y + i * size, d->clips[order[i]].data, size * sizeof(float));
    rng_normal(&r, t->g.eps->y, node_count(t->g.eps));
    net_forward(t->g.net);
}

static double elbo(const struct trainer *t)
{
    return -((double)t->g.nll->y[0] + (double)t->g.kl->y[0]);
}

int trainer_step(struct trainer *t, int step, struct step_result *result)
{
    size_t first = t->start[step], count = t->start[step + 1] - first;

    assert(step < t->batches);
    forward(t, t->data, t->order + first, count, STREAM_NOISE + (uint64_t)t->adam.step);
    result->loss = net_loss_value(t->g.net);
    result->elbo = elbo(t);
    result->clips = (int)count;
    if (!isfinite(result->loss)) {
        char *names = mem_text("");

        for (size_t i = 0; i < count; i++) {
            char *longer = mem_format("%s%s%s", names, i ? ", " : "", t->data->clips[t->order[first + i]].name);

            free(names);
            names = longer;
        }
        error_set("the loss is not finite (%g) on clips %s", result->loss, names);
        free(names);
        return -1;
    }
    net_backward(t->g.net);
    adam_step(&t->adam, t->params, t->pool);
    return 0;
}

double trainer_test(struct trainer *t, const struct dataset *test, int64_t epoch)
{
    size_t batches = 0, *order;
    double sum = 0;

    order = mem_alloc(test->count * sizeof *order);
    for (size_t i = 0; i < test->count; i++)
        order[i] = i;
    for (size_t i = 0; i < test->count; i += t->capacity, batches++) {
        size_t count = test->count - i < t->capacity ? test->count - i : t->capacity;

        forward(t, test, order + i, count, STREAM_TEST + ((uint64_t)epoch << 24) + batches);
        sum += elbo(t);
    }
    free(order);
    return sum / (double)batches;
}

const struct params *trainer_params(const struct trainer *t)
{
    return t->params;
}

int64_t trainer_steps(const struct trainer *t)
{
    return t->adam.step;
}
