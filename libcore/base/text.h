/* Characters of UTF-8 text, and text made fit to be shown. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* Bytes of the character at p, which ends in NUL somewhere: 1 to 4, or 0 when
 * p does not begin a valid one (RFC 3629: no overlong form, no surrogate,
 * nothing over U+10FFFF). */
int text_character(const char *p);

/* A copy in which bytes that are not UTF-8, as names of files may have them, are U+FFFD. */
char *text_valid(const char *text);

/* The formatted words into text; a format ending in ':' gets " " and strerror(cause) appended. What is longer than size
 * (over 100 bytes) loses its middle: where and why stay. */
void text_format(char *text, size_t size, int cause, const char *format, va_list args);

/* Copies from to to, which has room for 4 bytes for each and a NUL, with
 * control characters (C0, and C1 as UTF-8 writes them) as \n, \t or \xHH, so
 * that a file name can neither forge a line nor command a terminal. Returns
 * the length. */
size_t text_escape(char *to, const char *from);

#endif
