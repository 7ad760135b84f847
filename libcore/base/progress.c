/* A line that is rewritten. */
#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"

static const double long_job = 2, pause_seconds = 0.2;

static double seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress(const char *job, int64_t done, int64_t all)
{
    static const char *last;
    static double began, shown; /* 0: not yet */
    double now, spent, left;

    if (diag_quiet() || !isatty(STDERR_FILENO))
        return;
    now = seconds_now();
    if (job != last)
        began = now;
    last = done == all ? NULL : job;
    spent = now - began;
    left = done > 0 && all > 0 ? spent * (double)(all - done) / (double)done : 0;
    if (done == all && shown > 0) {
        fputs("\r\033[K", stderr);
        shown = 0;
    } else if (done != all && spent + left > long_job && now - shown > pause_seconds) {
        fprintf(stderr, "\r\033[K%s: %" PRId64, job, done);
        if (all > 0)
            fprintf(stderr, " of %" PRId64 ", %.0f s left", all, left);
        shown = now;
    }
    fflush(stderr);
}

struct run {
    const char *job;
    int tasks;
    void (*work)(void *arg, int task, int worker);
    void *arg;
};

static void run_task(void *arg, int task, int worker)
{
    const struct run *r = arg;

    if (worker == 0) /* the thread of the caller */
        progress(r->job, task, r->tasks);
    r->work(r->arg, task, worker);
}

void progress_run(struct pool *pool, const char *job, int tasks, void (*work)(void *arg, int task, int worker),
                  void *arg)
{
    struct run r = {job, tasks, work, arg};

    pool_run(pool, tasks, run_task, &r);
    progress(job, tasks, tasks);
}
