/* What was there before, known by its bytes: a table from the XXH3-128 of some bytes to a word. */
#ifndef IO_DIGESTS_H
#define IO_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

struct digests *digests_new(void);
void digests_free(struct digests *d); /* NULL is fine */

/* Where the word for these bytes is kept, until the next call: NULL if they are new, and the caller has to put one
 * there, which stays the caller's. seed tells apart the same bytes of different meaning. */
const char **digests_at(struct digests *d, const void *bytes, size_t size, uint64_t seed);

/* The word itself, NULL for bytes that were not there. */
const char *digests_get(const struct digests *d, const void *bytes, size_t size, uint64_t seed);

#endif
