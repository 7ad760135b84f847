/* The text of the last failure, one line, kept for whoever prints it.
 * Library functions that can fail for a cause outside the program (input,
 * file, format, disk) return -1 or NULL and leave the reason here. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/* Keeps the formatted text and returns -1. A format ending in ':' gets
 * " " and strerror(errno) appended. Each thread has its own text. */
int error_set(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Puts the formatted words and ": " before the text kept; returns -1. */
int error_prefix(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The text kept by this thread, "" when there is none. */
const char *error_text(void);

#endif
