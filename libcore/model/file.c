/* Model files: every parameter checked on reading; the notebook's in Keras' shapes. */
#include "model/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/stream.h"
#include "model/notebook.h"

static const char *const model_kinds[] = {"model", NULL};

int head_int(const struct reader *r, const char *key, int64_t low, int64_t high, int64_t *out)
{
    if (!meta_get_int(reader_meta(r), key, out) || *out < low || *out > high)
        return error_set("%s: the model's head has no usable \"%s\" (%lld to %lld)", reader_label(r), key,
                         (long long)low, (long long)high);
    return 0;
}

int model_describe(struct model *m, const struct reader *r)
{
    const char *network = NULL;
    int64_t latent;

    if (!meta_get_text(reader_meta(r), "network", &network))
        return error_set("%s: the model does not name its network", reader_label(r));
    if (!meta_get_real(reader_meta(r), "rate", &m->rate) || !(m->rate >= 1 && m->rate <= 1e6))
        return error_set("%s: the model's head has no usable \"rate\" in Hz", reader_label(r));
    if (head_int(r, "samples", 1, 1 << 30, &m->samples)) /* a stream holds no longer clip to train on */
        return -1;
    m->channels = 1;
    m->network = network_find(network);
    if (!m->network)
        return error_set("%s: the network is '%s', this version knows %s", reader_label(r), network, network_names());
    if (head_int(r, "latent", 1, 1 << 16, &latent))
        return -1;
    m->latent = (int)latent;
    if (m->network->head && m->network->head(m, r))
        return -1;
    m->meta = meta_copy(reader_meta(r));
    return 0;
}

struct reader *model_open(struct model *m, const char *path)
{
    struct reader *r;

    memset(m, 0, sizeof *m);
    r = reader_open(path, model_kinds);
    if (r && model_describe(m, r)) {
        reader_free(r);
        r = NULL;
    }
    if (!r)
        return NULL;
    reader_digest_only(r, "value");
    m->params = params_new();
    return r;
}

int model_read_head(struct model *m, const char *path)
{
    struct reader *r = model_open(m, path);
    const struct frame *f;
    int got;

    if (!r)
        return -1;
    while ((got = reader_next(r, &f)) > 0)
        ;
    if (got == 0 && reader_frames(r) == 0)
        got = error_set("%s: the model has no parameters", reader_label(r));
    reader_free(r);
    if (got < 0)
        model_free(m);
    return got;
}

/* Whether parameters stand in files of this network in Keras' shapes. */
static bool is_keras(const struct network *n)
{
    return n && n->one_length && n->one_length->keras;
}

/* The tensor of a parameter's frame into that parameter's part of an array. */
static int array_fill(const struct model_array *a, const struct param *q, bool keras, const struct reader *r,
                      const struct frame *f)
{
    const struct tensor *t = frame_get(f, a->tensor);
    int64_t shape[PARAM_RANK_MAX];
    char text[128], want[128];

    if (!t)
        return error_set("%s: parameter '%s' has no tensor '%s'", reader_label(r), f->name, a->tensor);
    keras_shape(q, keras, shape);
    if (t->rank != q->rank || memcmp(t->shape, shape, (size_t)q->rank * sizeof *shape)) {
        struct tensor wanted = tensor_view(NULL, q->rank, shape);

        return error_set("%s: parameter '%s' has shape %s, expected %s", reader_label(r), f->name,
                         tensor_shape_text(t, text, sizeof text), tensor_shape_text(&wanted, want, sizeof want));
    }
    keras_import(q, keras, t->data, a->flat + q->offset);
    return 0;
}

/* One frame into its parameter; frames of parts not built are passed over. */
static int param_fill(const struct params *p, bool keras, const struct reader *r, const struct frame *f, bool *filled,
                      const struct model_array *arrays, size_t count, bool fitted)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct param *q = p->list[i];

        if (strcmp(q->name, f->name))
            continue;
        if (filled[i])
            return error_set("%s: parameter '%s' stands there twice", reader_label(r), f->name);
        filled[i] = true;
        if (!fitted && !q->trainable && !strncmp(q->name, "prior/", 6))
            return 0;
        for (size_t k = 0; k < count; k++)
            if ((q->trainable || !arrays[k].trainable) && array_fill(&arrays[k], q, keras, r, f))
                return -1;
        return 0;
    }
    return 0;
}

static bool wanted(const struct param *q, const struct model_array *arrays, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (q->trainable || !arrays[k].trainable)
            return true;
    return false;
}

int model_read_arrays(const struct model *m, struct reader *r, const struct params *params,
                      const struct model_array *arrays, size_t count, bool fitted)
{
    bool *filled = mem_zero(params->count + 1, sizeof *filled);
    const struct frame *f;
    int got;

    while ((got = reader_next(r, &f)) > 0)
        if (param_fill(params, is_keras(m->network), r, f, filled, arrays, count, fitted)) {
            got = -1;
            break;
        }
    for (size_t i = 0; i < params->count && got == 0; i++)
        if (!filled[i] && wanted(params->list[i], arrays, count))
            got = error_set("%s: parameter '%s' is missing", reader_label(r), params->list[i]->name);
    free(filled);
    return got;
}

/* A small file cannot ask for much memory: its parameters must be in it. */
static int model_too_small(const char *path, const struct params *p)
{
    struct stat s;

    if (strcmp(path, "-") && !stat(path, &s) && S_ISREG(s.st_mode) &&
        (uint64_t)s.st_size < p->total * sizeof(float) / 2)
        return error_set(
            "%s: holds %lld bytes, the network that it describes has %zu values: the file is damaged or cut", path,
            (long long)s.st_size, p->total);
    return 0;
}

int model_fill(struct model *m, struct reader *r, const char *path, struct net *net)
{
    int status = -1;

    if (!model_too_small(path, m->params)) {
        params_reserve(m->params);
        net_plan(net, 0, false);
        status = model_read_arrays(m, r, m->params, &(struct model_array){"value", m->params->theta, false}, 1, true);
    }
    if (!status)
        m->digest = reader_digest(r);
    reader_free(r);
    return status;
}

/* -1: values that no reader takes: of a snapshot or a model that is damaged, or where training has led to. */
static int check_finite(const struct params *p, const struct model_array *arrays, size_t count)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct param *q = p->list[i];

        for (size_t k = 0; k < count; k++)
            for (size_t j = 0; (q->trainable || !arrays[k].trainable) && j < q->count; j++)
                if (!isfinite(arrays[k].flat[q->offset + j]))
                    return error_set(
                        "'%s' comes to values that are not finite: what it was made from is damaged, or -l "
                        "is too high",
                        q->name);
    }
    return 0;
}

int model_write(int fd, const char *label, const struct meta *meta, const struct params *params,
                const struct model_array *arrays, size_t count)
{
    struct writer *w = check_finite(params, arrays, count) ? NULL : writer_new(fd, label, "model", meta);
    struct frame_tensor *tensors;
    const char *name = "";
    size_t most = 0;
    float *values;
    int status = 0;
    bool keras;

    if (!w)
        return -1;
    meta_get_text(meta, "network", &name);
    keras = is_keras(network_find(name));
    for (size_t i = 0; i < params->count; i++)
        if (params->list[i]->count > most)
            most = params->list[i]->count;
    values = mem_alloc(most * count * sizeof *values);
    tensors = mem_zero(count, sizeof *tensors);
    for (size_t i = 0; i < params->count && !status; i++) {
        const struct param *q = params->list[i];
        int64_t shape[PARAM_RANK_MAX];
        size_t n = 0;

        keras_shape(q, keras, shape);
        for (size_t k = 0; k < count; k++) {
            if (arrays[k].trainable && !q->trainable)
                continue;
            keras_export(q, keras, arrays[k].flat + q->offset, values + k * most);
            tensors[n++] = (struct frame_tensor){arrays[k].tensor, tensor_view(values + k * most, q->rank, shape)};
        }
        status = writer_put(w, q->name, NULL, tensors, n);
    }
    free(tensors);
    free(values);
    if (status) {
        writer_abandon(w);
        return -1;
    }
    return writer_end(w);
}

int model_fits(const struct model *m, const char *path, double rate, int channels)
{
    if (rate < m->rate || rate > m->rate)
        return error_set("the clips are at %g Hz, %s was trained at %g Hz: use cv-load -r %g", rate, path, m->rate,
                         m->rate);
    if (channels != m->channels)
        return error_set("clips have %d channels, the model takes %d: load %s cv-load -c", channels, m->channels,
                         m->channels > 1 ? "with" : "without");
    return 0;
}

void model_free(struct model *m)
{
    meta_free(m->meta);
    params_free(m->params);
    memset(m, 0, sizeof *m);
}

struct meta *digest_meta(uint64_t digest)
{
    char text[20];

    snprintf(text, sizeof text, "%016llx", (unsigned long long)digest);
    return meta_text(text);
}
