/* The page as HTML: what holds for all of it, and what is inlined in it. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>
#include <stdio.h>

/* From the first byte to the heading; title is any text. */
void page_begin(FILE *page, const char *title);

/* The listening test, with scripts on: of what page_audio puts as "recording-0", "reconstruction-0", "new-0" and so on. */
void page_test(FILE *page);

/* To the last byte. */
void page_end(FILE *page);

/* Any text as HTML, in an element or in quotes: what is not UTF-8 becomes U+FFFD, control characters are made visible. */
void page_text(FILE *page, const char *text);

/* An element of HTML around formatted text, as page_text writes it. */
void page_put(FILE *page, const char *element, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A cell of a table, with a figure or, where it is undefined, nothing. */
void page_figure(FILE *page, const char *format, double figure) __attribute__((format(printf, 2, 0)));

/* A picture and a player; bytes are released. about: what it is, for those who do not see it. */
void page_picture(FILE *page, unsigned char *png, size_t size, const char *about);
void page_audio(FILE *page, unsigned char *ogg, size_t size, const char *about, const char *id);

#endif
