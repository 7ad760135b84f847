/* The spectral network: training steps, and how many products one of them asks for. */
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
#include "vae/front.h"
#include "vae/spectral.h"
#include "vae/trainer.h"

/* Enough clips that the crops of a step are not in the caches beforehand. */
enum { CLIPS = 16, SECONDS = 15, CROPS = 8 };

struct training {
    struct trainer *trainer;
    int step;
};

static void train_once(void *arg)
{
    struct training *t = arg;
    struct step_result result;

    if (trainer_step(t->trainer, t->step++, &result))
        diag_die("%s", error_text());
}

static bool begins(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

/* Multiply-adds of the network for one step forward, from the parameters: a
 * kernel meets every frame or, behind the stride, every latent frame. */
static double products(const struct params *p, double frames, double latents)
{
    static const char *const fine[] = {
        "enc/in/", "enc/res1/", "enc/res2/", "dec/res3/", "dec/res4/", "dec/out/",
    };
    double sum = 0;

    for (size_t i = 0; i < p->count; i++) {
        const char *name = p->list[i]->name, *last = strrchr(name, '/');
        double times = latents;

        if (!last || strcmp(last, "/kernel") || !p->list[i]->trainable)
            continue;
        for (size_t k = 0; k < sizeof fine / sizeof *fine; k++)
            if (begins(name, fine[k]))
                times = frames;
        sum += times * (double)p->list[i]->count;
    }
    return sum;
}

static void clips_begin(struct dataset *d, float *audio)
{
    d->spool = spool_new(SIZE_MAX);
    d->clips = mem_zero(d->count, sizeof *d->clips);
    for (size_t i = 0; i < d->count; i++) {
        d->clips[i].name = mem_format("clip-%02zu", i);
        d->clips[i].samples = d->samples;
        d->clips[i].data = audio + i * (size_t)d->samples;
    }
}

void bench_spectral(int rate, int threads, int steps)
{
    struct train_config config = {.network = "spectral", .epochs = 1000, .batch = CROPS, .seed = 123,
                                  .frames = "fixed"};
    struct dataset data = {.count = CLIPS, .channels = 1, .samples = (int64_t)SECONDS * rate, .rate = rate};
    struct pool *pool = pool_new(threads);
    float *audio = random_clips(CLIPS * (size_t)data.samples);
    struct training t = {0};
    int crop = rate > 4000 ? 128 : 64, stride = rate > 4000 ? 4 : 2;   /* as in the network and the peer */
    char what[32];

    clips_begin(&data, audio);
    t.trainer = trainer_new(&config, &data, pool);
    if (!t.trainer)
        diag_die("%s", error_text());
    trainer_begin_epoch(t.trainer, 0);
    snprintf(what, sizeof what, "spectral-%d", rate);
    measure(what, threads, steps, train_once, &t);
    printf("count %s %.6f million products a step\n", what,
           3e-6 * products(t.trainer->params, CROPS * crop, CROPS * crop / stride));
    trainer_free(t.trainer);
    pool_free(pool);
    for (size_t i = 0; i < CLIPS; i++)
        free(data.clips[i].name);
    free(data.clips);
    spool_free(data.spool);
    free(audio);
}

/* ---- the network alone, at the shape that frames on the beat give it ---- */

struct beat {
    struct spectral shape;
    struct params *params;
    struct spectral_graph g;
    struct adam adam;
    float *table;                /* [CLIPS][features][LONG frames of a crop] */
    int crop;
    uint64_t step;
};

enum { LONG = 5, BEAT_CROP = 192 };

static void beat_once(void *arg)
{
    struct beat *t = arg;
    struct rng draw = rng_new(123, ++t->step);
    size_t frames = LONG * (size_t)t->crop, rows = (size_t)t->shape.features;
    double norm;

    for (int b = 0; b < CROPS; b++) {
        const float *from = t->table + rng_below(&draw, CLIPS) * rows * frames;
        float *to = t->g.y->y + (size_t)b * rows * (size_t)t->crop;
        size_t start = rng_below(&draw, frames - (size_t)t->crop + 1);

        for (size_t c = 0; c < rows; c++)
            memcpy(to + c * (size_t)t->crop, from + c * frames + start, (size_t)t->crop * sizeof *to);
    }
    rng_normal(&draw, t->g.eps->y, node_count(t->g.eps));
    net_forward(t->g.net);
    if (!isfinite(net_loss_value(t->g.net)))
        diag_die("the loss of the bench is not finite");
    net_backward(t->g.net);
    norm = adam_gradient_norm(t->params);
    adam_step_scaled(&t->adam, t->params, net_pool(t->g.net), norm > 1 ? 1 / norm : 1);
}

int bench_features(int rate, bool beat)
{
    struct front front;
    int features;

    if (front_begin(&front, rate, beat))
        diag_die("%s", error_text());
    features = features_channels(front.bands);
    front_end(&front);
    return features;
}

void bench_beat(int rate, int threads, int steps)
{
    bool high = rate > 4000;
    struct beat t = {.shape = {.features = bench_features(rate, true), .width = high ? 192 : 128, .latent = 64, .stride = 6},
                     .params = params_new(), .adam = {2e-3, 0.9, 0.99, 1e-8, false, 0}, .crop = BEAT_CROP};
    struct pool *pool = pool_new(threads);
    char what[32];

    t.table = random_clips(CLIPS * LONG * (size_t)(t.shape.features * t.crop));
    t.g = spectral_build(&t.shape, SPECTRAL_ALL, t.params, CROPS, t.crop, pool);
    if (net_plan(t.g.net, 123, true))
        diag_die("%s", error_text());
    spectral_beta(&t.g, 3e-3f);
    snprintf(what, sizeof what, "beat-%d", rate);
    measure(what, threads, steps, beat_once, &t);
    printf("count %s %.6f million products a step\n", what,
           3e-6 * products(t.params, CROPS * t.crop, (double)(CROPS * t.crop) / t.shape.stride));
    net_free(t.g.net);
    params_free(t.params);
    pool_free(pool);
    free(t.table);
}
