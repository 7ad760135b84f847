/* Going on from a snapshot: with its settings, on its data, from where it was taken. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "train/train_private.h"

/* ---- what differs ---- */

/* Words like "; with -b 8, now with -b 10; ...". */
struct words {
    char *text;
    size_t size;
    FILE *to;
};

static struct words *words_new(void)
{
    struct words *w = mem_zero(1, sizeof *w);

    w->to = open_memstream(&w->text, &w->size);
    if (!w->to)
        (void)mem_alloc(SIZE_MAX / 2); /* says that memory is out, and ends */
    return w;
}

static void words_value(const struct words *w, const char *key, const struct meta *m)
{
    fprintf(w->to, "%s %s", m ? "with" : "without", setting_name(key));
    if (m && (m->kind == META_LIST || m->kind == META_MAP))
        fprintf(w->to, " %zu values", m->count);
    else if (m && m->kind == META_TEXT)
        fprintf(w->to, " %s", m->text);
    else if (m && putc(' ', w->to))
        meta_json(w->to, m);
}

static void words_differ(const struct words *w, const char *key, const struct meta *was, const struct meta *is)
{
    fputs("; ", w->to);
    words_value(w, key, was);
    fputs(", now ", w->to);
    words_value(w, key, is);
}

/* The error when there are any; releases them. */
static int words_end(struct words *w, const struct snapshot *s)
{
    int status = 0;

    fclose(w->to);
    if (w->size > 0)
        status = error_set("%s was trained %s: leave such options out, or go on with --resume-anyway", s->path,
                           w->text + strlen("; "));
    free(w->text);
    free(w);
    return status;
}

/* -1: the head that a run would write now is not that of the snapshot, in what is neither counted nor measured along the
 * way; all that differs is named. */
static int compare_heads(const struct snapshot *s, const struct meta *head)
{
    const struct meta *old = s->model.meta;
    struct words *w = words_new();

    for (size_t i = 0; i < old->count; i++) {
        const struct meta *is = meta_get(head, old->keys[i]);

        if (strcmp(old->keys[i], "resume") && (!is || !meta_equal(old->items[i], is)))
            words_differ(w, old->keys[i], old->items[i], is);
    }
    for (size_t i = 0; i < head->count; i++)
        if (!meta_get(old, head->keys[i]))
            words_differ(w, head->keys[i], NULL, head->items[i]);
    return words_end(w, s);
}

/* ---- settings ---- */

int resume_settings(struct train_options *o, const struct snapshot *s)
{
    struct words *w = words_new();
    bool tested = meta_get(s->state, "test_digest") != NULL;

    o->given[setting_find("minutes_wanted")] |= o->given[setting_find("epochs_wanted")]; /* the one or the other */
    for (size_t i = 0; i < TRAIN_OPTIONS; i++) {
        const char *key = setting_key(i);
        const struct meta *was = key ? meta_get(s->model.meta, key) : NULL;
        struct meta *is;

        if (!was && key)
            was = meta_get(s->state, key);
        if (!was)
            continue;
        if (!o->given[i]) {
            setting_take(&o->config, i, was);
            continue;
        }
        is = setting_value(&o->config, i);
        if (!o->resume_anyway && !setting_by_default(&o->config, i) && !meta_equal(was, is))
            words_differ(w, key, was, is);
        meta_free(is);
    }
    if (words_end(w, s))
        return -1;
    if (!o->resume_anyway && tested != (o->test != NULL))
        return error_set("%s was trained with%s a test stream (-t): %s, or go on with --resume-anyway", s->path,
                         tested ? "" : "out", tested ? "give it" : "leave it out");
    if (!o->test)
        o->config.patience = 0;
    return 0;
}

/* ---- data ---- */

static bool same_digest(const struct meta *m, const char *key, const struct dataset *d)
{
    struct meta *is = dataset_digest(d);
    bool same = meta_equal(meta_get(m, key), is);

    meta_free(is);
    return same;
}

int resume_check_data(const struct train_run *run)
{
    const struct snapshot *s = run->resume;
    const struct meta *was = s->model.meta;
    const struct dataset *d = run->data;
    int64_t clips = 0, samples = 0, channels = 0;
    double rate = 0;

    if (run->options->resume_anyway)
        return 0;
    meta_get_int(was, "clips", &clips);
    meta_get_int(was, "samples", &samples);
    meta_get_int(was, "channels", &channels);
    meta_get_real(was, "rate", &rate);
    if (clips != (int64_t)d->count || samples != d->samples || channels != d->channels || rate < d->rate ||
        rate > d->rate)
        return error_set(
            "%s was trained on other data, %lld clips [%lld, %lld] at %g Hz, now %zu clips [%d, %lld] at %g Hz: "
            "give the same stream, or go on with --resume-anyway",
            s->path, (long long)clips, (long long)channels, (long long)samples, rate, d->count, d->channels,
            (long long)d->samples, d->rate);
    if (!same_digest(was, "digest", d))
        return error_set("%s was trained on other data: as many clips, but other names, samples, order or batches; "
                         "give the same stream, or go on with --resume-anyway",
                         s->path);
    if (run->test && !same_digest(s->state, "test_digest", run->test))
        return error_set("%s was trained with another test stream: give the same to -t, or go on with --resume-anyway",
                         s->path);
    return 0;
}

/* ---- where it was ---- */

static struct meta *list_of(const struct snapshot *s, const char *key)
{
    const struct meta *m = meta_get(s->model.meta, key);

    return m && m->kind == META_LIST ? meta_copy(m) : meta_list();
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
    int status;

    if (resume_counters(h))
        return -1;
    m = train_describe(h);
    status = h->run->options->resume_anyway ? 0 : compare_heads(s, m);
    meta_free(m);
    if (status)
        return -1;
    return model_read_arrays(&s->model, s->reader, h->trainer->params, list, snapshot_arrays(h, list), false);
}
