/* What a program says to people: standard error only, one line each,
 * "cv-load: words". */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>

/* Sets the name that starts each line. */
void diag_name(const char *name);
const char *diag_program(void);

/* Quiet programs print errors only: no notes, no warnings, no progress. */
void diag_set_quiet(bool quiet);
bool diag_quiet(void);

/* Whether a line without an end stands on the terminal, which the next of these replaces. */
void diag_unfinished(bool stands);

/* In all of these a format ending in ':' gets strerror(errno) appended, and
 * control characters in the text are written as \n, \t or \xHH, so that a
 * file name cannot forge a line. */
void diag_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void diag_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));          /* "cv-load: warning: ..." */
void diag_error(const char *format, ...) __attribute__((format(printf, 1, 2)));         /* prints and goes on */
_Noreturn void diag_die(const char *format, ...) __attribute__((format(printf, 1, 2))); /* exit status 1 */
/* Exit status 2; names --help. */
_Noreturn void diag_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
