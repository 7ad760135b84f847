/* Lines for people on standard error, with control characters made visible. */
#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

enum { LINE_SIZE = 8192 };

static const char *program; /* NULL: by what name it was called */
static bool quiet;
static atomic_bool unfinished;

#if defined __SANITIZE_ADDRESS__
/* Whoever gives up leaves its memory to the system: that is no leak. */
static bool gave_up;

int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return gave_up;
}
#define GIVE_UP() (gave_up = true)
#else
#define GIVE_UP() ((void)0)
#endif

void diag_name(const char *name)
{
    program = name;
}

const char *diag_program(void)
{
    return program ? program : program_invocation_short_name;
}

void diag_set_quiet(bool wanted)
{
    quiet = wanted;
}

bool diag_quiet(void)
{
    return quiet;
}

void diag_unfinished(bool stands)
{
    unfinished = stands;
}

/* One line in one write, so that the lines of a pipeline do not mix. errno
 * is still that of the cause. */
static void line_print(const char *before, const char *format, va_list args, const char *after)
{
    char text[LINE_SIZE], line[4 * LINE_SIZE + 512];
    size_t n;

    text_format(text, sizeof text, errno, format, args);
    n = (size_t)snprintf(line, 256, "%s%.100s: %s", atomic_exchange(&unfinished, false) ? "\r\033[K" : "",
                         diag_program(), before);
    n += text_escape(line + n, text);
    n += (size_t)snprintf(line + n, 200, "%s\n", after);
    fflush(stderr);
    fd_put(STDERR_FILENO, line, n); /* its failure: nobody to tell */
}

void diag_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (!quiet)
        line_print("", format, args, "");
    va_end(args);
}

void diag_warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (!quiet)
        line_print("warning: ", format, args, "");
    va_end(args);
}

void diag_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_print("", format, args, "");
    va_end(args);
}

void diag_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_print("", format, args, "");
    va_end(args);
    GIVE_UP();
    exit(1);
}

void diag_usage(const char *format, ...)
{
    int cause = errno;
    char after[160];
    va_list args;

    snprintf(after, sizeof after, " (see %.100s --help)", diag_program());
    errno = cause;
    va_start(args, format);
    line_print("", format, args, after);
    va_end(args);
    GIVE_UP();
    exit(2);
}
