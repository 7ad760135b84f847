/* Keeps the text of the last failure, one a thread. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { TEXT_SIZE = 4096 };

static _Thread_local char text[TEXT_SIZE];

int error_set(const char *format, ...)
{
    int cause = errno;
    char fresh[TEXT_SIZE]; /* the arguments may point into the old text */
    va_list args;

    va_start(args, format);
    text_format(fresh, sizeof fresh, cause, format, args);
    va_end(args);
    memcpy(text, fresh, strlen(fresh) + 1);
    return -1;
}

int error_prefix(const char *format, ...)
{
    char before[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(before, sizeof before, format, args);
    va_end(args);
    return error_set("%s: %s", before, text);
}

const char *error_text(void)
{
    return text;
}
