/* One handler, which lets go of its signal when it is called. */
#include "base/stop.h"

#include <stddef.h>

static void (*called)(void);

static void on_signal(int number)
{
    (void)number;
    if (called)
        called();
}

void stop_first(int signal, void (*first)(void))
{
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, old;

    called = first;
    sigemptyset(&a.sa_mask);
    if (!sigaction(signal, NULL, &old) && old.sa_handler != SIG_IGN)
        sigaction(signal, &a, NULL);
}

void stop_hold(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, before);
}

void stop_release(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}
