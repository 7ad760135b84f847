/* The run around the steps: what is said, logged and saved along the way. */
#include "train/train.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/team.h"
#include "io/digests.h"
#include "train/model_save.h"
#include "train/train_private.h"

static volatile sig_atomic_t stop; /* the signal that asked for an end */

/* The first one asks for an end after the step; a second one is final. */
static void on_signal(int number)
{
    if (stop) {
        signal(number, SIG_DFL);
        raise(number);
    }
    stop = number;
}

/* From here on there is something to save. Before, a signal ends the program as it ends any other. What was ignored when
 * it began stays so: nohup, and jobs that a shell put aside. */
static void catch_signals(void)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;

    sigemptyset(&a.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &a, NULL);
}

void look_up(struct history *h)
{
    double both[2] = {team_rank() == 0 ? clock_now() : 0, stop};

    team_max(both, 2);
    h->now = both[0];
    h->stopped = (int)both[1];
}

/* ---- how far it is ---- */

static double minutes_spent(const struct history *h)
{
    return (h->spent + h->now - h->began) / 60;
}

double train_progress(const struct history *h, int steps)
{
    const struct epoch *e = &h->epoch;
    double done = h->trainer->config.minutes > 0
                      ? minutes_spent(h) / h->trainer->config.minutes
                      : ((double)(e->number - 1) + (double)e->begun / steps) / (double)h->trainer->config.epochs;

    return done < 1 ? done : 1;
}

static bool time_is_up(const struct history *h)
{
    return h->trainer->config.minutes > 0 && minutes_spent(h) >= h->trainer->config.minutes;
}

static bool patience_is_out(const struct history *h)
{
    return h->best_theta && h->done - h->best_epoch >= h->trainer->config.patience;
}

/* Nothing more to do: all epochs are there, or enough of them. */
static bool enough(const struct history *h)
{
    return patience_is_out(h) || (h->done > 0 && time_is_up(h)) ||
           (!(h->trainer->config.minutes > 0) && h->done >= h->trainer->config.epochs);
}

/* ---- curves ---- */

const struct curve_name curve_names[CURVES] = {
    {"loss", "losses"},      {"distance", "distances"},    {"kl", "kls"},
    {"elbo", "elbos"},       {"test_loss", "test_losses"}, {"test_distance", "test_distances"},
    {"test_kl", "test_kls"}, {"test_elbo", "test_elbos"},
};

int curves(const struct history *h)
{
    return h->run->test ? CURVES : FIGURES;
}

/* ---- the run ---- */

static void add_step(struct epoch *e, const struct step_result *r)
{
    e->steps++;
    for (int i = 0; i < FIGURES; i++)
        e->figures[TRAINED].of[i] += r->f.of[i];
    e->clips += r->clips;
    e->rate = r->rate;
    e->beta = r->beta;
}

/* The steps of the epoch in hand, as far as time goes. 1: stopped by a signal, -1: the loss went wrong. */
static int run_steps(struct history *h)
{
    struct epoch *e = &h->epoch;
    struct train_figures few;
    int steps = h->trainer->kind->begin_epoch(h->trainer, e->number);
    double started = clock_now() - e->seconds;

    for (look_up(h); e->begun < steps && !(time_is_up(h) && e->steps > 0); look_up(h)) {
        struct step_result r;

        if (h->stopped) {
            if (e->begun > 0) /* else there is one of this moment */
                save_snapshot(h);
            return 1;
        }
        if (h->run->options->snapshot_every > 0 && e->begun > 0 && h->now - h->saved >= h->run->options->snapshot_every)
            save_snapshot(h);
        h->trainer->progress = train_progress(h, steps);
        if (h->trainer->kind->step(h->trainer, (int)e->begun, &r))
            return error_prefix("epoch %" PRId64 ", step %" PRId64, e->number, e->begun + 1);
        e->begun++;
        say_plan(h, steps, clock_now() - started - e->seconds);
        e->seconds = clock_now() - started;
        if (r.clips == 0) {
            if (h->trainer->skipped == 1)
                diag_warn("epoch %" PRId64 ", step %" PRId64 ": loss or gradient are not finite, the step is skipped",
                          e->number, e->begun);
            continue;
        }
        add_step(e, &r);
        say_step(h, steps);
    }
    for (int i = 0; i < FIGURES; i++)
        e->figures[TRAINED].of[i] /= e->steps > 0 ? (double)e->steps : NAN;
    if (h->run->test) {
        h->trainer->kind->test(h->trainer, h->run->test, &e->figures[TESTED]);
    } else if (isnan(e->figures[TRAINED].of[ELBO])) { /* steps do not tell it */
        h->trainer->kind->test(h->trainer, NULL, &few);
        e->figures[TRAINED].of[ELBO] = few.of[ELBO];
    }
    e->seconds = clock_now() - started;
    look_up(h);
    return 0;
}

/* Keeps the values that did best on the test clips. */
static void keep_best(struct history *h)
{
    const struct params *p = h->trainer->params;

    if (h->trainer->config.patience == 0 || !h->run->test || !isfinite(h->epoch.figures[TESTED].of[ELBO]) ||
        (h->best_theta && !(h->epoch.figures[TESTED].of[ELBO] > h->best)))
        return;
    if (!h->best_theta)
        h->best_theta = mem_floats(p->total);
    memcpy(h->best_theta, p->theta, p->total * sizeof *h->best_theta);
    h->best = h->epoch.figures[TESTED].of[ELBO];
    h->best_epoch = h->epoch.number;
}

/* One epoch, or the rest of it. 1: stopped by a signal, -1: the loss went wrong. */
static int run_epoch(struct history *h)
{
    int status = run_steps(h);

    if (status)
        return status;
    for (int i = 0; i < curves(h); i++)
        meta_append(h->curves[i], meta_real(h->epoch.figures[i / FIGURES].of[i % FIGURES]));
    h->done = h->epoch.number;
    say_epoch(h);
    log_epoch(h);
    keep_best(h);
    h->epoch = (struct epoch){.number = h->done + 1};
    save_snapshot(h);
    return h->stopped && !enough(h) ? 1 : 0;
}

/* What is known of a clip at another rank: its samples' digest, and its name, or its beginning. */
struct known {
    unsigned char digest[DIGEST];
    char name[256 - DIGEST];
};

static struct known known_of(const struct dataset *d, size_t i)
{
    const struct clip *c = &d->clips[i];
    struct known k = {0};

    digest_of(c->data, (size_t)(d->channels * c->samples) * sizeof *c->data, (uint64_t)d->channels, k.digest);
    strncpy(k.name, c->name, sizeof k.name - 1);
    dataset_release(d, i);
    return k;
}

/* A clip in both streams makes the test figures look better than they are. It is known by its samples: recordings go
 * by several names, and several by one. All ranks look for all test clips among their training clips. */
static void warn_leaks(const struct dataset *data, const struct dataset *test)
{
    struct digests *seen = digests_new();
    size_t all, first = team_first(test->count, &all), leaks = 0, one = 0, r = 0, ranks = (size_t)team_size();
    struct known *tests = mem_zero(all, sizeof *tests), *before = mem_zero(ranks, sizeof *before);
    double *found = mem_zero(all, sizeof *found);

    for (size_t i = 0; i < data->count; i++) {
        struct known k = known_of(data, i);

        digests_first(seen, k.digest, DIGEST, 0, k.name);
    }
    for (size_t i = 0; i < test->count; i++)
        tests[first + i] = known_of(test, i);
    team_gather(tests, test->count, sizeof *tests);
    for (size_t i = 0; i < all; i++)
        found[i] = digests_get(seen, tests[i].digest, DIGEST, 0) != NULL;
    team_sum(found, all);
    for (size_t i = all; i-- > 0;)
        if (found[i] > 0) {
            leaks++;
            one = i;
        }
    if (digests_get(seen, tests[one].digest, DIGEST, 0))
        strcpy(before[team_rank()].name, digests_get(seen, tests[one].digest, DIGEST, 0));
    team_gather(before, 1, sizeof *before);
    while (r + 1 < ranks && !*before[r].name)
        r++;
    if (leaks > 0)
        diag_warn("%zu of %zu test clips are in both the training and the test stream, sample for sample: "
                  "the first is '%s', '%s' in training",
                  leaks, all, tests[one].name, before[r].name);
    free(found);
    free(before);
    free(tests);
    digests_free(seen);
}

static int check_test(const struct dataset *data, const struct dataset *test)
{
    if (test->channels != data->channels || test->rate < data->rate || test->rate > data->rate)
        return error_set("test clips have %d channels at %g Hz, training clips %d at %g Hz: load both alike",
                         test->channels, test->rate, data->channels, data->rate);
    warn_leaks(data, test);
    return 0;
}

/* A network of one length refuses what is longer, and pads what is shorter, which is told. */
static int check_lengths(int64_t longest, const struct dataset *data, const struct dataset *test)
{
    size_t clips = data->count + (test ? test->count : 0), shorter = 0;

    if (longest > 0 && test && test->samples > longest)
        return error_set(
            "test clips have up to %lld samples, training clips %lld, and the network takes no longer ones: "
            "load both with one cv-load -n",
            (long long)test->samples, (long long)longest);
    for (size_t i = 0; i < clips; i++)
        shorter += (i < data->count ? &data->clips[i] : &test->clips[i - data->count])->samples < longest;
    if (shorter > 0)
        diag_note("%zu of %zu clips are shorter than the longest, of %lld samples: padded with silence", shorter, clips,
                  (long long)longest);
    return 0;
}

/* Makes the folder of snapshots and keeps other runs out of it for as long as
 * this one goes; a file system that has no locks keeps nobody out. */
static int take_folder(struct history *h)
{
    const char *folder = h->run->options->snapshots;

    if (!folder || team_rank() > 0)
        return 0;
    if (mkdir(folder, 0777) && errno != EEXIST)
        return file_unmade(folder);
    h->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (h->folder < 0 && errno == ENOTDIR)
        return error_set("%s: is not a folder: name one for the snapshots", folder);
    if (h->folder < 0)
        return error_set("%s:", folder);
    if (flock(h->folder, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return error_set("%s: another run writes its snapshots there: wait for its end, or name another folder",
                         folder);
    return 0;
}

/* From the beginning, or from where the snapshot was taken. */
static int begin(struct history *h)
{
    const struct snapshot *from = h->run->resume;
    int status;

    h->epoch.number = 1;
    h->fitted = -1;
    status = (h->run->from && from_take(h->trainer, h->run->from)) || (from && resume(h)) || log_open(h) ? -1 : 0;
    if (team_agree(status))
        return -1;
    look_up(h);
    h->began = h->saved = h->now;
    if (!from)
        save_snapshot(h);
    else if (enough(h))
        diag_note("%s is the end of a finished run of %" PRId64 " epochs, whose model is written again: "
                  "to go on give a larger %s and --resume-anyway",
                  from->path, h->done,
                  patience_is_out(h)               ? "--patience"
                  : h->trainer->config.minutes > 0 ? "--time"
                                                   : "-e");
    else
        diag_note("going on from %s: epoch %" PRId64 ", step %" PRId64, from->path, h->epoch.number,
                  h->epoch.begun + 1);
    if (h->trainer->config.epochs > 0)
        h->resumed = train_progress(h, h->trainer->kind->begin_epoch(h->trainer, h->epoch.number));
    return 0;
}

static int run_epochs(struct history *h)
{
    int status = 0;

    while (status == 0 && !enough(h))
        status = run_epoch(h);
    if (status < 0)
        return -1;
    if (status == 1 && h->trainer->steps == 0) { /* nothing was learnt: no model */
        signal(h->stopped, SIG_DFL);
        raise(h->stopped);
    }
    if (status == 1) {
        diag_note("stopped by a signal after %" PRId64 " epochs, %" PRId64 " steps: writing the model as it is",
                  h->done, h->trainer->steps);
    } else if (patience_is_out(h)) {
        diag_note("no better on the test clips for %" PRId64 " epochs: ended, epoch %" PRId64 " was the best",
                  h->trainer->config.patience, h->best_epoch);
    }
    if (h->trainer->skipped > 0)
        diag_warn("%" PRId64 " steps were skipped, as loss or gradient were not finite", h->trainer->skipped);
    if (h->best_theta) {
        memcpy(h->trainer->params->theta, h->best_theta, h->trainer->params->total * sizeof *h->best_theta);
        h->fitted = -1;
    }
    return 0;
}

/* From a trainer to its model. */
static int run_all(struct history *h)
{
    if (check_lengths(h->trainer->longest, h->run->data, h->run->test) || begin(h) || run_epochs(h) || finish(h) ||
        (team_rank() == 0 && save_model(h)))
        return -1;
    return h->trouble ? error_set("the model is written, but see the errors above") : 0;
}

/* Before anything is computed. -1: with the reason. */
static int check(struct history *h)
{
    const struct train_run *run = h->run;

    if (run->data->count == 0)
        return error_set("has no clips: start fewer ranks than there are clips");
    return (team_rank() == 0 && model_save_check(run->options->output)) || (run->resume && resume_check_data(run)) ||
                   (run->from && from_check_data(run)) || take_folder(h)
               ? -1
               : 0;
}

int train(const struct train_run *run)
{
    struct history h = {.run = run, .folder = -1, .terminal = isatty(STDERR_FILENO) == 1};
    struct pool *pool;
    int status = -1;

    if (team_agree(check(&h)) || (run->test && team_agree(check_test(run->data, run->test))))
        return -1;
    pool = pool_new(team_threads((int)run->options->threads));
    for (int i = 0; i < CURVES; i++)
        h.curves[i] = meta_list();
    h.setup = -clock_now();
    h.trainer = trainer_new(&run->options->config, run->data, pool);
    h.setup += clock_now();
    catch_signals();
    if (!team_agree(h.trainer ? 0 : -1))
        status = run_all(&h);
    if (h.log && fclose(h.log) && !status)
        status = error_set("%s:", run->options->log);
    status = team_agree(status);
    if (h.folder >= 0)
        close(h.folder);
    free(h.best_theta);
    trainer_free(h.trainer);
    for (int i = 0; i < CURVES; i++)
        meta_free(h.curves[i]);
    pool_free(pool);
    return status;
}
