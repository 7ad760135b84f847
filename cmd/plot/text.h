/* Words that come from outside, made fit to be drawn. */
#ifndef PLOT_TEXT_H
#define PLOT_TEXT_H

#include <stddef.h>

#include "canvas.h"

/* A copy (the caller frees it) that is valid UTF-8 without control characters: what is not becomes U+FFFD. Of more than
 * most bytes (at least 6) the middle is left out. */
char *text_clean(const char *text, size_t most);

/* A copy of clean text no wider than width in the font now chosen, the middle
 * left out where needed; "" when nothing fits. */
char *text_fit(struct canvas *c, const char *clean, double width);

/* "-0.25", no "-0"; significant digits as %.*g has them. */
void text_number(char *buffer, size_t size, double value, int digits);

#endif
