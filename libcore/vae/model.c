/* Model files: reading with every parameter checked, writing in Keras' shapes. */
#include "vae/model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/stream.h"

static const char *const model_kinds[] = {"model", NULL};

static int model_describe(struct model *m, const struct reader *r)
{
    const struct meta *head = reader_meta(r);
    const char *network = NULL;
    int64_t samples = 0, latent = 0;

    if (!meta_get_text(head, "network", &network))
        return error_set("%s: the model does not name its network", reader_label(r));
    if (strcmp(network, "notebook"))
        return error_set("%s: the network is '%s', this version knows 'notebook'", reader_label(r), network);
    if (!meta_get_int(head, "samples", &samples) || samples < 1 || samples > 1 << 28)
        return error_set("%s: the model's head has no usable \"samples\" (clip length)", reader_label(r));
    if (!meta_get_int(head, "latent", &latent) || latent < 1 || latent > 1 << 16)
        return error_set("%s: the model's head has no usable \"latent\" (size of the latent)", reader_label(r));
    if (!meta_get_real(head, "rate", &m->rate) || !(m->rate >= 1 && m->rate <= 1e6))
        return error_set("%s: the model's head has no usable \"rate\" in Hz", reader_label(r));
    m->shape = notebook_preset((int)samples, (int)latent);
    m->meta = meta_copy(head);
    return 0;
}

static struct reader *model_open(struct model *m, const char *path)
{
    struct reader *r = reader_open(path);

    memset(m, 0, sizeof *m);
    if (r && (reader_start(r, model_kinds) || model_describe(m, r))) {
        reader_free(r);
        r = NULL;
    }
    return r;
}

int model_read_head(struct model *m, const char *path)
{
    struct reader *r = model_open(m, path);

    if (!r)
        return -1;
    reader_free(r);
    return 0;
}

/* One frame into its parameter; frames of parts not built are passed over. */
static int param_fill(struct params *p, const struct reader *r, const struct frame *f, bool *filled)
{
    const struct param *q = params_find(p, f->name);
    const struct tensor *t = frame_get(f, "value");
    int64_t shape[PARAM_RANK_MAX];
    char text[128], want[128];

    if (!q)
        return 0;
    if (!t)
        return error_set("%s: parameter '%s' has no tensor 'value'", reader_label(r), f->name);
    keras_shape(q, shape);
    if (t->rank != q->rank || memcmp(t->shape, shape, (size_t)q->rank * sizeof *shape)) {
        struct tensor wanted = tensor_view(NULL, q->rank, shape);

        return error_set("%s: parameter '%s' has shape %s, expected %s", reader_label(r), f->name,
                         tensor_shape_text(t, text, sizeof text), tensor_shape_text(&wanted, want, sizeof want));
    }
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i] == q) {
            if (filled[i])
                return error_set("%s: parameter '%s' stands there twice", reader_label(r), f->name);
            filled[i] = true;
        }
    keras_import(q, t->data, p->theta + q->offset);
    return 0;
}

/* A small file cannot ask for much memory: its parameters must be in it. */
static int model_too_small(const char *path, const struct params *p)
{
    struct stat s;

    if (strcmp(path, "-") && !stat(path, &s) && S_ISREG(s.st_mode) && (uint64_t)s.st_size < p->total * sizeof(float) / 2)
        return error_set("%s: holds %lld bytes, the network that it describes has %zu values: the file is damaged or cut",
                         path, (long long)s.st_size, p->total);
    return 0;
}

int model_read(struct model *m, const char *path, int parts, int batch, struct pool *pool, struct notebook_graph *g)
{
    struct reader *r = model_open(m, path);
    const struct frame *f;
    bool *filled = NULL;
    int got, status = -1;

    memset(g, 0, sizeof *g);
    if (!r)
        return -1;
    m->params = params_new();
    *g = notebook_build(&m->shape, parts, m->params, batch, pool);
    if (model_too_small(path, m->params))
        goto done;
    params_reserve(m->params);
    if (net_plan(g->net, 0, false))
        goto done;
    filled = mem_zero(m->params->count + 1, sizeof *filled);
    while ((got = reader_next(r, &f)) > 0)
        if (param_fill(m->params, r, f, filled))
            goto done;
    if (got < 0)
        goto done;
    for (size_t i = 0; i < m->params->count; i++)
        if (!filled[i]) {
            error_set("%s: parameter '%s' is missing", path, m->params->list[i]->name);
            goto done;
        }
    status = 0;
done:
    free(filled);
    reader_free(r);
    if (status) {
        net_free(g->net);
        model_free(m);
    }
    return status;
}

int model_write(int fd, const char *label, const struct meta *meta, const struct params *params)
{
    struct writer *w = writer_new(fd, label, "model", meta);
    size_t most = 0;
    float *values;
    int status = 0;

    if (!w)
        return -1;
    for (size_t i = 0; i < params->count; i++)
        if (params->list[i]->count > most)
            most = params->list[i]->count;
    values = mem_alloc(most * sizeof *values);
    for (size_t i = 0; i < params->count && !status; i++) {
        const struct param *q = params->list[i];
        int64_t shape[PARAM_RANK_MAX];
        struct frame_tensor t;

        keras_shape(q, shape);
        keras_export(q, params->theta + q->offset, values);
        t = (struct frame_tensor){"value", tensor_view(values, q->rank, shape)};
        status = writer_put(w, q->name, NULL, &t, 1);
    }
    free(values);
    if (status) {
        writer_abandon(w);
        return -1;
    }
    return writer_end(w);
}

void model_free(struct model *m)
{
    meta_free(m->meta);
    params_free(m->params);
    memset(m, 0, sizeof *m);
}
