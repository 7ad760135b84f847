/* A reference network of the kind 'spectral': forward pass and gradients,
 * against libcore/model and libcore/train. */
#ifndef TESTS_VECTORS_SPECTRAL_H
#define TESTS_VECTORS_SPECTRAL_H

#include "model/spectral.h"
#include "nn/layers.h"
#include "vectors-network.h"

struct spectral_run {
    struct network n;
    struct spectral shape;
    int batch, rows;
    double scale, floor, top, weight, beta;
    struct spectral_graph g;
};

static void spectral_head(struct spectral_run *r, struct verdict *v, const struct meta *meta)
{
    head_int(v, meta, "features", &r->shape.features);
    head_int(v, meta, "width", &r->shape.width);
    head_int(v, meta, "latent", &r->shape.latent);
    head_int(v, meta, "stride", &r->shape.stride);
    head_int(v, meta, "batch", &r->batch);
    head_int(v, meta, "rows", &r->rows);
    head_real(v, meta, "scale", &r->scale);
    head_real(v, meta, "floor", &r->floor);
    head_real(v, meta, "top", &r->top);
    head_real(v, meta, "weight", &r->weight);
    head_real(v, meta, "beta", &r->beta);
}

/* The two terms of a spectral loss, which a frame's meta gives apart. */
static void compare_distance(struct verdict *v, const struct kept *frame, const struct node *loss)
{
    static const char *const names[] = {"log", "linear"};
    double got[2], want;

    net_spectral_loss_terms(loss, &got[0], &got[1]);
    for (int i = 0; i < 2; i++)
        if (meta_get_real(frame->meta, names[i], &want))
            verdict_error(v, names[i], scalar_error(got[i], want), LIMIT);
        else
            verdict_fail(v, "meta has no '%s'", names[i]);
}

static void spectral_losses(struct spectral_run *r, struct verdict *v, const struct kept *frame)
{
    const struct {
        const char *name;
        double got;
    } list[] = {
        {"distance", (double)r->g.distance->y[0]},
        {"kl", (double)r->g.kl->y[0]},
        {"total", net_loss_value(r->g.net)},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        double want;

        if (meta_get_real(frame->meta, list[i].name, &want))
            verdict_error(v, list[i].name, scalar_error(list[i].got, want), LIMIT);
        else
            verdict_fail(v, "meta has no '%s'", list[i].name);
    }
    compare_distance(v, frame, r->g.distance);
}

/* The whole forward pass; its gradients are left in the store. */
static void spectral_forward(struct spectral_run *r, const struct kept *frame)
{
    struct verdict v = verdict_new(r->n.file, frame->name);

    if (fill(&v, frame, "y", r->g.y) && fill(&v, frame, "eps", r->g.eps)) {
        net_forward(r->g.net);
        net_backward(r->g.net);
        compare_values(&v, frame, "mean", r->g.mean->y, node_count(r->g.mean));
        compare_values(&v, frame, "z", r->g.z->y, node_count(r->g.z));
        compare_values(&v, frame, "prior", r->g.prior->y, node_count(r->g.prior));
        compare_values(&v, frame, "out", r->g.out->y, node_count(r->g.out));
        spectral_losses(r, &v, frame);
    }
    all_used(&v, frame);
    verdict_end(&v);
}

/* false: it cannot be run, and the verdict says why. */
static bool spectral_begin(struct spectral_run *r, struct verdict *v, const struct kept *params,
                           const struct tensor *mean)
{
    if (v->failed)
        return false;
    r->g = spectral_build(&r->shape, SPECTRAL_ALL, r->n.store, r->batch, r->rows, NULL);
    net_loss(r->g.kl, (float)r->beta);
    net_plan(r->g.net, 1, true);
    if (tensor_count(mean) != r->shape.features)
        verdict_fail(v, "'level' is not of %d features", r->shape.features);
    else
        network_set(&r->n, v, params);
    if (!v->failed)
        net_spectral_loss_set(r->g.distance, (struct spectral_loss){mean->data, r->shape.features, (float)r->scale,
                                                                    (float)r->floor, (float)r->top, (float)r->weight});
    return !v->failed;
}

static void spectral_check(const char *file, const struct meta *meta, struct kept *frames, size_t count)
{
    struct spectral_run r = {.n = network_new(file, frames, count, false)};
    struct verdict v = verdict_new(file, "network");
    const struct kept *params = network_frame(&r.n, "params"), *forward = network_frame(&r.n, "forward");
    const struct kept *gradients = network_frame(&r.n, "gradients");
    const struct tensor *mean = forward ? kept_get(forward, "level") : NULL;

    spectral_head(&r, &v, meta);
    if (!params || !forward || !gradients || !mean)
        verdict_fail(&v, "there is not all of 'params', 'forward' with a 'level', 'gradients'");
    if (spectral_begin(&r, &v, params, mean)) {
        spectral_forward(&r, forward);
        network_compare(&r.n, gradients, r.n.store->grad);
    }
    if (r.g.net)
        net_free(r.g.net);
    network_end(&r.n, &v);
}

#endif
