/* The pool: every task once, by a worker of the pool, whatever the threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/pool.h"
#include "check.h"

enum { TASKS = 1000 };

struct job {
    int done[TASKS];
    int threads;
    atomic_int strangers;
    double sums[TASKS];
};

static void work(void *arg, int task, int worker)
{
    struct job *j = arg;
    double sum = 0;

    if (worker < 0 || worker >= j->threads)
        atomic_fetch_add(&j->strangers, 1);
    for (int i = 1; i < 50; i++)
        sum += 1.0 / (i + task);
    j->sums[task] = sum;
    j->done[task]++;
}

static void test_once(int threads)
{
    static struct job j, alone;
    struct pool *p = pool_new(threads);
    int good = 1;

    memset(&j, 0, sizeof j);
    memset(&alone, 0, sizeof alone);
    j.threads = pool_threads(p);
    alone.threads = 1;
    check(threads == 0 ? j.threads >= 1 : j.threads == threads, "%d asked for, %d threads", threads, j.threads);
    for (int run = 0; run < 20; run++)
        pool_run(p, TASKS, work, &j);
    for (int run = 0; run < 20; run++)
        pool_run(NULL, TASKS, work, &alone);
    for (int i = 0; i < TASKS; i++)
        good = good && j.done[i] == 20 && alone.done[i] == 20;
    check(good, "%d threads: each task once a run", j.threads);
    check(j.strangers == 0 && alone.strangers == 0, "%d threads: workers have their numbers", j.threads);
    check(memcmp(j.sums, alone.sums, sizeof j.sums) == 0, "%d threads: the same sums as alone", j.threads);
    pool_free(p);
}

/* Short runs of all small sizes: late workers must not touch the next run. */
static void test_many_short(void)
{
    static struct job j;
    struct pool *p = pool_new(4);
    int wanted[TASKS] = {0}, good = 1;

    memset(&j, 0, sizeof j);
    j.threads = 4;
    for (int run = 0; run < 20000; run++) {
        int tasks = run % 8;

        pool_run(p, tasks, work, &j);
        for (int i = 0; i < tasks; i++)
            wanted[i]++;
    }
    for (int i = 0; i < TASKS; i++)
        good = good && j.done[i] == wanted[i];
    check(good, "20000 short runs");
    pool_free(p);
}

/* Two tasks that wait for each other: done only if two threads run at once. */
static void meet(void *arg, int task, int worker)
{
    (void)task;
    (void)worker;
    pthread_barrier_wait(arg);
}

static void test_together(void)
{
    pthread_barrier_t barrier;
    struct pool *p = pool_new(2);

    pthread_barrier_init(&barrier, NULL, 2);
    for (int run = 0; run < 100; run++)
        pool_run(p, 2, meet, &barrier);
    check(1, "two tasks run at the same time");
    pool_free(p);
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    check(pool_threads(NULL) == 1, "no pool is one thread");
    pool_free(NULL);
    for (int threads = 0; threads < 5; threads++)
        test_once(threads);
    test_many_short();
    test_together();
    for (int i = 0; i < 200; i++)
        pool_free(pool_new(3));
    check(1, "200 pools that never worked");
    return check_done();
}
