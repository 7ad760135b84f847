/* A line that is rewritten, or one a minute. */
#include "base/progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"

static const double long_job = 2, pause_terminal = 0.2, pause_elsewhere = 60;

double clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool in_pipe(void)
{
    struct stat s;

    return fstat(STDOUT_FILENO, &s) == 0 && S_ISFIFO(s.st_mode);
}

static void show(const char *job, int64_t done, int64_t all, double left)
{
    fprintf(stderr, "%s: %" PRId64, job, done);
    if (all > 0)
        fprintf(stderr, " of %" PRId64, all);
    if (left > 0)
        fprintf(stderr, ", %.0f s left", left);
}

void progress(const char *job, int64_t done, int64_t all)
{
    static const char *last;
    static double began, shown; /* shown 0: not yet on a terminal */
    static double line = -1;    /* when the last was written elsewhere, or all began */
    double now, spent, left;
    bool terminal;

    if (diag_quiet() || in_pipe())
        return;
    terminal = isatty(STDERR_FILENO) == 1;
    now = clock_now();
    if (job != last)
        began = now;
    if (line < 0)
        line = now;
    last = done == all ? NULL : job;
    spent = now - began;
    left = done > 0 && all > 0 ? spent * (double)(all - done) / (double)done : 0;
    if (!terminal) {
        if (done != all && now - line >= pause_elsewhere) {
            show(job, done, all, left);
            fputc('\n', stderr);
            line = now;
        }
    } else if (done == all && shown > 0) {
        fputs("\r\033[K", stderr);
        diag_unfinished(false);
        shown = 0;
    } else if (done != all && spent + left > long_job && now - shown > pause_terminal) {
        fputs("\r\033[K", stderr);
        show(job, done, all, left);
        diag_unfinished(true);
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
