/* The run around the steps: what is said, logged and saved along the way. */
#include "vae/train.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "vae/model.h"

static volatile sig_atomic_t stop;

/* The first signal asks for an end after the step; a second one is final. */
static void on_signal(int number)
{
    if (stop) {
        signal(number, SIG_DFL);
        raise(number);
    }
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction a;

    memset(&a, 0, sizeof a);
    a.sa_handler = on_signal;
    a.sa_flags = SA_RESTART;
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct epoch {
    int64_t number;
    int begun, steps;            /* steps begun, and those that were taken */
    double loss, elbo, test_elbo, seconds, clips;
};

struct history {
    const struct train_run *run;
    struct trainer *trainer;
    struct meta *losses, *elbos, *test_elbos;
    int64_t done;                /* whole epochs */
    FILE *log;
    bool terminal, trouble;
    double started, shown;
    int64_t skipped;             /* steps */
    double best;                 /* test figure, and the epoch and values it came with */
    int64_t best_epoch;
    float *best_theta;
};

/* ---- what the model says of itself ---- */

static struct meta *describe(const struct history *h)
{
    const struct train_run *run = h->run;
    struct meta *m = meta_map();
    char *digest = mem_format("%016" PRIx64, run->data->digest);
    double rate = run->data->rate;

    meta_set(m, "program", meta_text("cv " CV_VERSION));
    meta_set(m, "rate", rate >= (double)(int64_t)rate && rate <= (double)(int64_t)rate ? meta_int((int64_t)rate)
                                                                                        : meta_real(rate));
    meta_set(m, "samples", meta_int(run->data->samples));
    meta_set(m, "channels", meta_int(run->data->channels));
    trainer_describe(h->trainer, m);
    meta_set(m, "seed", meta_int((int64_t)run->config.seed));
    meta_set(m, "epochs", meta_int(h->done));
    if (run->minutes > 0)
        meta_set(m, "minutes_wanted", meta_real(run->minutes));
    else
        meta_set(m, "epochs_wanted", meta_int(run->config.epochs));
    if (h->best_theta)
        meta_set(m, "best_epoch", meta_int(h->best_epoch));
    meta_set(m, "clips", meta_int((int64_t)run->data->count));
    meta_set(m, "digest", meta_text(digest));
    meta_set(m, "losses", meta_copy(h->losses));
    meta_set(m, "elbos", meta_copy(h->elbos));
    if (run->test)
        meta_set(m, "test_elbos", meta_copy(h->test_elbos));
    free(digest);
    return m;
}

static int write_model(const struct history *h, int fd, const char *label)
{
    struct meta *m = describe(h);
    int status = model_write(fd, label, m, h->trainer->params);

    meta_free(m);
    return status;
}

/* ---- snapshots: under a temporary name, then renamed ---- */

static void snapshot(struct history *h)
{
    char *name, *part;
    int fd, status;

    if (!h->run->snapshots)
        return;
    trainer_finish(h->trainer);
    name = mem_format("%s/epoch-%04" PRId64 ".cvm", h->run->snapshots, h->done);
    part = mem_format("%s.part", name);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = error_set("%s:", part);
    } else {
        status = write_model(h, fd, part);
        if (close(fd) && !status)
            status = error_set("%s:", part);
        if (!status && rename(part, name))
            status = error_set("%s:", name);
        if (status)
            unlink(part);
    }
    if (status) {
        diag_error("snapshot not written: %s", error_text());
        h->trouble = true;
    }
    free(part);
    free(name);
}

/* ---- the log ---- */

static void log_epoch(struct history *h, const struct epoch *e)
{
    struct meta *m;

    if (!h->log)
        return;
    m = meta_map();
    meta_set(m, "epoch", meta_int(e->number));
    meta_set(m, "step", meta_int(h->trainer->steps));
    meta_set(m, "loss", meta_real(e->loss));
    meta_set(m, "elbo", meta_real(e->elbo));
    if (h->run->test)
        meta_set(m, "test_elbo", meta_real(e->test_elbo));
    meta_set(m, "seconds", meta_real(e->seconds));
    meta_set(m, "clips_per_second", meta_real(e->clips / e->seconds));
    meta_json(h->log, m);
    putc('\n', h->log);
    meta_free(m);
    if (fflush(h->log) || ferror(h->log)) {
        diag_error("log not written: %s:", h->run->log);
        fclose(h->log);
        h->log = NULL;
        h->trouble = true;
    }
}

/* ---- how far it is ---- */

/* Share of the run that is done, in epochs or in time. */
static double progress(const struct history *h, const struct epoch *e, int steps)
{
    double done = h->run->minutes > 0 ? (now() - h->started) / (60 * h->run->minutes)
                                      : ((double)(e->number - 1) + (double)e->begun / steps) / (double)h->run->config.epochs;

    return done < 1 ? done : 1;
}

static bool time_is_up(const struct history *h)
{
    return h->run->minutes > 0 && now() - h->started >= 60 * h->run->minutes;
}

/* ---- what people see ---- */

static void show_step(struct history *h, const struct epoch *e, int steps)
{
    double t = now(), done = progress(h, e, steps), left;

    if (!h->terminal || diag_quiet() || t - h->shown < 0.1)
        return;
    h->shown = t;
    left = done > 0 ? (t - h->started) * (1 - done) / done : 0;
    fprintf(stderr, "\r\033[Kepoch %" PRId64 ", step %d/%d, loss %.6g, ELBO %.6g, %.1f clips/s, %.0f %% done, %.0f s left",
            e->number, e->steps, steps, e->loss / e->steps, e->elbo / e->steps, e->clips / e->seconds, 100 * done, left);
}

static void show_epoch(const struct history *h, const struct epoch *e)
{
    if (diag_quiet())
        return;
    if (h->terminal)
        fputs("\r\033[K", stderr);
    fprintf(stderr, "Epoch: %" PRId64 ", loss: %.6g, ", e->number, e->loss);
    if (h->run->test)
        fprintf(stderr, "Test set ELBO: %.6g, ", e->test_elbo);
    else
        fprintf(stderr, "ELBO: %.6g, ", e->elbo);
    fprintf(stderr, "time elapse for current epoch: %.2f s\n", e->seconds);
}

/* ---- the run ---- */

/* The steps of one epoch, as far as time goes. 1: stopped by a signal, -1: the loss went wrong. */
static int run_steps(struct history *h, struct epoch *e)
{
    int steps = trainer_begin_epoch(h->trainer, e->number);
    double started = now();

    for (; e->begun < steps && !(time_is_up(h) && e->steps > 0); e->begun++) {
        struct step_result r;

        if (stop)
            return 1;
        h->trainer->progress = progress(h, e, steps);
        if (trainer_step(h->trainer, e->begun, &r)) {
            if (h->terminal && !diag_quiet())
                fputs("\r\033[K", stderr);
            return error_prefix("epoch %" PRId64 ", step %d", e->number, e->begun + 1);
        }
        if (r.clips == 0) {
            if (h->skipped++ == 0)
                diag_warn("epoch %" PRId64 ", step %d: loss or gradient are not finite, the step is skipped", e->number,
                          e->begun + 1);
            continue;
        }
        e->steps++;
        e->loss += r.loss;
        e->elbo += r.elbo;
        e->clips += r.clips;
        e->seconds = now() - started;
        show_step(h, e, steps);
    }
    e->loss = e->steps > 0 ? e->loss / e->steps : NAN;
    e->elbo = e->steps > 0 ? e->elbo / e->steps : NAN;
    return 0;
}

/* Keeps the values that did best on the test clips; true when patience has run out. */
static bool keep_best(struct history *h, const struct epoch *e)
{
    const struct params *p = h->trainer->params;

    if (h->run->patience == 0 || !h->run->test)
        return false;
    if (!h->best_theta || e->test_elbo > h->best) {
        if (!h->best_theta)
            h->best_theta = mem_alloc(p->total * sizeof *h->best_theta);
        memcpy(h->best_theta, p->theta, p->total * sizeof *h->best_theta);
        h->best = e->test_elbo;
        h->best_epoch = e->number;
    }
    return e->number - h->best_epoch >= h->run->patience;
}

/* One epoch. 1: stopped by a signal, 2: enough, -1: the loss went wrong. */
static int run_epoch(struct history *h, int64_t number)
{
    struct epoch e = {.number = number};
    double started = now();
    int status = run_steps(h, &e);

    if (status)
        return status;
    if (h->run->test) {
        e.test_elbo = trainer_test(h->trainer, h->run->test, number);
        meta_append(h->test_elbos, meta_real(e.test_elbo));
    }
    e.seconds = now() - started;
    meta_append(h->losses, meta_real(e.loss));
    meta_append(h->elbos, meta_real(e.elbo));
    h->done = number;
    show_epoch(h, &e);
    log_epoch(h, &e);
    snapshot(h);
    if (keep_best(h, &e)) {
        diag_note("no better on the test clips for %" PRId64 " epochs: ended, epoch %" PRId64 " was the best",
                  h->run->patience, h->best_epoch);
        return 2;
    }
    if (time_is_up(h))
        return 2;
    return stop && (h->run->minutes > 0 || number < h->run->config.epochs) ? 1 : 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted_names(const struct dataset *d)
{
    const char **names = mem_alloc(d->count * sizeof *names);

    for (size_t i = 0; i < d->count; i++)
        names[i] = d->clips[i].name;
    qsort(names, d->count, sizeof *names, compare_names);
    return names;
}

/* A clip in both streams makes the test figures look better than they are. */
static void warn_leaks(const struct dataset *data, const struct dataset *test)
{
    const char **a = sorted_names(data), **b = sorted_names(test);
    size_t i = 0, j = 0;

    while (i < data->count && j < test->count) {
        int order = strcmp(a[i], b[j]);

        if (order == 0)
            diag_warn("clip '%s' is in both the training and the test stream", a[i]);
        i += order <= 0;
        j += order >= 0;
    }
    free(a);
    free(b);
}

static int check_test(const struct dataset *data, const struct dataset *test)
{
    if (test->samples != data->samples || test->channels != data->channels || test->rate < data->rate ||
        test->rate > data->rate)
        return error_set("test clips are [%d, %lld] at %g Hz, training clips [%d, %lld] at %g Hz: load both alike",
                         test->channels, (long long)test->samples, test->rate, data->channels,
                         (long long)data->samples, data->rate);
    warn_leaks(data, test);
    return 0;
}

static int prepare_outputs(struct history *h)
{
    const struct train_run *run = h->run;

    struct stat s;

    if (run->snapshots && mkdir(run->snapshots, 0777) && errno != EEXIST)
        return error_set("%s:", run->snapshots);
    if (run->snapshots && !stat(run->snapshots, &s) && !S_ISDIR(s.st_mode))
        return error_set("%s: is not a folder: name one for the snapshots", run->snapshots);
    if (run->log && !(h->log = fopen(run->log, "we")))
        return error_set("%s:", run->log);
    return 0;
}

static int run_epochs(struct history *h)
{
    int64_t most = h->run->minutes > 0 ? INT64_MAX : h->run->config.epochs;
    int status = 0;

    h->started = now();
    snapshot(h);
    for (int64_t i = 1; i <= most && status == 0; i++)
        status = run_epoch(h, i);
    if (status == 1) {
        if (h->terminal && !diag_quiet())
            fputs("\r\033[K", stderr);
        diag_note("stopped by a signal after %" PRId64 " epochs, %" PRId64 " steps: writing the model as it is", h->done,
                  h->trainer->steps);
    }
    if (status < 0)
        return -1;
    if (h->skipped > 0)
        diag_warn("%" PRId64 " steps were skipped, as loss or gradient were not finite", h->skipped);
    if (h->best_theta)
        memcpy(h->trainer->params->theta, h->best_theta, h->trainer->params->total * sizeof *h->best_theta);
    return 0;
}

int train(const struct train_run *run, int fd, const char *label)
{
    struct history h = {.run = run, .terminal = isatty(STDERR_FILENO) == 1};
    struct pool *pool;
    int status = -1;

    if (run->test && check_test(run->data, run->test))
        return -1;
    catch_signals();
    pool = pool_new(run->threads);
    h.losses = meta_list();
    h.elbos = meta_list();
    h.test_elbos = meta_list();
    h.trainer = trainer_new(&run->config, run->data, pool);
    if (h.trainer && !prepare_outputs(&h)) {
        status = run_epochs(&h);
        if (!status) {
            trainer_finish(h.trainer);
            status = write_model(&h, fd, label);
        }
        if (!status && h.trouble)
            status = error_set("the model is written, but see the errors above");
    }
    if (h.log && fclose(h.log) && !status)
        status = error_set("%s:", run->log);
    free(h.best_theta);
    trainer_free(h.trainer);
    meta_free(h.losses);
    meta_free(h.elbos);
    meta_free(h.test_elbos);
    pool_free(pool);
    return status;
}
