/* Training the network 'spectral': random crops of standardised log magnitude
 * frames, Adam with warm-up, cosine and a bound on the gradient. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/team.h"
#include "nn/adam.h"
#include "nn/layers.h"
#include "train/bank_keep.h"
#include "train/clip_terms.h"
#include "train/crops.h"
#include "train/lift.h"
#include "train/pca.h"
#include "train/prior_learn.h"
#include "model/spectral.h"
#include "train/options.h"

/* Streams of the seed, beside those of the initial values (0, 1, ...): a step's, of this rank. */
#define STREAM_CROPS (UINT64_C(1) << 60)
#define STREAM_NOISE (UINT64_C(2) << 60)
#define STREAM_RANK ((uint64_t)team_rank() << 40)

/* Steps of warm-up; values that principal components are taken of at most. */
enum { WARM_UP = 300, MOST_STACKED = 4500 };
/* Clips of training that the spread of levels is learnt from, and that their bound is reported of. */
enum { SPREAD_CLIPS = 16, TRAIN_CLIPS = 4 };
/* Skipped steps in a row: so many halve the learning rate, so many end training. */
enum { SKIPS_SLOW = 3, SKIPS_END = 20 };
static const double gradient_bound = 1, linear_weight = 1, first_logvar = -4;
static const float encoder_rate = 0.1f; /* it begins where it does best, and follows slowly */

struct spectral_training {
    struct trainer t;
    struct spectral_input input;
    struct spectral shape;
    struct spectral_graph g;
    int crop, batch; /* frames of a training crop, and how many of these in a step */
    struct spectral_clip
        *all; /* [count] of all ranks, in their order, then those kept of a bank; y of this one's alone */
    struct spectral_clip *clips; /* in all, from first on: of the dataset */
    size_t count, first;
    struct bank kept;
    struct prior_plan prior;
    struct spectral_clip *test; /* of the test clips, y NULL */
    double gain;                /* see lift_learn; 0 before it */
    struct crops crops;
    double share;  /* of the places of crops of all ranks: the weight of this one's */
    int in_row;    /* steps that were skipped */
    double slower; /* factor on the learning rate */
    size_t *drawn; /* clips of the crops of the step in hand, and where these begin */
    int *from;
};

static void destroy(struct trainer *base)
{
    struct spectral_training *t = (struct spectral_training *)base;

    net_free(t->g.net);
    params_free(t->t.params);
    input_end(&t->input);
    free(t->all);
    bank_close(&t->kept);
    prior_plan_free(&t->prior);
    free(t->test);
    crops_free(&t->crops);
    free(t->drawn);
    free(t->from);
    free(t);
}

/* ---- the beginning ---- */

/* Clips that sound, and how many of them have a steady beat. */
static size_t count_steady(const struct spectral_training *t, size_t *sounding)
{
    size_t steady = 0;

    *sounding = 0;
    for (size_t i = 0; i < t->count; i++) {
        *sounding += t->all[i].level > 0;
        steady += t->all[i].level > 0 && t->all[i].timing.steady;
    }
    return steady;
}

static void time_clips(struct spectral_training *t)
{
    spectral_data_time(&t->input, t->t.data, true, t->clips, t->t.pool);
    team_gather(t->all, t->t.data->count, sizeof *t->all);
}

/* Frames follow the beat as asked, or where at least half of the clips that sound have a steady one. */
static int choose_frames(struct spectral_training *t)
{
    const char *want = t->t.config.frames;
    int stride = (int)t->t.config.stride, channels = t->t.data->channels;
    bool fixed = !strcmp(want, "fixed"), may = stride == 0 || BEAT_FRAMES % stride == 0;
    size_t sounding;

    if (!strcmp(want, "beat") && !may)
        return error_set("a stride of %d does not divide the %d frames of a beat: use one that does", stride,
                         BEAT_FRAMES);
    if (input_begin(&t->input, t->t.data->rate, channels, !fixed && may))
        return -1;
    t->first = team_first(t->t.data->count, &t->count);
    t->all = mem_zero(t->count, sizeof *t->all);
    t->clips = t->all + t->first;
    time_clips(t);
    if (!t->input.beat || 2 * count_steady(t, &sounding) >= sounding || !strcmp(want, "beat"))
        return 0;
    input_end(&t->input);
    if (input_begin(&t->input, t->t.data->rate, channels, false))
        return -1;
    time_clips(t);
    return 0;
}

/* Settings that depend on the clips. */
static void choose_sizes(struct spectral_training *t)
{
    struct train_config *c = &t->t.config;
    bool high = t->t.data->rate > 4000, beat = t->input.beat;

    c->latent = c->latent ? c->latent : high ? 192 : beat ? 160 : 96;
    c->width = c->width ? c->width : high ? 128 : 192;
    c->stride = c->stride ? c->stride : beat ? 6 : high ? 4 : 2;
    c->frames = beat ? "beat" : "fixed";
    t->shape = (struct spectral){input_features(&t->input), (int)c->width, (int)c->latent, (int)c->stride};
    t->crop = (beat ? 192 : high ? 128 : 64) / t->shape.stride * t->shape.stride;
    t->batch = (int)c->batch;
}

static int check_sizes(const struct spectral_training *t)
{
    double seconds = (double)t->t.data->samples / t->t.data->rate;

    if (seconds * t->t.data->rate / t->input.hop > 1 << 24)
        return error_set("clips of %.0f s are too long to learn from: cut them with cv-load --all", seconds);
    if (spectral_data_check(&t->input, t->t.data, t->clips))
        return -1;
    if (t->shape.latent > t->shape.features * t->shape.stride)
        return error_set("a latent of %d is more than the %d values it stands for: use a smaller -z", t->shape.latent,
                         t->shape.features * t->shape.stride);
    if (t->shape.features * t->shape.stride > MOST_STACKED)
        return error_set(
            "a stride of %d stacks %d values, principal components are taken of %d at most: use a smaller --stride",
            t->shape.stride, t->shape.features * t->shape.stride, MOST_STACKED);
    return 0;
}

/* What is not drawn: log variances, the front end as the loss has it, the pace of the encoder. */
static void begin_values(struct spectral_training *t)
{
    struct input_values v = input_values(t->t.params);
    struct param *logvar = params_find(t->t.params, "enc/logvar");

    for (size_t d = 0; d < logvar->count; d++)
        t->t.params->theta[logvar->offset + d] = (float)first_logvar;
    net_spectral_loss_set(t->g.distance, (struct spectral_loss){v.mean, v.features, *v.scale, *v.floor, input_top(&v),
                                                                (float)linear_weight});
    params_find(t->t.params, "enc/linear/kernel")->pace = encoder_rate;
    params_find(t->t.params, "enc/linear/bias")->pace = encoder_rate;
}

/* -1: there are none here. */
static int begin_crops(struct spectral_training *t)
{
    double places;

    t->crops =
        crops_new(t->clips, t->t.data->count, t->crop, t->input.beat ? t->shape.stride : 1); /* where beats begin */
    places = (double)crops_places(&t->crops);
    t->share = places;
    team_sum(&places, 1);
    t->share /= places;
    return t->share > 0 ? 0 : error_set("its clips are silent: there is nothing to learn from");
}

/* Clips of the bank of the model that training starts from, where it is to be kept. */
static int open_kept(struct spectral_training *t)
{
    const struct train_config *c = &t->t.config;

    if (!c->keep_bank)
        return 0;
    if (bank_open(&t->kept, c->from, &t->shape, &t->input, pool_threads(t->t.pool)))
        return -1;
    t->all = mem_grow(t->all, t->count + bank_clips(&t->kept), sizeof *t->all);
    t->clips = t->all + t->first;
    bank_time(&t->kept, t->all + t->count);
    return 0;
}

static struct trainer *create(const struct trainer *base)
{
    struct spectral_training *t = mem_zero(1, sizeof *t);
    const struct dataset *data = base->data;
    struct pool *pool = base->pool;

    t->t = *base;
    t->slower = 1;
    if (data->channels > CHANNELS_MOST) {
        error_set("clips have %d channels, the network 'spectral' takes up to %d: load without cv-load -c",
                  data->channels, CHANNELS_MOST);
        goto refused;
    }
    if (choose_frames(t))
        goto refused;
    choose_sizes(t);
    spectral_data_stride(t->all, t->count, t->shape.stride);
    if (check_sizes(t))
        goto refused;
    if (open_kept(t))
        goto refused;
    t->prior = prior_plan(&t->shape, &t->input, t->all, t->count, bank_clips(&t->kept), t->t.config.bank, t->t.seed);
    t->g = spectral_build(&t->shape, SPECTRAL_ALL, t->t.params, t->batch, t->crop / t->shape.stride, pool);
    chunks_declare(t->g.net, &t->shape, &t->prior.shape, true);
    net_plan(t->g.net, t->t.seed, true);
    t->t.adam = (struct adam){t->t.config.rate, 0.9, 0.99, 1e-8, false, 0};
    t->drawn = mem_alloc((size_t)t->batch * sizeof *t->drawn);
    t->from = mem_alloc((size_t)t->batch * sizeof *t->from);
    if (spectral_data_learn(&t->input, t->t.params, data, t->clips, false, pool) ||
        team_agree(bank_levels(&t->kept, t->t.params, t->all + t->count, data->spool, pool)) ||
        pca_begin(&t->shape, t->t.params, t->clips, data->count, data->spool, pool))
        goto refused;
    team_share(t->t.params->theta, t->t.params->total * sizeof *t->t.params->theta); /* the same to the last bit */
    begin_values(t);
    if (!team_agree(begin_crops(t)))
        return &t->t;
refused:
    destroy(&t->t);
    return NULL;
}

/* ---- steps ---- */

static int begin_epoch(struct trainer *base, int64_t epoch)
{
    struct spectral_training *t = (struct spectral_training *)base;
    int64_t frames = 0, each = (int64_t)team_size() * t->batch * t->crop;

    (void)epoch;
    for (size_t i = 0; i < t->count; i++)
        frames += t->all[i].level > 0 ? t->all[i].real : 0;
    return (int)((frames + each - 1) / each);
}

static void crop_task(void *arg, int task, int worker)
{
    const struct spectral_training *t = arg;
    size_t size = (size_t)t->crop * (size_t)t->shape.features;

    (void)worker;
    crops_copy(&t->crops, t->drawn[task], t->from[task], t->shape.features, t->g.y->y + (size_t)task * size);
    spool_release(t->t.data->spool, t->clips[t->drawn[task]].y,
                  spectral_data_size(&t->clips[t->drawn[task]], t->shape.features));
}

/* Warm-up over some steps or a tenth of the run, whichever is shorter, then a cosine down to 2 %. Of a batch that is n times
 * as large, as that of n ranks is, times the root of n: Malladi, Lyu, Panigrahi, Arora, "On the SDEs and scaling rules for
 * adaptive gradient algorithms", 2022, but for the moments, whose decay stays as it is. */
static double learning_rate(const struct spectral_training *t)
{
    double warm = fmin(1, fmax((double)(t->t.steps + 1) / WARM_UP, t->t.progress / 0.1));

    return t->slower * sqrt(team_size()) * t->t.config.rate * warm *
           (0.5 * (1 + cos(acos(-1) * t->t.progress)) * 0.98 + 0.02);
}

/* A step that cannot be taken is counted and passed over; several in a row
 * lower the learning rate, many end training. */
static int skip(struct spectral_training *t, struct step_result *result)
{
    char *names;

    result->clips = 0;
    t->t.skipped++;
    t->in_row++;
    t->t.steps++;
    if (t->in_row % SKIPS_SLOW == 0)
        t->slower /= 2;
    if (t->in_row < SKIPS_END)
        return 0;
    names = trainer_clip_names(t->t.data, t->drawn, (size_t)t->batch);
    error_set("the loss is not finite (%g), %d steps in a row, the last on crops of clips %s: try a lower -l",
              result->f.of[LOSS], t->in_row, names);
    free(names);
    return -1;
}

/* Those of all ranks, whose losses have their weights already. What is trained lies together, but for gaps. */
static void sum_gradients(struct params *p)
{
    size_t first = p->total, end = 0;

    for (size_t i = 0; i < p->count; i++) {
        const struct param *q = p->list[i];

        if (!q->trainable)
            continue;
        first = q->offset < first ? q->offset : first;
        end = q->offset + q->count;
    }
    team_sum_floats(p->grad + first, end - first);
}

static int step(struct trainer *base, int number, struct step_result *result)
{
    struct spectral_training *t = (struct spectral_training *)base;
    struct rng crops = rng_new(t->t.seed, STREAM_CROPS + STREAM_RANK + (uint64_t)base->steps);
    struct rng noise = rng_new(t->t.seed, STREAM_NOISE + STREAM_RANK + (uint64_t)base->steps);
    uint64_t places = (uint64_t)crops_places(&t->crops);
    double norm, beta, seen[3];

    (void)number;
    net_set_batch(t->g.net, t->batch);
    for (int b = 0; b < t->batch; b++)
        t->drawn[b] = crops_find(&t->crops, (int64_t)rng_below(&crops, places), &t->from[b]);
    pool_run(t->t.pool, t->batch, crop_task, t);
    rng_normal(&noise, t->g.eps->y, node_count(t->g.eps));
    beta = t->t.config.beta * (base->progress < 0.09 ? 0.1 + base->progress / 0.1 : 1);
    net_loss(t->g.distance, (float)t->share);
    net_loss(t->g.kl, (float)(t->share * beta));
    net_forward(t->g.net);
    seen[LOSS] = net_loss_value(t->g.net);
    seen[DISTANCE] = t->share * (double)t->g.distance->y[0];
    seen[KL] = t->share * (double)t->g.kl->y[0];
    team_sum(seen, 3);
    *result = (struct step_result){
        {{seen[LOSS], seen[DISTANCE], seen[KL], NAN}}, learning_rate(t), beta, team_size() * t->batch};
    if (!isfinite(result->f.of[LOSS]))
        return skip(t, result);
    net_backward(t->g.net);
    sum_gradients(base->params);
    norm = adam_gradient_norm(base->params, t->t.pool);
    if (!isfinite(norm))
        return skip(t, result);
    t->in_row = 0;
    t->t.adam.rate = result->rate;
    adam_step(&t->t.adam, base->params, t->t.pool, norm > gradient_bound ? gradient_bound / norm : 1);
    base->steps++;
    return 0;
}

/* ---- measuring ---- */

/* The spread of levels around what is decoded. */
static void learn_spread(const struct spectral_training *t, const struct chunks *p)
{
    struct terms seen = clip_terms(p, t->t.data, t->clips, SPREAD_CLIPS, t->t.seed, t->t.pool);

    terms_spread(&seen, &p->v);
    terms_free(&seen);
}

static void test(struct trainer *base, const struct dataset *clips, struct train_figures *result)
{
    struct spectral_training *t = (struct spectral_training *)base;
    struct figures_of_terms f;
    struct terms all;
    struct chunks p;

    if (clips && !t->test) {
        t->test = mem_zero(clips->count, sizeof *t->test);
        spectral_data_time(&t->input, clips, false, t->test, t->t.pool);
        spectral_data_stride(t->test, clips->count, t->shape.stride);
    }
    chunks_over(&p, &t->shape, &t->input, base->params, pool_threads(t->t.pool));
    learn_spread(t, &p);
    all = clips ? clip_terms(&p, clips, t->test, SIZE_MAX, base->seed, base->pool)
                : clip_terms(&p, base->data, t->clips, TRAIN_CLIPS, base->seed, base->pool);
    f = terms_figures(&all, &t->shape);
    *result = (struct train_figures){{f.distance + t->t.config.beta * f.kl, f.distance, f.kl, f.elbo}};
    terms_free(&all);
    chunks_end(&p);
}

static int finish(struct trainer *base)
{
    struct spectral_training *t = (struct spectral_training *)base;
    struct chunks p;
    int status;

    chunks_over(&p, &t->shape, &t->input, base->params, pool_threads(t->t.pool));
    learn_spread(t, &p);
    lift_learn(&p, t->t.data, t->all, t->count, t->first, t->t.pool, &t->gain);
    status = prior_learn(&t->prior, &p, t->all, t->t.data->spool, t->t.seed);
    chunks_end(&p);
    return status;
}

/* "frames follow the beat (9 of 13 have one; 4 are left out of the prior)" */
static char *words(const struct trainer *base)
{
    const struct spectral_training *t = (const struct spectral_training *)base;
    size_t sounding, steady = count_steady(t, &sounding), left = sounding - t->prior.fresh;

    if (!t->input.beat)
        return mem_text("frames stand at a fixed distance");
    if (left == 0)
        return mem_format("frames follow the beat (%zu of %zu have a steady one)", steady, t->count);
    return mem_format("frames follow the beat (%zu of %zu have a steady one; %zu are left out of the prior)", steady,
                      t->count, left);
}

static void describe(const struct trainer *base, struct meta *m)
{
    const struct spectral_training *t = (const struct spectral_training *)base;

    meta_set(m, "definition", meta_int(SPECTRAL_DEFINITION));
    for (const char *const *key = (const char *const[]){"latent", "width", "stride", NULL}; *key; key++)
        config_describe(&base->config, *key, m);
    meta_set(m, "features", meta_int(t->shape.features));
    meta_set(m, "fft", meta_int(t->input.fft));
    meta_set(m, "hop", meta_int(t->input.hop));
    meta_set(m, "corner", meta_real(t->input.corner));
    meta_set(m, "level", meta_real(INPUT_LEVEL));
    if (t->gain > 0)
        meta_set(m, "gain", meta_real(t->gain));
    config_describe(&base->config, "bank", m);
    prior_plan_describe(&t->prior, &t->input, t->all, m);
    config_describe(&base->config, "batch", m);
    meta_set(m, "crop", meta_int(t->crop));
    config_describe(&base->config, "beta", m);
    trainer_describe_adam(base, m);
    meta_set(m, "skipped_steps", meta_int(t->t.skipped));
}

static void save(const struct trainer *base, struct meta *state)
{
    const struct spectral_training *t = (const struct spectral_training *)base;

    meta_set(state, "skipped", meta_int(t->t.skipped));
    meta_set(state, "in_row", meta_int(t->in_row));
    meta_set(state, "slower", meta_real(t->slower));
    meta_set(state, "gain", meta_real(t->gain));
}

static int restore(struct trainer *base, const struct meta *state)
{
    struct spectral_training *t = (struct spectral_training *)base;
    int64_t in_row;

    if (trainer_counter(state, "skipped", &base->skipped) || trainer_counter(state, "in_row", &in_row))
        return -1;
    if (in_row >= SKIPS_END || !meta_get_real(state, "slower", &t->slower) || !(t->slower > 0 && t->slower <= 1))
        return error_set("the state of training has no usable \"in_row\" or \"slower\"");
    t->in_row = (int)in_row;
    meta_get_real(state, "gain", &t->gain);
    return 0;
}

const struct trainer_kind spectral_trainer = {
    .network = &network_spectral,
    .unit = "crops",
    .speed = "crops_per_second",
    .least_steps = 200,
    .create = create,
    .begin_epoch = begin_epoch,
    .step = step,
    .test = test,
    .finish = finish,
    .chosen = words,
    .describe = describe,
    .destroy = destroy,
    .save = save,
    .restore = restore,
};
