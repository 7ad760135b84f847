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
#include "vae/front.h"
#include "vae/pca.h"
#include "vae/prior.h"
#include "vae/spectral.h"
#include "vae/trainer.h"

/* Streams of the seed, beside those of the initial values (0, 1, ...). */
#define STREAM_CROPS (UINT64_C(1) << 60)
#define STREAM_NOISE (UINT64_C(2) << 60)
#define STREAM_TEST (UINT64_C(3) << 60)
#define STREAM_PRIOR (UINT64_C(4) << 60)

/* Where training begins to be worth it. */
enum { LEAST_FRAMES = 64, WARM_UP = 50, MOST_STACKED = 4500 };
/* Skipped steps in a row: so many halve the learning rate, so many end training. */
enum { SKIPS_SLOW = 3, SKIPS_END = 20 };
static const double floor_db = -60, least_sd = 0.1, most_margin = 0.2, gradient_bound = 1;

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
    int frames;                  /* of a clip, a multiple of the stride */
    float **y;                   /* standardised levels of each clip, [features, frames] */
    float *test_y;               /* the same of one test clip */
    int64_t skipped;             /* steps, in all and in a row */
    int in_row;
    double slower;               /* factor on the learning rate */
    size_t *clips;               /* of the step in hand */
};

static void destroy(struct trainer *base)
{
    struct spectral_training *t = (struct spectral_training *)base;

    net_free(t->g.net);
    params_free(t->t.params);
    front_end(&t->front);
    for (size_t i = 0; t->y && i < t->data->count; i++)
        free(t->y[i]);
    free(t->y);
    free(t->test_y);
    free(t->clips);
    free(t);
}

static float *statistic(const struct spectral_training *t, const char *name)
{
    return t->t.params->theta + params_find(t->t.params, name)->offset;
}

/* ---- features and their statistics ---- */

struct levels_job {
    struct spectral_training *t;
    const struct dataset *d;
    float **y;
    double floor;
};

/* The last frame repeated to a whole number of latent frames. */
static void clip_levels(const struct spectral_training *t, const float *x, int64_t samples, double floor, float *y)
{
    int frames = (int)features_frames(t->front.bands, samples);
    double rms = front_rms(x, samples);

    front_levels(&t->front, x, samples, rms > 0 ? FRONT_LEVEL / rms : 1, floor, 0, frames, y, (size_t)t->frames);
    for (int c = 0; c < t->shape.features; c++)
        for (int i = frames; i < t->frames; i++)
            y[(size_t)c * (size_t)t->frames + (size_t)i] = y[(size_t)c * (size_t)t->frames + (size_t)frames - 1];
}

static void levels_task(void *arg, int task, int worker)
{
    struct levels_job *j = arg;

    (void)worker;
    j->y[task] = mem_alloc((size_t)j->t->shape.features * (size_t)j->t->frames * sizeof(float));
    clip_levels(j->t, j->d->clips[task].data, j->d->samples, j->floor, j->y[task]);
}

/* Levels of all clips, floored 60 dB under the loudest bin of all; per channel
 * mean and deviation over all frames, and the most that decoding will allow. */
static void learn_statistics(struct spectral_training *t)
{
    struct levels_job job = {t, t->data, t->y, 1e-30};
    float *mean = statistic(t, "front/mean"), *sd = statistic(t, "front/sd"), *most = statistic(t, "front/most");
    size_t frames = (size_t)t->frames, count = t->data->count;
    float top = -1e30f, floor;

    pool_run(t->pool, (int)count, levels_task, &job);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < (size_t)t->shape.features * frames; j++)
            top = t->y[i][j] > top ? t->y[i][j] : top;
    floor = top + (float)(floor_db / 20 * log(10));
    *statistic(t, "front/floor") = expf(floor);
    for (int c = 0; c < t->shape.features; c++) {
        double sum = 0, squares = 0, n = (double)(count * frames), m, v;
        float high = -1e30f;

        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < frames; j++) {
                float *y = &t->y[i][(size_t)c * frames + j];

                *y = *y > floor ? *y : floor;
                high = *y > high ? *y : high;
                sum += (double)*y;
                squares += (double)*y * (double)*y;
            }
        m = sum / n;
        v = squares / n - m * m;
        mean[c] = (float)m;
        sd[c] = (float)(v > least_sd * least_sd ? sqrt(v) : least_sd);
        most[c] = (high - mean[c]) / sd[c] + (float)most_margin;
    }
    for (size_t i = 0; i < count; i++)
        front_standardise(t->shape.features, t->frames, frames, mean, sd, t->y[i]);
    net_spectral_loss_top(t->g.distance, front_top(t->shape.features, mean, sd, most));
}

/* ---- steps ---- */

static struct trainer *create(const struct train_config *config, const struct dataset *data, struct pool *pool)
{
    struct spectral_training *t = mem_zero(1, sizeof *t);
    bool high = data->rate > 4000;
    int64_t frames;

    t->t.kind = &spectral_trainer;
    t->t.params = params_new();
    t->data = data;
    t->pool = pool;
    t->slower = 1;
    t->config = *config;
    t->config.latent = config->latent ? config->latent : 64;
    t->config.batch = config->batch ? config->batch : 8;
    t->config.rate = config->rate > 0 ? config->rate : high ? 1.5e-3 : 2e-3;
    t->config.width = config->width ? config->width : high ? 192 : 128;
    t->config.stride = config->stride ? config->stride : high ? 4 : 2;
    t->config.beta = config->beta > 0 ? config->beta : 3e-3;
    if (data->channels != 1) {
        error_set("clips have %d channels, the network 'spectral' takes one: load without cv-load -c", data->channels);
        goto refused;
    }
    if (front_begin(&t->front, data->rate))
        goto refused;
    frames = features_frames(t->front.bands, data->samples);
    if (frames > 1 << 24 || (frames - 1) * (int64_t)data->count < LEAST_FRAMES) {
        error_set("%zu clips of %lld frames are too few to learn from: at least %d frames, about %.0f s of audio, are needed",
                  data->count, (long long)frames, LEAST_FRAMES, LEAST_FRAMES * t->front.hop / data->rate);
        goto refused;
    }
    t->frames = (int)((frames + t->config.stride - 1) / t->config.stride * t->config.stride);
    t->crop = (high ? 128 : 64) / t->config.stride * t->config.stride;
    t->shape = (struct spectral){features_channels(t->front.bands), t->config.width, t->config.latent, t->config.stride};
    if (t->shape.latent > t->shape.features * t->shape.stride) {
        error_set("a latent of %d is more than the %d values it stands for: use a smaller -z", t->shape.latent,
                  t->shape.features * t->shape.stride);
        goto refused;
    }
    if (t->shape.features * t->shape.stride > MOST_STACKED) {
        error_set("a stride of %d stacks %d values, principal components are taken of %d at most: use a smaller --stride",
                  t->shape.stride, t->shape.features * t->shape.stride, MOST_STACKED);
        goto refused;
    }
    t->g = spectral_build(&t->shape, SPECTRAL_ALL, t->t.params, t->config.batch, t->crop, pool);
    prior_declare(t->g.net, t->shape.latent);
    if (net_plan(t->g.net, config->seed, true))
        goto refused;
    t->adam = (struct adam){t->config.rate, 0.9, 0.99, 1e-8, false, 0};
    t->y = mem_zero(data->count, sizeof *t->y);
    t->clips = mem_alloc((size_t)t->config.batch * sizeof *t->clips);
    learn_statistics(t);
    if (pca_begin(&t->shape, t->t.params, t->y, data->count, t->frames))
        goto refused;
    return &t->t;
refused:
    destroy(&t->t);
    return NULL;
}

static int begin_epoch(struct trainer *base, int64_t epoch)
{
    struct spectral_training *t = (struct spectral_training *)base;
    int64_t frames = (int64_t)t->data->count * t->frames, each = (int64_t)t->config.batch * t->crop;
    int64_t steps = (frames + each - 1) / each;

    (void)epoch;
    return (int)steps;
}

/* A crop of frames from, repeated at its end where the clip is shorter. */
static void crop(const struct spectral_training *t, const float *y, int from, float *to)
{
    for (int c = 0; c < t->shape.features; c++, to += t->crop) {
        const float *row = y + (size_t)c * (size_t)t->frames;
        int have = t->frames - from < t->crop ? t->frames - from : t->crop;

        memcpy(to, row + from, (size_t)have * sizeof *to);
        for (int i = have; i < t->crop; i++)
            to[i] = row[t->frames - 1];
    }
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
    names = trainer_clip_names(t->data, t->clips, (size_t)t->config.batch);
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
    int starts = t->frames - t->crop + 1;
    double norm;

    (void)number;
    net_set_batch(t->g.net, t->config.batch);
    for (int b = 0; b < t->config.batch; b++) {
        t->clips[b] = rng_below(&crops, t->data->count);
        crop(t, t->y[t->clips[b]], starts > 1 ? (int)rng_below(&crops, (uint64_t)starts) : 0, t->g.y->y + (size_t)b * size);
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

    if (!t->test_y)
        t->test_y = mem_alloc((size_t)t->shape.features * (size_t)t->frames * sizeof(float));
    for (size_t i = 0; i < clips->count; i++) {
        clip_levels(t, clips->clips[i].data, clips->samples, (double)*statistic(t, "front/floor"), t->test_y);
        front_standardise(t->shape.features, t->frames, (size_t)t->frames, statistic(t, "front/mean"),
                          statistic(t, "front/sd"), t->test_y);
        for (int from = 0; from < t->frames; from += t->crop) {
            bool last = i + 1 == clips->count && from + t->crop >= t->frames;

            crop(t, t->test_y, from, t->g.y->y + (size_t)held * size);
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

    prior_fit(&t->shape, base->params, t->y, t->data->count, t->frames, t->config.seed, STREAM_PRIOR, t->pool);
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

const struct trainer_kind spectral_trainer = {"spectral", create, begin_epoch, step, test, finish, describe, destroy};
