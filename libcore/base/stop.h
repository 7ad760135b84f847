/* Signals of which the first has a meaning and the second ends the program, as every signal does that nobody catches. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <signal.h>

/* Calls first (NULL: nothing) for the first signal of that number, from a handler and in place of what it interrupts, which
 * goes on after it. What was ignored when the program began stays so: nohup, and jobs that a shell put aside. */
void stop_first(int signal, void (*first)(void));

/* From stop_hold to stop_release signals of all kinds wait, in the calling thread: for what is done whole or not at all.
 * Not for what may wait for others, as a pipe. */
void stop_hold(sigset_t *before);
void stop_release(const sigset_t *before);

#endif
