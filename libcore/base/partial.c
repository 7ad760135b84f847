/* Removes at exit what is not whole. */
#include "base/partial.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

static char *partial;

static void partial_remove(void)
{
    if (partial)
        unlink(partial);
}

void partial_begin(const char *path)
{
    static bool registered;

    partial_done();
    partial = mem_text(path);
    if (!registered)
        registered = atexit(partial_remove) == 0 && at_quick_exit(partial_remove) == 0; /* the latter: mem_alloc */
}

void partial_done(void)
{
    free(partial);
    partial = NULL;
}
