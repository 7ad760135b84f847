/* Fuzz target: going on from a snapshot, and starting from a model, up to the first step. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "base/error.h"
#include "train/train_private.h"

/* What would only be slow. */
static bool is_small(const struct train_config *c)
{
    return c->batch <= 16 && c->latent <= 16 && c->width <= 16 && c->stride <= 8;
}

static void step(struct history *h)
{
    struct step_result result;
    const struct trainer_kind *kind = h->trainer->kind;

    if (h->epoch.begun < kind->begin_epoch(h->trainer, h->epoch.number) &&
        kind->step(h->trainer, (int)h->epoch.begun, &result) < 0)
        FUZZ_HOLDS(strlen(error_text()) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dataset clips;
    static struct pool *pool;
    uint64_t hash = fuzz_hash(data, size);
    const char *path = fuzz_file(0, data, size);
    struct opt table[TRAIN_OPTIONS];
    struct train_options o;
    struct snapshot s;
    struct train_run run = {&o, &clips, NULL, &s, NULL};
    struct history h = {.run = &run, .folder = -1};
    bool from;

    if (!pool) {
        fuzz_clips(&clips);
        pool = pool_new(1);
    }
    train_options_begin(&o, table);
    o.resume_anyway = hash & 16;
    from = hash % 4 == 0 || snapshot_open(&s, path); /* a model that is no snapshot */
    if (from && from_open(&s, path)) {
        FUZZ_HOLDS(strlen(error_text()) > 0);
        return 0;
    }
    if (from) {
        run = (struct train_run){&o, &clips, NULL, NULL, &s};
        o.config.from = path;
        o.config.keep_bank = hash & 4;
    }
    if (!(from ? from_settings(&o, &s) : resume_settings(&o, &s)) && !train_options_fit(&o) && is_small(&o.config) &&
        !(from ? from_check_data(&run) : resume_check_data(&run)) &&
        (h.trainer = trainer_new(&o.config, &clips, pool)) != NULL) {
        for (int i = 0; i < CURVES; i++)
            h.curves[i] = meta_list();
        h.epoch.number = 1;
        if ((from ? from_take(h.trainer, &s) : resume(&h)) == 0)
            step(&h);
        else
            FUZZ_HOLDS(strlen(error_text()) > 0);
        for (int i = 0; i < CURVES; i++)
            meta_free(h.curves[i]);
        free(h.best_theta);
        trainer_free(h.trainer);
    }
    snapshot_close(&s);
    return 0;
}
