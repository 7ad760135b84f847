/* A reference network of the kind 'notebook': forward pass, gradients and
 * training steps, against libcore/model and libcore/train and the optimizer. */
#ifndef TESTS_VECTORS_NOTEBOOK_H
#define TESTS_VECTORS_NOTEBOOK_H

#include <stdint.h>

#include "nn/adam.h"
#include "model/notebook.h"
#include "graph.h"
#include "vectors-network.h"

struct run {
    struct network n;
    int samples, latent, hidden[8], batch, steps;
    struct adam adam;
    struct whole_graph g;
};

/* ---- what the head says ---- */

static void head_channels(struct verdict *v, const struct meta *meta, const char *key, int *to)
{
    const struct meta *list = meta_get(meta, key);

    if (!list || list->kind != META_LIST || list->count != 4) {
        verdict_fail(v, "head: '%s' is not a list of 4", key);
        return;
    }
    for (int i = 0; i < 4; i++)
        if (list->items[i]->kind != META_INT || list->items[i]->integer < 1 || list->items[i]->integer > 1 << 20)
            verdict_fail(v, "head: '%s' holds what is not a number of channels", key);
        else
            to[i] = (int)list->items[i]->integer;
}

static void run_head(struct run *r, struct verdict *v, const struct meta *meta)
{
    head_int(v, meta, "samples", &r->samples);
    head_int(v, meta, "latent", &r->latent);
    head_channels(v, meta, "encoder_channels", r->hidden);
    head_channels(v, meta, "decoder_channels", r->hidden + 4);
    head_int(v, meta, "batch", &r->batch);
    head_int(v, meta, "steps", &r->steps);
    head_real(v, meta, "learning_rate", &r->adam.rate);
    head_real(v, meta, "beta1", &r->adam.beta1);
    head_real(v, meta, "beta2", &r->adam.beta2);
    head_real(v, meta, "epsilon", &r->adam.epsilon);
    r->adam.keras = true;
}

/* ---- running ---- */

static void compare_losses(struct run *r, struct verdict *v, const struct kept *frame)
{
    const struct {
        const char *name;
        double got;
    } list[] = {
        {"neg_elbo", (double)r->g.nll->y[0] + (double)r->g.kl->y[0]},
        {"reconstruction", (double)r->g.reconstruction->y[0]},
        {"total", net_loss_value(r->g.net)},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        double want;

        if (meta_get_real(frame->meta, list[i].name, &want))
            verdict_error(v, list[i].name, scalar_error(list[i].got, want), LIMIT);
        else
            verdict_fail(v, "meta has no '%s'", list[i].name);
    }
}

/* sum over Z of log N(s; m, logvar), for one clip */
static double log_normal(const float *s, const float *m, const float *logvar, int latent)
{
    double sum = 0;

    for (int i = 0; i < latent; i++) {
        double d = (double)s[i] - (m ? (double)m[i] : 0), l = logvar ? (double)logvar[i] : 0;

        sum -= 0.5 * (d * d * exp(-l) + l + log(2 * M_PI));
    }
    return sum;
}

/* The terms of each clip: log p(x|z) and log q(z|x) - log p(z) are the
 * network's losses on a batch of that clip alone. */
static void compare_terms(struct run *r, struct verdict *v, const struct kept *frame)
{
    size_t samples = (size_t)r->samples, latent = (size_t)r->latent, batch = (size_t)r->batch;
    const float *x = kept_get(frame, "x")->data, *eps = kept_get(frame, "eps")->data;
    float *px = mem_floats(batch), *pz = mem_floats(batch), *qz = mem_floats(batch), *kl = mem_floats(batch);
    float *drawn = mem_floats(batch);
    double p, q;

    net_set_batch(r->g.net, 1);
    for (size_t i = 0; i < batch; i++) {
        memcpy(r->g.x->y, x + i * samples, samples * sizeof *x);
        memcpy(r->g.eps->y, eps + i * latent, latent * sizeof *eps);
        net_forward(r->g.net);
        px[i] = -r->g.nll->y[0];
        drawn[i] = r->g.kl->y[0];
        p = log_normal(r->g.z->y, NULL, NULL, r->latent);
        q = log_normal(r->g.z->y, r->g.mean->y, r->g.logvar->y, r->latent);
        pz[i] = (float)p;
        qz[i] = (float)q;
        kl[i] = (float)(q - p);
    }
    net_set_batch(r->g.net, r->batch);
    compare_values(v, frame, "log_px_z", px, batch);
    compare_values(v, frame, "log_pz", pz, batch);
    compare_values(v, frame, "log_qz_x", qz, batch);
    verdict_error(v, "kl_draw of each clip", relative_error(drawn, kl, batch), LIMIT);
    free(px);
    free(pz);
    free(qz);
    free(kl);
    free(drawn);
}

static void forward_check(struct run *r, const struct kept *frame)
{
    struct verdict v = verdict_new(r->n.file, frame->name);

    if (fill(&v, frame, "x", r->g.x) && fill(&v, frame, "eps", r->g.eps)) {
        net_forward(r->g.net);
        compare_values(&v, frame, "mean", r->g.mean->y, node_count(r->g.mean));
        compare_values(&v, frame, "logvar", r->g.logvar->y, node_count(r->g.logvar));
        compare_values(&v, frame, "z", r->g.z->y, node_count(r->g.z));
        compare_values(&v, frame, "logit", r->g.logit->y, node_count(r->g.logit));
        compare_values(&v, frame, "sample", r->g.sample->y, node_count(r->g.sample));
        compare_losses(r, &v, frame);
        compare_terms(r, &v, frame);
    }
    all_used(&v, frame);
    verdict_end(&v);
}

static void gradients_check(struct run *r, struct verdict *v, const struct kept *forward)
{
    const struct kept *frame = network_frame(&r->n, "gradients");

    if (!frame || !fill(v, forward, "x", r->g.x) || !fill(v, forward, "eps", r->g.eps)) {
        verdict_fail(v, "no gradients to compare");
        return;
    }
    net_forward(r->g.net);
    net_backward(r->g.net);
    gradients_write(r->n.store);
    network_compare(&r->n, frame, r->n.store->grad);
}

/* All steps on the one batch, with the noise of each. */
static void steps_check(struct run *r, struct verdict *v, const struct kept *forward)
{
    for (int k = 1; k <= r->steps; k++) {
        char name[32];
        const struct kept *step, *after;
        struct verdict one;

        snprintf(name, sizeof name, "step_%d", k);
        if (!(step = network_frame(&r->n, name))) {
            verdict_fail(v, "there is no frame '%s'", name);
            return;
        }
        one = verdict_new(r->n.file, step->name);
        if (fill(&one, step, "eps", r->g.eps) && fill(&one, kept_get(step, "x") ? step : forward, "x", r->g.x)) {
            net_forward(r->g.net);
            compare_losses(r, &one, step);
            net_backward(r->g.net);
            adam_step(&r->adam, r->n.store, NULL, 1);
        }
        all_used(&one, step);
        verdict_end(&one);
        snprintf(name, sizeof name, "params_after_%d", k);
        if ((after = network_frame(&r->n, name)))
            network_compare(&r->n, after, r->n.store->theta);
    }
}

static void notebook_check(const char *file, const struct meta *meta, struct kept *frames, size_t count)
{
    struct run r = {.n = network_new(file, frames, count, true)};
    struct verdict v = verdict_new(file, "network");
    const struct kept *params = network_frame(&r.n, "params"), *forward = network_frame(&r.n, "forward");

    run_head(&r, &v, meta);
    if (!params || !forward)
        verdict_fail(&v, "there is no frame '%s'", params ? "forward" : "params");
    if (!v.failed) {
        struct whole w = notebook;

        w.hidden = r.hidden;
        r.g = whole_build(&w, r.samples, r.latent, WHOLE_ALL | WHOLE_SAMPLE, r.n.store, r.batch, NULL);
        net_plan(r.g.net, 1, true);
        network_set(&r.n, &v, params);
    }
    if (!v.failed) {
        forward_check(&r, forward);
        gradients_check(&r, &v, forward);
        steps_check(&r, &v, forward);
    }
    if (r.g.net)
        net_free(r.g.net);
    network_end(&r.n, &v);
}

#endif
