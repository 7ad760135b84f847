/* Characters of UTF-8 text. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/* Bytes of the character at p, which ends in NUL somewhere: 1 to 4, or 0 when
 * p does not begin a valid one (RFC 3629: no overlong form, no surrogate,
 * nothing over U+10FFFF). */
int text_character(const char *p);

#endif
