/* A training run as files: its model, snapshots along the way, and going on from one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/file.h"
#include "train/train_private.h"

/* ---- what the model says of itself ---- */

static struct meta *hex(uint64_t digest)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, digest);
    return meta_text(text);
}

static struct meta *number(double x)
{
    return x >= (double)(int64_t)x && x <= (double)(int64_t)x ? meta_int((int64_t)x) : meta_real(x);
}

static struct meta *describe(const struct history *h)
{
    const struct train_run *run = h->run;
    struct meta *m = meta_map();

    meta_set(m, "program", meta_text("cv " CV_VERSION));
    meta_set(m, "rate", number(run->data->rate));
    meta_set(m, "samples", meta_int(run->data->samples));
    meta_set(m, "channels", meta_int(run->data->channels));
    trainer_describe(h->trainer, m);
    meta_set(m, "seed", meta_int((int64_t)run->config.seed));
    meta_set(m, "epochs", meta_int(h->done));
    if (run->minutes > 0)
        meta_set(m, "minutes_wanted", meta_real(run->minutes));
    else
        meta_set(m, "epochs_wanted", meta_int(h->epochs));
    meta_set(m, "clips", meta_int((int64_t)run->data->count));
    meta_set(m, "digest", hex(run->data->digest));
    for (int i = 0; i < (run->test ? CURVES : CURVE_TEST_LOSS); i++)
        meta_set(m, curve_names[i], meta_copy(h->curves[i]));
    return m;
}

int save_model(const struct history *h, int fd, const char *label)
{
    struct meta *m = describe(h);
    struct params *p = h->trainer->params;
    struct model_array value = {"value", p->theta, false};
    int status;

    if (h->best_theta)
        meta_set(m, "best_epoch", meta_int(h->best_epoch));
    status = model_write(fd, label, m, p, &value, 1);
    meta_free(m);
    return status;
}

/* ---- snapshots ---- */

/* The arrays that go with each parameter; the best values so far only when there are any. */
static size_t arrays(const struct history *h, struct model_array list[4])
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
    struct meta *m = meta_map(), *trainer = meta_map();

    meta_set(m, "step", meta_int(e->begun));
    if (e->begun > 0) {
        meta_set(m, "taken", meta_int(e->steps));
        meta_set(m, "loss", meta_real(e->sum.loss));
        meta_set(m, "distance", meta_real(e->sum.distance));
        meta_set(m, "kl", meta_real(e->sum.kl));
        meta_set(m, "elbo", meta_real(e->sum.elbo));
        meta_set(m, "clips", meta_real(e->clips));
        meta_set(m, "seconds", meta_real(e->seconds));
    }
    meta_set(m, "skipped", meta_int(h->skipped));
    if (h->run->minutes > 0)
        meta_set(m, "spent", meta_real(h->spent + clock_now() - h->began));
    if (h->run->test)
        meta_set(m, "test_digest", hex(h->run->test->digest));
    meta_set(m, "patience", meta_int(h->run->patience));
    if (h->best_theta) {
        meta_set(m, "best", meta_real(h->best));
        meta_set(m, "best_epoch", meta_int(h->best_epoch));
    }
    trainer_save(h->trainer, trainer);
    meta_set(m, "trainer", trainer);
    return m;
}

/* What has a name on the disk is there whole, and stays. */
static int settle(const struct history *h, const char *part, const char *name)
{
    if (rename(part, name))
        return error_set("%s:", name);
    if (fsync(h->folder) && errno != EINVAL && errno != EROFS)
        return error_set("%s:", h->run->snapshots);
    return 0;
}

static int write_snapshot(struct history *h, const char *part, const char *name)
{
    struct meta *m;
    struct model_array list[4];
    size_t count = arrays(h, list);
    int fd, status;

    partial_begin(part);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return error_set("%s:", part);
    m = describe(h);
    meta_set(m, "resume", state(h));
    status = model_write(fd, part, m, h->trainer->params, list, count);
    meta_free(m);
    if (!status && fsync(fd) && errno != EINVAL)
        status = error_set("%s:", part);
    if (close(fd) && !status)
        status = error_set("%s:", part);
    if (!status)
        status = settle(h, part, name);
    if (status)
        unlink(part);
    partial_done();
    return status;
}

void save_snapshot(struct history *h)
{
    const char *folder = h->run->snapshots;
    char *name, *part;

    if (!folder)
        return;
    name = snapshot_name(folder, h->done, h->epoch.begun);
    part = mem_format("%s/snapshot.part", folder);
    if (!trainer_finish(h->trainer) && !write_snapshot(h, part, name)) {
        snapshot_prune(folder, h->done, h->epoch.begun, h->run->keep);
    } else {
        diag_error("snapshot not written: %s", error_text());
        h->trouble = true;
    }
    h->saved = clock_now();
    free(part);
    free(name);
}

/* ---- going on ---- */

static bool same_digest(const struct meta *m, const char *key, uint64_t digest)
{
    const char *was = NULL;
    struct meta *is = hex(digest);
    bool same = meta_get_text(m, key, &was) && !strcmp(was, is->text);

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

    if (run->resume_anyway)
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
    if (!same_digest(was, "digest", d->digest))
        return error_set("%s was trained on other data: as many clips, but other names, samples, order or batches; "
                         "give the same stream, or go on with --resume-anyway",
                         s->path);
    if (run->test && !same_digest(s->state, "test_digest", run->test->digest))
        return error_set("%s was trained with another test stream: give the same to -t, or go on with --resume-anyway",
                         s->path);
    return 0;
}

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
        trainer_counter(m, "skipped", &h->skipped) || trainer_restore(h->trainer, meta_get(m, "trainer")))
        return error_prefix("%s", s->path);
    e->number = h->done + 1;
    meta_get_int(m, "taken", &e->steps);
    meta_get_real(m, "loss", &e->sum.loss);
    meta_get_real(m, "distance", &e->sum.distance);
    meta_get_real(m, "kl", &e->sum.kl);
    meta_get_real(m, "elbo", &e->sum.elbo);
    meta_get_real(m, "clips", &e->clips);
    meta_get_real(m, "seconds", &e->seconds);
    meta_get_real(m, "spent", &h->spent);
    if (meta_get_int(m, "best_epoch", &h->best_epoch) && meta_get_real(m, "best", &h->best))
        h->best_theta = mem_zero(h->trainer->params->total, sizeof *h->best_theta);
    for (int i = 0; i < CURVES; i++) {
        meta_free(h->curves[i]);
        h->curves[i] = list_of(s, curve_names[i]);
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
    m = describe(h);
    status = h->run->resume_anyway ? 0 : snapshot_compare(s, m);
    meta_free(m);
    if (status)
        return -1;
    return model_read_arrays(&s->model, s->reader, h->trainer->params, list, arrays(h, list), false);
}
