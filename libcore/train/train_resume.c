/* Going on from a snapshot: with its settings, on its data, from where it was taken. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/team.h"
#include "train/train_private.h"

/* ---- settings ---- */

/* "with -b 8" */
static void put_setting(FILE *to, const char *before, const char *key, const struct meta *m)
{
    fprintf(to, "%s%s %s%s", before, m ? "with" : "without", setting_name(key), m ? " " : "");
    if (m && m->kind == META_TEXT)
        fputs(m->text, to);
    else if (m)
        meta_json(to, m);
}

/* A setting as the snapshot was made with; NULL: it has none of that key. */
static const struct meta *setting_was(const struct snapshot *s, const char *key)
{
    const struct meta *was = key ? meta_get(s->model.meta, key) : NULL;

    return was || !key ? was : meta_get(s->state, key);
}

/* Takes what is not given from the snapshot; what is given and another goes to differ. -1: what it says no option takes. */
static int take_settings(struct train_options *o, const struct snapshot *s, FILE *differ)
{
    struct train_config c;

    o->given[setting_find("minutes_wanted")] |= o->given[setting_find("epochs_wanted")]; /* the one or the other */
    for (size_t i = 0; i < TRAIN_OPTIONS; i++)
        if (!o->given[i] && setting_was(s, setting_key(i)) &&
            setting_take(&o->config, i, setting_was(s, setting_key(i))))
            return error_prefix("%s", s->path);
    c = o->config;
    config_defaults(&c, network_find(c.network));
    for (size_t i = 0; i < TRAIN_OPTIONS; i++) {
        const char *key = setting_key(i);
        const struct meta *was = setting_was(s, key);
        struct meta *is;

        if (!key || !o->given[i] || setting_by_default(&c, i)) /* that is found by the clips */
            continue;
        is = setting_value(&c, i);
        if (was ? !meta_equal(was, is) : is->kind != META_REAL || is->real > 0) {
            put_setting(differ, ftell(differ) > 0 ? "; " : "", key, was);
            put_setting(differ, ", now ", key, is);
        }
        meta_free(is);
    }
    return 0;
}

int resume_settings(struct train_options *o, const struct snapshot *s)
{
    bool tested = meta_get(s->model.meta, "test_digest") != NULL;
    char *text;
    size_t size;
    FILE *differ = mem_stream(&text, &size);
    int status = take_settings(o, s, differ);

    fclose(differ);
    if (status == 0 && !o->resume_anyway && size > 0)
        status = error_set("%s was trained %s: leave such options out, or go on with --resume-anyway", s->path, text);
    else if (status == 0 && !o->resume_anyway && tested != (o->test != NULL))
        status = error_set("%s was trained with%s a test stream (-t): %s, or go on with --resume-anyway", s->path,
                           tested ? "" : "out", tested ? "give it" : "leave it out");
    else if (o->config.keep_bank && !o->config.from)
        status = error_set("%s was trained with --from and --keep-bank: give both again", s->path);
    if (!o->test)
        o->config.patience = 0;
    free(text);
    return status;
}

/* ---- data ---- */

static bool same_digest(const struct meta *m, const char *key, const struct dataset *d)
{
    struct meta *is = digest_meta(d->digest);
    bool same = meta_equal(meta_get(m, key), is);

    meta_free(is);
    return same;
}

int resume_check_data(const struct train_run *run)
{
    const struct meta *was = run->resume->model.meta;
    const struct dataset *d = run->data;
    int64_t clips = 0, samples = 0, channels = 0, ranks = 1;
    double rate = 0;

    meta_get_int(was, "clips", &clips);
    meta_get_int(was, "samples", &samples);
    meta_get_int(was, "channels", &channels);
    meta_get_real(was, "rate", &rate);
    meta_get_int(was, "ranks", &ranks);
    if (run->options->resume_anyway)
        return 0;
    if (ranks != team_size())
        return error_set("%s was trained by %lld ranks, now %d: start as many, or go on with --resume-anyway",
                         run->resume->path, (long long)ranks, team_size());
    if (rate < d->rate || rate > d->rate || clips != (int64_t)d->all || samples != d->samples ||
        channels != d->channels)
        return error_set(
            "%s was trained on other data, %lld clips [%lld, %lld] at %g Hz, now %zu clips [%d, %lld] at %g Hz: "
            "give the same stream in the same order, or go on with --resume-anyway",
            run->resume->path, (long long)clips, (long long)channels, (long long)samples, rate, d->all, d->channels,
            (long long)d->samples, d->rate);
    if (!same_digest(was, "digest", d))
        return error_set("%s was trained on other data, as many clips of other sound or in another order: "
                         "give the same stream in the same order, or go on with --resume-anyway",
                         run->resume->path);
    if (run->test && !same_digest(was, "test_digest", run->test))
        return error_set("%s was trained with another test stream: give the same to -t, or go on with --resume-anyway",
                         run->resume->path);
    return 0;
}

/* ---- where it was ---- */

static struct meta *list_of(const struct snapshot *s, const char *key)
{
    const struct meta *m = meta_get(s->model.meta, key);

    return m && m->kind == META_LIST ? meta_copy(m) : meta_list();
}

static bool counters_fit(const struct history *h)
{
    const struct epoch *e = &h->epoch;

    return h->done <= INT32_MAX && e->begun <= INT32_MAX && e->steps >= 0 && e->steps <= e->begun &&
           h->best_epoch >= 0 && h->best_epoch <= h->done && isfinite(e->clips) && isfinite(e->seconds) &&
           isfinite(h->spent);
}

/* The counters of the run; 0 where the snapshot, as it may, does not have one. */
static int resume_counters(struct history *h)
{
    const struct snapshot *s = h->run->resume;
    const struct meta *m = s->state;
    struct epoch *e = &h->epoch;

    if (trainer_counter(s->model.meta, "epochs", &h->done) || trainer_counter(m, "step", &e->begun) ||
        trainer_counter(m, "skipped", &h->trainer->skipped) || trainer_restore(h->trainer, meta_get(m, "trainer")))
        return error_prefix("%s", s->path);
    e->number = h->done + 1;
    meta_get_int(m, "taken", &e->steps);
    meta_get_real(m, "clips", &e->clips);
    meta_get_real(m, "seconds", &e->seconds);
    meta_get_real(m, "spent", &h->spent);
    if (meta_get_int(m, "best_epoch", &h->best_epoch) && meta_get_real(m, "best", &h->best))
        h->best_theta = mem_zero(h->trainer->params->total, sizeof *h->best_theta);
    if (!counters_fit(h))
        return error_set("%s: the state of training has counters that cannot be", s->path);
    for (int i = 0; i < CURVES; i++) {
        if (i < FIGURES)
            meta_get_real(m, curve_names[i].key, &e->figures[TRAINED].of[i]);
        meta_free(h->curves[i]);
        h->curves[i] = list_of(s, curve_names[i].list);
    }
    return 0;
}

int resume(struct history *h)
{
    struct snapshot *s = h->run->resume;
    struct model_array list[4];
    struct meta *m;
    int status = 0;

    if (resume_counters(h))
        return -1;
    m = train_describe(h);
    meta_set(m, "resume", meta_copy(s->state));
    if (meta_get(s->model.meta, "arithmetic")) /* that may change on the way */
        meta_set(m, "arithmetic", meta_copy(meta_get(s->model.meta, "arithmetic")));
    if (!h->run->options->resume_anyway && !meta_equal(meta_get(m, "from"), meta_get(s->model.meta, "from")))
        status = error_set("%s was trained from another model than %s: give that one, or go on with --resume-anyway",
                           s->path, h->run->from->path);
    else if (!h->run->options->resume_anyway && !meta_equal(m, s->model.meta))
        status = error_set("%s is not what this version of cv writes of these settings and data: go on with another "
                           "snapshot, or with --resume-anyway",
                           s->path);
    meta_free(m);
    if (status)
        return -1;
    return model_read_arrays(&s->model, s->reader, h->trainer->params, list, snapshot_arrays(h, list), false);
}
