/* Trainers by the name of their network. */
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "train/options.h"

/* Those of one network; the others are of whole clips. */
static const struct trainer_kind *const own[] = {&spectral_trainer};

static const struct trainer_kind *kind_of(const struct network *n)
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i]->network == n)
            return own[i];
    return &whole_trainer;
}

struct trainer *trainer_new(const struct train_config *config, const struct dataset *data, struct pool *pool)
{
    const struct network *network = network_find(config->network);
    struct trainer base = {.kind = kind_of(network),
                           .network = network,
                           .config = *config,
                           .data = data,
                           .pool = pool,
                           .params = params_new(),
                           .seed = (uint64_t)config->seed};
    int64_t least = base.kind->least_steps, steps;
    struct trainer *t;

    config_defaults(&base.config, network);
    t = base.kind->create(&base);
    if (t && config->epochs < 0 && least > 0) {
        steps = base.kind->begin_epoch(t, 1);
        least = (least + steps - 1) / steps;
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
    meta_set(head, "network", meta_text(t->network->name));
    meta_set(head, "parameters", meta_int(params_trainable(t->params)));
    if (t->kind->describe)
        t->kind->describe(t, head);
    for (const struct network_option *x = t->network->options; x->key; x++)
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

struct meta *trainer_save(const struct trainer *t)
{
    struct meta *state = meta_map();

    meta_set(state, "steps", meta_int(t->steps));
    meta_set(state, "adam_steps", meta_int(t->adam.step));
    if (t->kind->save)
        t->kind->save(t, state);
    return state;
}

int trainer_restore(struct trainer *t, const struct meta *state)
{
    if (trainer_counter(state, "steps", &t->steps) || trainer_counter(state, "adam_steps", &t->adam.step))
        return -1;
    return t->kind->restore ? t->kind->restore(t, state) : 0;
}

int trainer_counter(const struct meta *state, const char *key, int64_t *out)
{
    if (!meta_get_int(state, key, out) || *out < 0 || *out > INT64_MAX / 2)
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
