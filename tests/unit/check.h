/* A few lines for unit tests: each case prints "ok NAME" or "not ok NAME";
 * main ends with return check_done(). */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdarg.h>
#include <stdio.h>

static int check_passed, check_failed;

__attribute__((format(printf, 2, 3), unused)) static void check(int truth, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    printf(truth ? "ok " : "not ok ");
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    if (truth)
        check_passed++;
    else
        check_failed++;
}

__attribute__((unused)) static int check_done(void)
{
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed != 0 || check_passed == 0;
}

#endif
