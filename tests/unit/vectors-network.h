/* What checks of whole reference networks share: the frames of a file, its
 * head, values of all parameters by name. */
#ifndef TESTS_VECTORS_NETWORK_H
#define TESTS_VECTORS_NETWORK_H

#include <stdint.h>

#include "nn/net.h"
#include "model/notebook.h"
#include "vectors.h"

struct network {
    const char *file;
    struct kept *frames;
    size_t count;
    bool *used; /* frames somebody looked at */
    bool keras; /* parameters are in Keras' shapes */
    struct params *store;
};

static struct network network_new(const char *file, struct kept *frames, size_t count, bool keras)
{
    return (struct network){file, frames, count, mem_zero(count, sizeof(bool)), keras, params_new()};
}

static const struct kept *network_frame(struct network *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (!strcmp(n->frames[i].name, name)) {
            n->used[i] = true;
            return &n->frames[i];
        }
    return NULL;
}

/* The verdict on the whole, after the graph over the store is gone. */
static void network_end(struct network *n, struct verdict *v)
{
    char size[64];

    for (size_t i = 0; i < n->count && !v->failed; i++)
        if (!n->used[i])
            verdict_fail(v, "frame '%s' is not known", n->frames[i].name);
    v->compared++; /* that all of it was there */
    snprintf(size, sizeof size, "%lld parameters", (long long)params_trainable(n->store));
    verdict_append(v, size);
    verdict_end(v);
    params_free(n->store);
    free(n->used);
}

/* ---- what the head says ---- */

static void head_int(struct verdict *v, const struct meta *meta, const char *key, int *to)
{
    int64_t value;

    if (!meta_get_int(meta, key, &value) || value < 1 || value > 1 << 24)
        verdict_fail(v, "head: '%s' is not a usable integer", key);
    else
        *to = (int)value;
}

static void head_real(struct verdict *v, const struct meta *meta, const char *key, double *to)
{
    if (!meta_get_real(meta, key, to))
        verdict_fail(v, "head: '%s' is not a number", key);
}

/* ---- parameters ---- */

/* The tensor for q, NULL with a failure when it is missing or shaped otherwise. */
static const struct tensor *param_tensor(const struct network *n, struct verdict *v, const struct kept *frame,
                                         const struct param *q)
{
    const struct tensor *t = kept_get(frame, q->name);
    int64_t shape[PARAM_RANK_MAX];
    char text[128];

    if (!t) {
        verdict_fail(v, "there is no '%s'", q->name);
        return NULL;
    }
    keras_shape(q, n->keras, shape);
    if (t->rank != q->rank || memcmp(t->shape, shape, (size_t)q->rank * sizeof *shape)) {
        verdict_fail(v, "'%s' is %s", q->name, tensor_shape_text(t, text, sizeof text));
        return NULL;
    }
    return t;
}

static void all_used(struct verdict *v, const struct kept *frame)
{
    for (size_t i = 0; i < frame->count; i++)
        if (!frame->tensors[i].used)
            verdict_fail(v, "tensor '%s' is not known", frame->tensors[i].name);
}

static void network_set(struct network *n, struct verdict *v, const struct kept *frame)
{
    for (size_t i = 0; i < n->store->count; i++) {
        const struct param *q = n->store->list[i];
        const struct tensor *t = param_tensor(n, v, frame, q);

        if (t)
            keras_import(q, n->keras, t->data, n->store->theta + q->offset);
    }
    all_used(v, frame);
}

static double param_error(const struct network *n, const struct param *q, const float *values, const struct tensor *t)
{
    float *turned = mem_floats(q->count);
    double error;

    keras_export(q, n->keras, values, turned);
    error = relative_error(turned, t->data, q->count);
    free(turned);
    return error;
}

/* Values (or gradients) of all parameters; tells the worst and its name. */
static void network_compare(struct network *n, const struct kept *frame, const float *flat)
{
    struct verdict v = verdict_new(n->file, frame->name);
    double worst = -1;
    const char *name = "";
    char what[128];

    for (size_t i = 0; i < n->store->count; i++) {
        const struct param *q = n->store->list[i];
        const struct tensor *t = param_tensor(n, &v, frame, q);
        double error = t ? param_error(n, q, flat + q->offset, t) : -1;

        if (error > worst) {
            worst = error;
            name = q->name;
        }
    }
    all_used(&v, frame);
    snprintf(what, sizeof what, "%zu tensors, worst %s", frame->count, name);
    if (worst >= 0)
        verdict_error(&v, what, worst, LIMIT);
    verdict_end(&v);
}

/* ---- values of nodes ---- */

static bool fill(struct verdict *v, const struct kept *frame, const char *name, struct node *node)
{
    const struct tensor *t = kept_get(frame, name);

    if (!t || tensor_count(t) != (int64_t)node_count(node)) {
        verdict_fail(v, t ? "'%s' does not fit the network" : "there is no '%s'", name);
        return false;
    }
    memcpy(node->y, t->data, node_count(node) * sizeof(float));
    return true;
}

static void compare_values(struct verdict *v, const struct kept *frame, const char *name, const float *got,
                           size_t count)
{
    const struct tensor *t = kept_get(frame, name);

    if (!t || tensor_count(t) != (int64_t)count)
        verdict_fail(v, t ? "'%s' is of another size" : "there is no '%s'", name);
    else
        verdict_error(v, name, relative_error(got, t->data, count), LIMIT);
}

#endif
