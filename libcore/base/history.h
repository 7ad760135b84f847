/* How a stream or model was made: the list "history" in its head's meta. An entry is a run of a program as a list of
 * words, its name first, or, where streams follow each other, a list of their histories. A number in place of words
 * says how many operands are left out, being too long; a list among them is the name of a model's file and its history. */
#ifndef BASE_HISTORY_H
#define BASE_HISTORY_H

#include "base/meta.h"
#include "base/opt.h"

enum { HISTORY_OPERANDS = 64 << 10 }; /* bytes that the operands of a run may have */

/* For program_begin: options at their defaults; then as they were given, with the operands, which end in NULL. */
void history_begin(const struct program *p);
void history_given(const struct program *p, char *const *operands);

/* The value of an option, and of this into words: "-r", "3000". A flag that is off and a text that is not there are
 * none. */
struct meta *history_value(const struct opt *o);
void history_option(struct meta *words, int letter, const char *name, const struct meta *value);

/* Appends a run to the history in head; words NULL: this one, with the options that change what comes out and are not as
 * by default. words is released. A history that becomes too long is left out. */
void history_add(struct meta *head, struct meta *words);

/* Notes in the words of a run (NULL: of this one) how the model in that file was made, given its head; nothing where that
 * says nothing, no file is named, or models were made of models too often for a stream to hold. */
void history_model(struct meta *words, const char *path, const struct meta *head);

/* Puts the history of these streams and this run into head, of this run alone where streams is NULL. number: of the
 * segments that a filter writes of them, each of which has the history of all so far, from 1 on. */
void history_put(struct meta *head, const struct meta *streams, int64_t number);

/* Appends the history of one more stream, given its head, to a list of them; in place of those that it stands for. */
void history_more(struct meta *streams, const struct meta *head);

/* The history of these streams one after the other; NULL: one has none, or it is too long. */
struct meta *history_join(const struct meta *streams);

#endif
