/* Signals of which the first has a meaning and the second ends the program, as every signal does that nobody catches. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

/* Calls first (NULL: nothing) for the first signal of that number, from a handler and in place of what it interrupts, which
 * goes on after it. What was ignored when the program began stays so: nohup, and jobs that a shell put aside. */
void stop_first(int signal, void (*first)(void));

#endif
