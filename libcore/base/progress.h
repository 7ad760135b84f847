/* How far a long job is, for people at a terminal. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdint.h>

#include "base/pool.h"

/* Seconds since some time before the program began, whatever people set the clock to. */
double clock_now(void);

/* So many of all are done of a job of that name, as "levels of clips"; all 0: nobody knows how many there are. Shown on
 * standard error unless the program is quiet or writes to a pipe, as then the next program has something to show: on a
 * terminal in a line of its own, from the time on at which it looks like more than 2 s, which goes when done is all;
 * elsewhere a line once a minute. One job at a time, from one thread at a time. */
void progress(const char *job, int64_t done, int64_t all);

/* pool_run, with the progress of its tasks. */
void progress_run(struct pool *pool, const char *job, int tasks, void (*work)(void *arg, int task, int worker),
                  void *arg);

#endif
