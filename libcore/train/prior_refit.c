/* Everything but the prior is taken over as it is. */
#include "train/prior_refit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/history.h"
#include "base/mem.h"
#include "train/model_save.h"
#include "train/prior_learn.h"

/* All parameters of the network and a prior of that shape. */
static struct net *declare(const struct spectral *s, const struct prior_shape *prior, struct params *store)
{
    struct net *net = spectral_build(s, SPECTRAL_ALL, store, 1, 1, NULL).net;

    chunks_declare(net, s, prior, true);
    return net;
}

/* From one store to another, those that have the same name and as many values. */
static void take_over(const struct params *from, struct params *to)
{
    for (size_t i = 0; i < to->count; i++) {
        const struct param *q = to->list[i], *p = params_find(from, q->name);

        if (p && p->count == q->count)
            memcpy(to->theta + q->offset, from->theta + p->offset, q->count * sizeof *to->theta);
    }
}

static int learn(struct model *m, const char *path, const struct dataset *data, int64_t bank, uint64_t seed,
                 struct pool *pool, const char *output)
{
    struct spectral_clip *clips = mem_zero(data->count, sizeof *clips);
    struct params *store = params_new();
    struct prior_plan plan;
    struct spectral_input input;
    struct net *net;
    int status;

    input_set(&input, m->rate, m->channels, m->fft, m->hop, m->corner, m->beat);
    spectral_data_time(&input, data, true, clips, pool);
    spectral_data_stride(clips, data->count, m->spectral.stride);
    plan = prior_plan(&m->spectral, &input, clips, data->count, 0, bank, seed);
    net = declare(&m->spectral, &plan.shape, store);
    status = spectral_data_check(&input, data, clips);
    if (!status && input_features(&input) != m->spectral.features)
        status = error_set("%s: the front end has %d features, the network %d", path, input_features(&input),
                           m->spectral.features);
    if (!status) {
        net_plan(net, 0, false);
        take_over(m->params, store);
        status = spectral_data_learn(&input, store, data, clips, true, pool);
    }
    if (!status) {
        struct chunks p;

        chunks_over(&p, &m->spectral, &input, store, 1);
        status = prior_learn(&plan, &p, clips, data->spool, seed);
        chunks_end(&p);
    }
    if (!status) {
        meta_set(m->meta, "bank", meta_int(bank));
        meta_set(m->meta, "prior_digest", digest_meta(data->digest));
        prior_plan_describe(&plan, &input, clips, m->meta);
        history_model(NULL, path, m->meta);
        meta_set(m->meta, "history", data->history ? meta_copy(data->history) : meta_list());
        if (data->history)
            history_add(m->meta, NULL);
        status = model_save(output, m->meta, store, &(struct model_array){"value", store->theta, false}, 1);
    }
    prior_plan_free(&plan);
    net_free(net);
    params_free(store);
    input_end(&input);
    free(clips);
    return status;
}

int prior_refit(const char *path, const struct dataset *data, int64_t bank, uint64_t seed, int threads,
                const char *output)
{
    struct model m;
    struct reader *file = model_open(&m, path);
    struct net *net;
    int status;

    if (!file)
        return -1;
    if (m.network->one_length) {
        reader_free(file);
        model_free(&m);
        return error_set("%s: its network has no prior to fit, only 'spectral' has", path);
    }
    net = declare(&m.spectral, &m.prior, m.params);
    status = model_fill(&m, file, path, net);
    if (!status)
        status = model_fits(&m, path, data->rate, data->channels);
    if (!status) {
        struct pool *pool = pool_new(threads);

        status = learn(&m, path, data, bank >= 0 ? bank : SPECTRAL_BANK, seed, pool, output);
        pool_free(pool);
    }
    net_free(net);
    model_free(&m);
    return status;
}
