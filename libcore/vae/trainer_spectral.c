/* Training the network 'spectral': random crops of standardised log magnitude
 * frames, Adam with warm-up, cosine and a bound on the gradient. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/adam.h"
#include "nn/layers.h"
#include "vae/clip_levels.h"
#include "vae/pca.h"
#include "vae/prior_learn.h"
#include "vae/spectral.h"
#include "vae/trainer.h"

/* Streams of the seed, beside those of the initial values (0, 1, ...). */
#define STREAM_CROPS (UINT64_C(1) << 60)
#define STREAM_NOISE (UINT64_C(2) << 60)
#define STREAM_TEST (UINT64_C(3) << 60)

/* Where training begins to be worth it. */
enum { LEAST_FRAMES = 64, WARM_UP = 50, MOST_STACKED = 4500 };
/* Skipped steps in a row: so many halve the learning rate, so many end training. */
enum { SKIPS_SLOW = 3, SKIPS_END = 20 };
static const double gradient_bound = 1;

struct spectral_training {
    struct trainer t;
    struct train_config config;
    const struct dataset *data;
    struct pool *pool;
    struct front front;
    struct spectral shape;
    struct spectral_graph g;
    struct adam adam;
    int crop;                    /* frames of a training crop */
    struct levels *clips;        /* of the dataset */
    struct prior_plan prior;
    struct levels *test;         /* of the test clips, y NULL */
    float *test_y;               /* levels of one of them */
    int64_t skipped;             /* steps, in all and in a row */
    int in_row;
    double slower;               /* factor on the learning rate */
    size_t *drawn;               /* clips of the step in hand */
};

static float *statistic(const struct spectral_training *t, const char *name)
{
    return t->t.params->theta + params_find(t->t.params, name)->offset;
}

static void destroy(struct trainer *base)
{
    struct spectral_training *t = (struct spectral_training *)base;

    net_free(t->g.net);
    params_free(t->t.params);
    front_end(&t->front);
    free(t->clips);
    prior_plan_free(&t->prior);
    free(t->test);
    free(t->test_y);
    free(t->drawn);
    free(t);
}

/* ---- the beginning ---- */

/* Frames follow the beat as asked, or where at least half of the clips have a steady one. */
static int choose_frames(struct spectral_training *t)
{
    const char *want = t->config.frames ? t->config.frames : "auto";
    int stride = t->config.stride;
    bool fixed = !strcmp(want, "fixed"), may = stride == 0 || BEAT_FRAMES % stride == 0;

    if (!strcmp(want, "beat") && !may)
        return error_set("a stride of %d does not divide the %d frames of a beat: use one that does", stride, BEAT_FRAMES);
    if (front_begin(&t->front, t->data->rate, !fixed && may))
        return -1;
    t->clips = mem_zero(t->data->count, sizeof *t->clips);
    if (t->front.beat && 2 * levels_time(&t->front, t->data, 1, t->clips, t->pool) < t->data->count &&
        strcmp(want, "beat")) {
        front_end(&t->front);
        if (front_begin(&t->front, t->data->rate, false))
            return -1;
    }
    return 0;
}

static void choose_defaults(struct spectral_training *t)
{
    struct train_config *c = &t->config;
    bool high = t->data->rate > 4000;

    c->latent = c->latent ? c->latent : 64;
    c->batch = c->batch ? c->batch : 8;
    c->rate = c->rate > 0 ? c->rate : high ? 1.5e-3 : 2e-3;
    c->width = c->width ? c->width : high ? 192 : 128;
    c->stride = c->stride ? c->stride : t->front.beat ? 6 : high ? 4 : 2;
    c->beta = c->beta > 0 ? c->beta : 3e-3;
    c->bank = c->bank >= 0 ? c->bank : PRIOR_BANK_DEFAULT;
    t->crop = (t->front.beat ? 192 : high ? 128 : 64) / c->stride * c->stride;
    t->shape = (struct spectral){features_channels(t->front.bands), c->width, c->latent, c->stride};
}

static int check_sizes(const struct spectral_training *t)
{
    double seconds = (double)t->data->samples / t->data->rate, frames = 0;

    for (size_t i = 0; i < t->data->count; i++)
        frames += (double)t->clips[i].frames - 1;
    if (seconds * t->data->rate / t->front.hop > 1 << 24)
        return error_set("clips of %.0f s are too long to learn from: cut them with cv-load --all", seconds);
    if (frames < LEAST_FRAMES)
        return error_set("%zu clips of %.2g s are too few to learn from: at least %d frames, about %.0f s of audio, are needed",
                         t->data->count, seconds, LEAST_FRAMES, ceil(LEAST_FRAMES * t->front.hop / t->data->rate));
    if (t->shape.latent > t->shape.features * t->shape.stride)
        return error_set("a latent of %d is more than the %d values it stands for: use a smaller -z", t->shape.latent,
                         t->shape.features * t->shape.stride);
    if (t->shape.features * t->shape.stride > MOST_STACKED)
        return error_set("a stride of %d stacks %d values, principal components are taken of %d at most: use a smaller --stride",
                         t->shape.stride, t->shape.features * t->shape.stride, MOST_STACKED);
    return 0;
}

static struct trainer *create(const struct train_config *config, const struct dataset *data, struct pool *pool)
{
    struct spectral_training *t = mem_zero(1, sizeof *t);

    t->t.kind = &spectral_trainer;
    t->t.params = params_new();
    t->data = data;
    t->pool = pool;
    t->slower = 1;
    t->config = *config;
    if (data->channels != 1) {
        error_set("clips have %d channels, the network 'spectral' takes one: load without cv-load -c", data->channels);
        goto refused;
    }
    if (choose_frames(t))
        goto refused;
    choose_defaults(t);
    levels_time(&t->front, data, t->shape.stride, t->clips, pool);
    if (check_sizes(t))
        goto refused;
    t->prior = prior_plan(&t->shape, &t->front, t->clips, data->count, t->config.bank, config->seed);
    t->g = spectral_build(&t->shape, SPECTRAL_ALL, t->t.params, t->config.batch, t->crop, pool);
    prior_declare(t->g.net, &t->prior.shape);
    if (net_plan(t->g.net, config->seed, true))
        goto refused;
    t->adam = (struct adam){t->config.rate, 0.9, 0.99, 1e-8, false, 0};
    t->drawn = mem_alloc((size_t)t->config.batch * sizeof *t->drawn);
    if (levels_learn(&t->front, t->t.params, data, t->clips, false, pool))
        goto refused;
    net_spectral_loss_top(t->g.distance, front_top(t->shape.features, statistic(t, "front/mean"), statistic(t, "front/sd"),
                                                   statistic(t, "front/most")));
    if (pca_begin(&t->shape, t->t.params, t->clips, data->count, data->spool))
        goto refused;
    return &t->t;
refused:
    destroy(&t->t);
    return NULL;
}

/* ---- steps ---- */

static int begin_epoch(struct trainer *base, int64_t epoch)
{
    struct spectral_training *t = (struct spectral_training *)base;
    int64_t frames = 0, each = (int64_t)t->config.batch * t->crop;

    (void)epoch;
    for (size_t i = 0; i < t->data->count; i++)
        frames += t->clips[i].frames;
    return (int)((frames + each - 1) / each);
}

/* A crop of a clip's frames from there on, repeated at its end where the clip is shorter. */
static void crop(const struct spectral_training *t, const struct levels *clip, const float *y, int from, float *to)
{
    size_t frames = (size_t)clip->frames;

    for (int c = 0; c < t->shape.features; c++, to += t->crop) {
        const float *row = y + (size_t)c * frames;
        int have = clip->frames - from < t->crop ? clip->frames - from : t->crop;

        memcpy(to, row + from, (size_t)have * sizeof *to);
        for (int i = have; i < t->crop; i++)
            to[i] = row[frames - 1];
    }
}

/* Where a crop of a clip begins: on a latent frame where frames follow the beat, anywhere else. */
static int crop_start(const struct spectral_training *t, const struct levels *clip, struct rng *r)
{
    int each = t->front.beat ? t->shape.stride : 1, starts = (clip->frames - t->crop) / each + 1;

    return starts > 1 ? each * (int)rng_below(r, (uint64_t)starts) : 0;
}

/* Warm-up, then a cosine down to 2 %. */
static double learning_rate(const struct spectral_training *t)
{
    double warm = (double)(t->t.steps + 1) / WARM_UP;

    return t->slower * t->config.rate * (warm < 1 ? warm : 1) *
           (0.5 * (1 + cos(acos(-1) * t->t.progress)) * 0.98 + 0.02);
}

/* A step that cannot be taken is counted and passed over; several in a row
 * lower the learning rate, many end training. */
static int skip(struct spectral_training *t, struct step_result *result)
{
    char *names;

    result->clips = 0;
    t->skipped++;
    t->in_row++;
    t->t.steps++;
    if (t->in_row % SKIPS_SLOW == 0)
        t->slower /= 2;
    if (t->in_row < SKIPS_END)
        return 0;
    names = trainer_clip_names(t->data, t->drawn, (size_t)t->config.batch);
    error_set("the loss is not finite (%g), %d steps in a row, the last on crops of clips %s: try a lower -l",
              result->loss, t->in_row, names);
    free(names);
    return -1;
}

static int step(struct trainer *base, int number, struct step_result *result)
{
    struct spectral_training *t = (struct spectral_training *)base;
    struct rng crops = rng_new(t->config.seed, STREAM_CROPS + (uint64_t)base->steps);
    struct rng noise = rng_new(t->config.seed, STREAM_NOISE + (uint64_t)base->steps);
    size_t size = (size_t)t->shape.features * (size_t)t->crop;
    double norm;

    (void)number;
    net_set_batch(t->g.net, t->config.batch);
    for (int b = 0; b < t->config.batch; b++) {
        const struct levels *clip = &t->clips[t->drawn[b] = rng_below(&crops, t->data->count)];

        crop(t, clip, clip->y, crop_start(t, clip, &crops), t->g.y->y + (size_t)b * size);
        spool_release(t->data->spool, clip->y, levels_size(clip, t->shape.features));
    }
    rng_normal(&noise, t->g.eps->y, node_count(t->g.eps));
    spectral_beta(&t->g, (float)(t->config.beta * (base->progress < 0.09 ? 0.1 + base->progress / 0.1 : 1)));
    net_forward(t->g.net);
    result->loss = net_loss_value(t->g.net);
    result->elbo = -result->loss;
    result->clips = t->config.batch;
    if (!isfinite(result->loss))
        return skip(t, result);
    net_backward(t->g.net);
    norm = adam_gradient_norm(base->params);
    if (!isfinite(norm))
        return skip(t, result);
    t->in_row = 0;
    t->adam.rate = learning_rate(t);
    adam_step_scaled(&t->adam, base->params, t->pool, norm > gradient_bound ? gradient_bound / norm : 1);
    base->steps++;
    return 0;
}

/* The whole of every test clip, in crops one after another. */
static double test(struct trainer *base, const struct dataset *clips, int64_t epoch)
{
    struct spectral_training *t = (struct spectral_training *)base;
    size_t size = (size_t)t->shape.features * (size_t)t->crop;
    struct rng noise = rng_new(t->config.seed, STREAM_TEST + (uint64_t)epoch);
    double sum = 0, count = 0;
    int held = 0;

    if (!t->test) {
        t->test = mem_zero(clips->count, sizeof *t->test);
        levels_time(&t->front, clips, t->shape.stride, t->test, t->pool);
        t->test_y = mem_alloc((size_t)t->shape.features * (size_t)levels_longest(t->test, clips->count) * sizeof(float));
    }
    for (size_t i = 0; i < clips->count; i++) {
        const struct levels *clip = &t->test[i];

        levels_of(&t->front, base->params, clips->clips[i].data, clip, t->test_y);
        dataset_release(clips, i);
        for (int from = 0; from < clip->frames; from += t->crop) {
            bool last = i + 1 == clips->count && from + t->crop >= clip->frames;

            crop(t, clip, t->test_y, from, t->g.y->y + (size_t)held * size);
            if (++held < t->config.batch && !last)
                continue;
            net_set_batch(t->g.net, held);
            rng_normal(&noise, t->g.eps->y, node_count(t->g.eps));
            net_forward(t->g.net);
            sum -= held * net_loss_value(t->g.net);
            count += held;
            held = 0;
        }
    }
    return sum / count;
}

static void finish(struct trainer *base)
{
    struct spectral_training *t = (struct spectral_training *)base;

    prior_learn(&t->prior, &t->shape, base->params, t->clips, t->data->spool, t->config.seed, t->pool);
}

static void describe(const struct trainer *base, struct meta *m)
{
    const struct spectral_training *t = (const struct spectral_training *)base;

    meta_set(m, "latent", meta_int(t->shape.latent));
    meta_set(m, "width", meta_int(t->shape.width));
    meta_set(m, "stride", meta_int(t->shape.stride));
    meta_set(m, "features", meta_int(t->shape.features));
    meta_set(m, "fft", meta_int(t->front.fft));
    meta_set(m, "hop", meta_int(t->front.hop));
    meta_set(m, "corner", meta_real(t->front.corner));
    meta_set(m, "level", meta_real(FRONT_LEVEL));
    meta_set(m, "bank", meta_int(t->config.bank));
    prior_plan_describe(&t->prior, &t->front, t->clips, m);
    meta_set(m, "batch", meta_int(t->config.batch));
    meta_set(m, "crop", meta_int(t->crop));
    meta_set(m, "beta", meta_real(t->config.beta));
    meta_set(m, "optimizer", meta_text("adam"));
    meta_set(m, "learning_rate", meta_real(t->config.rate));
    meta_set(m, "beta1", meta_real(t->adam.beta1));
    meta_set(m, "beta2", meta_real(t->adam.beta2));
    meta_set(m, "epsilon", meta_real(t->adam.epsilon));
    meta_set(m, "skipped_steps", meta_int(t->skipped));
}

static void save(const struct trainer *base, struct meta *state)
{
    const struct spectral_training *t = (const struct spectral_training *)base;

    meta_set(state, "adam_steps", meta_int(t->adam.step));
    meta_set(state, "skipped", meta_int(t->skipped));
    meta_set(state, "in_row", meta_int(t->in_row));
    meta_set(state, "slower", meta_real(t->slower));
}

static int restore(struct trainer *base, const struct meta *state)
{
    struct spectral_training *t = (struct spectral_training *)base;
    int64_t in_row;

    if (trainer_counter(state, "adam_steps", &t->adam.step) || trainer_counter(state, "skipped", &t->skipped) ||
        trainer_counter(state, "in_row", &in_row))
        return -1;
    if (in_row >= SKIPS_END || !meta_get_real(state, "slower", &t->slower) || !(t->slower > 0 && t->slower <= 1))
        return error_set("the state of training has no usable \"in_row\" or \"slower\"");
    t->in_row = (int)in_row;
    return 0;
}

const struct trainer_kind spectral_trainer = {"spectral", create, begin_epoch, step, test, finish, describe, destroy, save, restore};
