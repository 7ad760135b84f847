/* Trainers by the name of their network. */
#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static const struct trainer_kind *const kinds[] = {&spectral_trainer, &notebook_trainer};

struct trainer *trainer_new(const struct train_config *config, const struct dataset *data, struct pool *pool)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i]->network, config->network))
            return kinds[i]->create(config, data, pool);
    error_set("there is no network '%s'", config->network);
    return NULL;
}

void trainer_free(struct trainer *t)
{
    if (t)
        t->kind->destroy(t);
}

int64_t trainer_epochs(const struct trainer *t)
{
    return t->kind->epochs(t);
}

int trainer_begin_epoch(struct trainer *t, int64_t epoch)
{
    return t->kind->begin_epoch(t, epoch);
}

int trainer_step(struct trainer *t, int step, struct step_result *result)
{
    return t->kind->step(t, step, result);
}

void trainer_test(struct trainer *t, const struct dataset *test, struct train_figures *result)
{
    t->kind->test(t, test, result);
}

int trainer_finish(struct trainer *t)
{
    return t->kind->finish ? t->kind->finish(t) : 0;
}

void trainer_describe(const struct trainer *t, struct meta *head)
{
    meta_set(head, "network", meta_text(t->kind->network));
    meta_set(head, "parameters", meta_int(params_trainable(t->params)));
    t->kind->describe(t, head);
    meta_set(head, "steps", meta_int(t->steps));
}

void trainer_save(const struct trainer *t, struct meta *state)
{
    meta_set(state, "steps", meta_int(t->steps));
    t->kind->save(t, state);
}

int trainer_restore(struct trainer *t, const struct meta *state)
{
    return trainer_counter(state, "steps", &t->steps) || t->kind->restore(t, state) ? -1 : 0;
}

void trainer_describe_adam(const struct adam *a, double rate, struct meta *head)
{
    meta_set(head, "optimizer", meta_text("adam"));
    meta_set(head, "learning_rate", meta_real(rate));
    meta_set(head, "beta1", meta_real(a->beta1));
    meta_set(head, "beta2", meta_real(a->beta2));
    meta_set(head, "epsilon", meta_real(a->epsilon));
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
