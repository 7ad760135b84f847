/* Worker threads that claim numbered tasks from one atomic ticket.
 *
 * The ticket holds (tasks of this run, next task to claim). A claim is a
 * compare-and-swap of the whole ticket, so a worker that comes late can only
 * ever claim a task that is really there, and what the task needs (work, arg)
 * is read after the claim: until that task is done the caller cannot return
 * and change it. Workers without work spin for a moment, since a training
 * step runs the pool about a hundred times, and then sleep. */
#include "base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/machine.h"
#include "base/mem.h"

enum { SPIN_NANOSECONDS = 50000, THREADS_MAX = 1024 };

struct worker {
    struct pool *pool;
    pthread_t thread;
    int number;
};

struct pool {
    int threads;
    bool spin;
    struct worker *workers; /* threads - 1 */
    void (*work)(void *arg, int task, int worker);
    void *arg;
    _Alignas(64) _Atomic uint64_t ticket; /* tasks << 32 | next */
    _Alignas(64) atomic_int left;         /* tasks not done yet */
    _Alignas(64) atomic_int sleepers;     /* workers that wait for wake */
    atomic_bool caller_sleeps, quit;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
};

static inline void spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool ticket_open(uint64_t ticket)
{
    return (uint32_t)ticket < ticket >> 32;
}

/* Claims and does tasks until none is left. */
static void tasks_do(struct pool *p, int worker)
{
    uint64_t ticket = atomic_load(&p->ticket);

    while (ticket_open(ticket)) {
        if (!atomic_compare_exchange_weak(&p->ticket, &ticket, ticket + 1))
            continue;
        p->work(p->arg, (int)(uint32_t)ticket, worker);
        if (atomic_fetch_sub(&p->left, 1) == 1 && atomic_load(&p->caller_sleeps)) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->lock);
        }
        ticket = atomic_load(&p->ticket);
    }
}

static bool work_waits(struct pool *p)
{
    return ticket_open(atomic_load(&p->ticket)) || atomic_load(&p->quit);
}

static bool work_done(struct pool *p)
{
    return atomic_load(&p->left) == 0;
}

/* True as soon as ready is, false when it was not for SPIN_NANOSECONDS. */
static bool spin_until(struct pool *p, bool (*ready)(struct pool *))
{
    struct timespec start, now;

    if (ready(p))
        return true;
    if (!p->spin)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        for (int i = 0; i < 64; i++) {
            spin_pause();
            if (ready(p))
                return true;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000000000 + (now.tv_nsec - start.tv_nsec) < SPIN_NANOSECONDS);
    return false;
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;

    for (;;) {
        tasks_do(p, w->number);
        if (!spin_until(p, work_waits)) {
            /* First counted, then looked again: pool_run opens the ticket
             * first and looks at the count then, so one of the two sees. */
            pthread_mutex_lock(&p->lock);
            atomic_fetch_add(&p->sleepers, 1);
            while (!work_waits(p))
                pthread_cond_wait(&p->wake, &p->lock);
            atomic_fetch_sub(&p->sleepers, 1);
            pthread_mutex_unlock(&p->lock);
        }
        if (atomic_load(&p->quit))
            return NULL;
    }
}

struct pool *pool_new(int threads)
{
    struct pool *p;
    sigset_t all, old;
    int available = machine_processors();

    assert(threads >= 0);
    if (threads == 0)
        threads = available;
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    p = memset(mem_floats(sizeof *p / sizeof(float)), 0, sizeof *p); /* its cache lines want alignment */
    p->spin = threads <= available && available > 1;
    p->workers = mem_zero((size_t)threads, sizeof *p->workers);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->done, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the caller's thread */
    for (p->threads = 1; p->threads < threads; p->threads++) {
        struct worker *w = &p->workers[p->threads - 1];

        w->pool = p;
        w->number = p->threads;
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return p;
}

int pool_threads(const struct pool *p)
{
    return p ? p->threads : 1;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->quit, true);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads - 1; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
}

void pool_run(struct pool *p, int tasks, void (*work)(void *arg, int task, int worker), void *arg)
{
    assert(tasks >= 0);
    if (pool_threads(p) == 1 || tasks <= 1) {
        for (int i = 0; i < tasks; i++)
            work(arg, i, 0);
        return;
    }
    p->work = work;
    p->arg = arg;
    atomic_store(&p->left, tasks);
    atomic_store(&p->ticket, (uint64_t)tasks << 32);
    if (atomic_load(&p->sleepers) > 0) {
        pthread_mutex_lock(&p->lock);
        pthread_cond_broadcast(&p->wake);
        pthread_mutex_unlock(&p->lock);
    }
    tasks_do(p, 0);
    if (spin_until(p, work_done))
        return;
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->caller_sleeps, true);
    while (!work_done(p))
        pthread_cond_wait(&p->done, &p->lock);
    atomic_store(&p->caller_sleeps, false);
    pthread_mutex_unlock(&p->lock);
}
