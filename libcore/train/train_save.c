/* A training run as files: its model, and snapshots along the way. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/history.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "base/mem.h"
#include "base/recipe.h"
#include "base/team.h"
#include "dsp/fft.h"
#include "train/model_save.h"
#include "train/train_private.h"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#else
#define gnu_get_libc_version() "none"
#endif

/* ---- what the model says of itself ---- */

static struct meta *number(double x)
{
    return x >= (double)(int64_t)x && x <= (double)(int64_t)x ? meta_int((int64_t)x) : meta_real(x);
}

/* What the bytes depend on besides clips and settings. */
static struct meta *arithmetic(void)
{
    static const char *const units[] = {"no AVX", "AVX", "AVX2", "NEON"};
    char *blas = linalg_version(), *all;
    struct meta *m;
    int unit = 0;

#if defined __x86_64__
    unit = kernel_level() > 0 ? 2 : __builtin_cpu_supports("avx") != 0; /* AVX-512 changes nothing */
#elif defined __aarch64__
    unit = 3;
#endif
    all = mem_format("%s, %s, %s, glibc %s, compiler %s", blas, fft_version(), units[unit], gnu_get_libc_version(),
                     __VERSION__);
    m = meta_text(all);
    free(blas);
    free(all);
    return m;
}

char *train_alike(const struct train_options *o, bool each)
{
    struct meta *made_by = arithmetic(), *words = config_words(o, &o->config);
    char *text;
    size_t size;
    FILE *to = mem_stream(&text, &size);

    fprintf(to, "'");
    recipe_entry(to, words);
    fprintf(to, "%s%s%s", each ? " --each" : "", o->resume ? " --resume" : "", o->snapshots ? " --snapshot" : "");
    if (o->snapshot_every > 0)
        fprintf(to, " --snapshot-every %g", o->snapshot_every);
    fprintf(to, "' of cv " CV_VERSION ", %s", made_by->text);
    fclose(to);
    meta_free(words);
    meta_free(made_by);
    return text;
}

/* That of the stream and this run. A run that goes on from a snapshot is the one that began it. */
static void tell_history(const struct history *h, struct meta *head)
{
    const struct train_run *run = h->run;
    const struct meta *was = run->resume ? meta_get(run->resume->model.meta, "history") : NULL;
    struct meta *words;

    if (run->resume && !run->options->resume_anyway) {
        if (was)
            meta_set(head, "history", meta_copy(was));
    } else if (run->data->history) {
        meta_set(head, "history", meta_copy(run->data->history));
        words = config_words(run->options, &h->trainer->config);
        if (run->from)
            history_model(words, run->from->path, run->from->model.meta);
        history_add(head, words);
    }
}

struct meta *train_describe(const struct history *h)
{
    const struct train_run *run = h->run;
    const struct train_config *c = &h->trainer->config;
    struct meta *m = meta_map();

    meta_set(m, "program", meta_text("cv " CV_VERSION));
    meta_set(m, "rate", number(run->data->rate));
    meta_set(m, "samples", meta_int(run->data->samples));
    meta_set(m, "channels", meta_int(run->data->channels));
    trainer_describe(h->trainer, m);
    config_describe(c, "seed", m);
    meta_set(m, "epochs", meta_int(h->done));
    config_describe(c, c->minutes > 0 ? "minutes_wanted" : "epochs_wanted", m);
    if (run->from)
        meta_set(m, "from", digest_meta(reader_digest(run->from->reader)));
    else if (run->resume && meta_get(run->resume->model.meta, "from"))
        meta_set(m, "from", meta_copy(meta_get(run->resume->model.meta, "from")));
    if (c->keep_bank)
        config_describe(c, "keep_bank", m);
    if (team_size() > 1)
        meta_set(m, "ranks", meta_int(team_size()));
    meta_set(m, "clips", meta_int((int64_t)run->data->all));
    meta_set(m, "digest", digest_meta(run->data->digest));
    if (run->test)
        meta_set(m, "test_digest", digest_meta(run->test->digest));
    meta_set(m, "arithmetic", arithmetic());
    tell_history(h, m);
    for (int i = 0; i < curves(h); i++)
        meta_set(m, curve_names[i].list, meta_copy(h->curves[i]));
    return m;
}

int finish(struct history *h)
{
    int status = h->fitted == h->trainer->steps ? 0 : trainer_finish(h->trainer);

    if (!status)
        h->fitted = h->trainer->steps;
    return status;
}

int save_model(const struct history *h)
{
    struct meta *m = train_describe(h);
    struct params *p = h->trainer->params;
    struct model_array value = {"value", p->theta, false};
    int status;

    if (h->best_theta)
        meta_set(m, "best_epoch", meta_int(h->best_epoch));
    status = model_save(h->run->options->output, m, p, &value, 1);
    meta_free(m);
    return status;
}

/* ---- snapshots ---- */

size_t snapshot_arrays(const struct history *h, struct model_array list[4])
{
    const struct params *p = h->trainer->params;

    list[0] = (struct model_array){"value", p->theta, false};
    list[1] = (struct model_array){"adam_m", p->adam_m, true};
    list[2] = (struct model_array){"adam_v", p->adam_v, true};
    list[3] = (struct model_array){"best", h->best_theta, false};
    return h->best_theta ? 4 : 3;
}

/* What the run has to know to go on. Nothing in it comes from a clock unless
 * the run goes by one, or is in the middle of an epoch, whose seconds are logged. */
static struct meta *state(const struct history *h)
{
    const struct epoch *e = &h->epoch;
    struct meta *m = meta_map();

    meta_set(m, "step", meta_int(e->begun));
    if (e->begun > 0) {
        meta_set(m, "taken", meta_int(e->steps));
        for (int i = 0; i < FIGURES; i++)
            meta_set(m, curve_names[i].key, meta_real(e->figures[TRAINED].of[i]));
        meta_set(m, "clips", meta_real(e->clips));
        meta_set(m, "seconds", meta_real(e->seconds));
    }
    meta_set(m, "skipped", meta_int(h->trainer->skipped));
    if (h->trainer->config.minutes > 0)
        meta_set(m, "spent", meta_real(h->spent + h->now - h->began));
    config_describe(&h->trainer->config, "patience", m);
    if (h->best_theta) {
        meta_set(m, "best", meta_real(h->best));
        meta_set(m, "best_epoch", meta_int(h->best_epoch));
    }
    meta_set(m, "trainer", trainer_save(h->trainer));
    return m;
}

/* What has a name on the disk is there whole, and stays. */
static int write_snapshot(struct history *h, const char *name)
{
    struct model_array list[4];
    struct meta *m = train_describe(h);
    int status;

    meta_set(m, "resume", state(h));
    status = model_save(name, m, h->trainer->params, list, snapshot_arrays(h, list));
    meta_free(m);
    if (!status && fsync(h->folder) && errno != EINVAL && errno != EROFS)
        status = error_set("%s:", h->run->options->snapshots);
    return status;
}

void save_snapshot(struct history *h)
{
    const char *folder = h->run->options->snapshots;
    char *name;

    if (!folder)
        return;
    name = snapshot_name(folder, h->done, h->epoch.begun);
    if (h->stopped && h->trainer->steps > 0 && team_rank() == 0)
        (void)write_snapshot(h, name); /* with the prior as it was: there may be no time to fit one */
    if (finish(h) || (team_rank() == 0 && write_snapshot(h, name))) {
        diag_error("snapshot not written: %s", error_text());
        h->trouble = true;
    } else if (team_rank() == 0) {
        snapshot_prune(folder, h->done, h->epoch.begun, h->run->options->keep);
    }
    look_up(h);
    h->saved = h->now;
    free(name);
}
