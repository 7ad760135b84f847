/* cv's own work: a training step, ten clips to latents, ten latents to clips. */
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench.h"
#include "model/notebook.h"
#include "train/trainer.h"

enum { CLIPS = 4 * BATCH }; /* to train on: more than the caches hold */

struct training {
    struct trainer *trainer;
    int64_t epoch;
    int step, steps;
};

static void train_once(void *arg)
{
    struct training *t = arg;
    struct step_result result;

    if (t->step == t->steps) {
        t->steps = t->trainer->kind->begin_epoch(t->trainer, t->epoch++);
        t->step = 0;
    }
    if (t->trainer->kind->step(t->trainer, t->step++, &result))
        diag_die("%s", error_text());
}

void bench_train(int threads, int steps)
{
    struct train_config config = {.network = "notebook", .epochs = 1, .latent = LATENT, .batch = BATCH, .seed = 123};
    struct dataset data = {.count = CLIPS, .channels = 1, .samples = SAMPLES, .rate = RATE};
    struct pool *pool = pool_new(threads);
    struct training t = {0};
    float *audio = random_clips((size_t)CLIPS * SAMPLES);

    data.spool = spool_new(SIZE_MAX);
    data.clips = mem_zero(CLIPS, sizeof *data.clips);
    for (size_t i = 0; i < CLIPS; i++) {
        data.clips[i].name = mem_format("clip-%02zu", i);
        data.clips[i].samples = SAMPLES;
        data.clips[i].data = audio + i * SAMPLES;
    }
    t.trainer = trainer_new(&config, &data, pool);
    if (!t.trainer)
        diag_die("%s", error_text());
    measure("train", threads, steps, train_once, &t);
    trainer_free(t.trainer);
    pool_free(pool);
    for (size_t i = 0; i < CLIPS; i++)
        free(data.clips[i].name);
    free(data.clips);
    spool_free(data.spool);
    free(audio);
}

/* ---- one side of the network ---- */

struct side {
    struct whole_graph g;
    struct node *in;
    const float *data;
};

static void side_once(void *arg)
{
    const struct side *s = arg;

    memcpy(s->in->y, s->data, node_count(s->in) * sizeof(float));
    net_forward(s->g.net);
}

static void bench_side(const char *what, int parts, int threads, int steps)
{
    struct params *params = params_new();
    struct pool *pool = pool_new(threads);
    struct side s = {.g = whole_build(&notebook, SAMPLES, LATENT, parts, params, BATCH, pool)};
    float *data = random_clips((size_t)BATCH * SAMPLES);

    net_plan(s.g.net, 123, false);
    s.in = parts & WHOLE_ENCODER ? s.g.x : s.g.z;
    s.data = data;
    net_set_batch(s.g.net, BATCH);
    measure(what, threads, steps, side_once, &s);
    net_free(s.g.net);
    params_free(params);
    pool_free(pool);
    free(data);
}

void bench_encode(int threads, int steps)
{
    bench_side("encode", WHOLE_ENCODER, threads, steps);
}

void bench_decode(int threads, int steps)
{
    bench_side("decode", WHOLE_DECODER | WHOLE_SAMPLE, threads, steps);
}
