/* Trainers by the name of their network. */
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "train/options.h"

const struct trainer_kind *const trainer_kinds[] = {&spectral_trainer, &notebook_trainer, NULL};

const struct trainer_kind *trainer_kind_find(const char *network)
{
    for (size_t i = 0; trainer_kinds[i]; i++)
        if (!strcmp(trainer_kinds[i]->network, network))
            return trainer_kinds[i];
    return NULL;
}

struct trainer *trainer_new(const struct train_config *config, const struct dataset *data, struct pool *pool)
{
    const struct trainer_kind *kind = trainer_kind_find(config->network);
    struct train_config c = *config;
    struct trainer *t;

    if (!kind) {
        error_set("there is no network '%s'", config->network);
        return NULL;
    }
    config_defaults(&c, kind);
    t = kind->create(&c, data, pool);
    if (t && config->epochs < 0 && kind->least_steps > 0) {
        int64_t steps = kind->begin_epoch(t, 1), least = (kind->least_steps + steps - 1) / steps;

        t->config.epochs = least > t->config.epochs ? least : t->config.epochs;
    }
    return t;
}

void trainer_free(struct trainer *t)
{
    if (t)
        t->kind->destroy(t);
}

int trainer_finish(struct trainer *t)
{
    return t->kind->finish ? t->kind->finish(t) : 0;
}

void trainer_describe(const struct trainer *t, struct meta *head)
{
    meta_set(head, "network", meta_text(t->kind->network));
    meta_set(head, "parameters", meta_int(params_trainable(t->params)));
    if (t->kind->describe)
        t->kind->describe(t, head);
    for (const struct network_option *x = t->kind->options; x->key; x++)
        if (!strcmp(x->key, "learning_rate") && !meta_get(head, x->key))
            trainer_describe_adam(t, head);
        else if (strcmp(x->key, "epochs_wanted")) /* the run's */
            config_describe(&t->config, x->key, head);
    meta_set(head, "steps", meta_int(t->steps));
}

void trainer_describe_adam(const struct trainer *t, struct meta *head)
{
    meta_set(head, "optimizer", meta_text("adam"));
    config_describe(&t->config, "learning_rate", head);
    meta_set(head, "beta1", meta_real(t->adam.beta1));
    meta_set(head, "beta2", meta_real(t->adam.beta2));
    meta_set(head, "epsilon", meta_real(t->adam.epsilon));
}

void trainer_save(const struct trainer *t, struct meta *state)
{
    meta_set(state, "steps", meta_int(t->steps));
    meta_set(state, "adam_steps", meta_int(t->adam.step));
    if (t->kind->save)
        t->kind->save(t, state);
}

int trainer_restore(struct trainer *t, const struct meta *state)
{
    if (trainer_counter(state, "steps", &t->steps) || trainer_counter(state, "adam_steps", &t->adam.step))
        return -1;
    return t->kind->restore ? t->kind->restore(t, state) : 0;
}

int trainer_counter(const struct meta *state, const char *key, int64_t *out)
{
    if (!meta_get_int(state, key, out) || *out < 0)
        return error_set("the state of training has no usable \"%s\"", key);
    return 0;
}

char *trainer_clip_names(const struct dataset *d, const size_t *order, size_t count)
{
    char *names = mem_text("");

    for (size_t i = 0; i < count; i++) {
        char *longer = mem_format("%s%s%s", names, i ? ", " : "", d->clips[order[i]].name);

        free(names);
        names = longer;
    }
    return names;
}
