/* Starting from a finished model: its network as it is, everything else from the new clips. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "train/train_private.h"

int from_open(struct snapshot *s, const char *path)
{
    memset(s, 0, sizeof *s);
    s->path = mem_text(path);
    s->reader = model_open(&s->model, path);
    if (s->reader)
        return 0;
    snapshot_close(s);
    return -1;
}

int from_settings(struct train_options *o, const struct snapshot *s)
{
    static const char *const shape[] = {"network", "latent", "width", "stride", "frames"};

    for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
        const struct meta *was = meta_get(s->model.meta, shape[k]);
        size_t i = setting_find(shape[k]);
        struct meta *is = setting_value(&o->config, i);
        bool fits = !was || !o->given[i] || meta_equal(was, is) || setting_by_default(&o->config, i);

        meta_free(is);
        if (!fits)
            return error_set("%s was trained with another %s, and its network is what training starts from: "
                             "leave %s out, or train without --from",
                             s->path, setting_name(shape[k]), setting_name(shape[k]));
        if (was && setting_take(&o->config, i, was))
            return error_prefix("%s", s->path);
    }
    return 0;
}

int from_check_data(const struct train_run *run)
{
    const struct model *m = &run->from->model;
    const struct dataset *d = run->data;

    if (model_fits(m, run->from->path, d->rate, d->channels))
        return -1;
    if (run->options->config.keep_bank && m->prior.bank == 0)
        return error_set("%s has no bank to keep: leave out --keep-bank", run->from->path);
    if (m->network->one_length && d->samples != m->samples)
        return error_set("clips have up to %lld samples, %s takes %lld: use cv-load -n %lld", (long long)d->samples,
                         run->from->path, (long long)m->samples, (long long)m->samples);
    return 0;
}

int from_take(struct trainer *t, const struct snapshot *s)
{
    return model_read_arrays(&s->model, s->reader, t->params, &(struct model_array){"value", t->params->theta, true}, 1,
                             false);
}
