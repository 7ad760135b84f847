/* Worker threads. Work is cut into numbered tasks before it starts, never by
 * the number of threads; tasks of one run write to disjoint places. So results
 * are the same for any number of threads. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

struct pool;

/* threads >= 1 in total, the caller's among them; 0: one per processor this
 * process may use. Never NULL: where threads cannot be had, fewer are used. */
struct pool *pool_new(int threads);
int pool_threads(const struct pool *p); /* 1 for NULL */
void pool_free(struct pool *p);

/* Calls work(arg, task, worker) once for each task in 0..tasks-1, worker in
 * 0..pool_threads-1 (for scratch memory), and returns when all are done. A
 * NULL pool runs them in order in the caller. Not to be nested. */
void pool_run(struct pool *p, int tasks, void (*work)(void *arg, int task, int worker), void *arg);

#endif
