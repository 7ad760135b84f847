/* A history (base/history.h) as commands for a shell. */
#ifndef BASE_RECIPE_H
#define BASE_RECIPE_H

#include <stdio.h>

#include "base/meta.h"

/* A word, in quotes where it needs them; the caller frees it. */
char *recipe_word(const char *text);

/* One entry as a command: each word means itself, whatever is in it. */
void recipe_entry(FILE *to, const struct meta *entry);

/* All of a history as a pipe, after comments on what is not in it, and on what else the head says of how it was made. */
void recipe_print(FILE *to, const struct meta *head, const struct meta *history);

#endif
