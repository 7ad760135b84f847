/* Networks of whole clips over streams, a few clips at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "measure/levels.h"
#include "nn/layers.h"
#include "model/codec_private.h"

enum { BATCH = 16 }; /* clips that go through the network together */

struct work {
    struct whole_graph g;
    struct node *out; /* decoder: what is written */
    struct rng rng;
};

static int begin(struct codec *c, struct reader *file)
{
    struct work *w = mem_zero(1, sizeof *w);
    int parts = c->way == CODEC_ENCODE ? WHOLE_ENCODER : WHOLE_DECODER | (c->how.logits ? 0 : WHOLE_SAMPLE);

    c->state = w;
    c->room = BATCH;
    w->rng = rng_new((uint64_t)c->how.seed, 0);
    w->g = whole_build(c->m.network->one_length, (int)c->m.samples, c->m.latent, parts, c->m.params, BATCH, c->pool);
    w->out = c->how.logits ? w->g.logit : w->g.sample;
    return model_fill(&c->m, file, c->path, w->g.net);
}

static void end(struct codec *c)
{
    struct work *w = c->state;

    net_free(w->g.net);
    free(w);
}

static void run(struct codec *c)
{
    struct work *w = c->state;

    if (c->held == 0)
        return;
    net_set_batch(w->g.net, c->held);
    net_forward(w->g.net);
}

/* Row i of a node of count values each, copied. */
static float *row(const struct node *n, int i, size_t count)
{
    float *copy = mem_alloc(count * sizeof *copy);

    memcpy(copy, n->y + (size_t)i * count, count * sizeof *copy);
    return copy;
}

static int encode(struct codec *c)
{
    struct work *w = c->state;
    size_t latent = (size_t)c->m.latent;

    for (int i = 0; i < c->held; i++)
        whole_input(&w->g, i, c->clips[i].in, c->clips[i].samples);
    run(c);
    for (int i = 0; i < c->held; i++) {
        struct codec_clip *clip = &c->clips[i];

        clip->frames = 1;
        clip->mean = row(w->g.mean, i, latent);
        clip->logvar = row(w->g.logvar, i, latent);
        clip->out = row(w->g.mean, i, latent);
        if (!c->how.mean_only) {
            rng_normal(&w->rng, clip->out, latent);
            posterior_draw(clip->out, clip->mean, clip->logvar, latent);
        }
        meta_set(clip->meta, "samples", meta_int(clip->samples));
    }
    return 0;
}

/* A clip has as many samples as its meta says, at most the model's. */
static int take(struct codec *c, const struct frame *f)
{
    struct codec_clip *clip = &c->clips[c->held - 1];

    if (clip->frames != 1 && !clip->noise)
        return error_set("%s: '%s' has shape [%d, %lld], the model's latent is [%d, 1]: use cv-encode with this same "
                         "model",
                         c->from, f->name, c->m.latent, (long long)clip->frames, c->m.latent);
    if (!meta_get_int(f->meta, "samples", &clip->samples) || clip->samples <= 0 || clip->samples > c->m.samples)
        clip->samples = c->m.samples;
    return 0;
}

/* Noise is latents as it is, its first time. */
static void draw(struct codec *c)
{
    for (int i = 0; i < c->held; i++) {
        struct codec_clip *clip = &c->clips[i];

        for (int d = 0; d < c->m.latent; d++)
            clip->in[d] = clip->in[d * clip->frames];
        clip->frames = 1;
        meta_set(clip->meta, "samples", meta_int(clip->samples));
    }
}

static void decode(struct codec *c)
{
    struct work *w = c->state;

    for (int i = 0; i < c->held; i++)
        for (int d = 0; d < c->m.latent; d++)
            w->g.z->y[i * c->m.latent + d] = c->clips[i].in[d];
    run(c);
    for (int i = 0; i < c->held; i++) {
        c->clips[i].out = row(w->out, i, (size_t)c->m.samples);
        if (!c->how.logits)
            level_center(c->clips[i].out, 1, c->clips[i].samples);
    }
}

static const char *idle(const struct codec *c, enum codec_option option)
{
    static char words[128];
    const char *why = option == CODEC_TEMPO ? "knows no tempo"
                      : option == CODEC_SEED || option == CODEC_ITERATIONS
                          ? "gives samples, not magnitudes whose phases are searched for"
                          : "takes noise as latents, without a prior";

    snprintf(words, sizeof words, "the network '%s' %s", c->m.network->name, why);
    return option == CODEC_LOGITS ? NULL : words;
}

const struct codec_kind codec_whole = {begin, encode, take, draw, decode, end, false, idle};
