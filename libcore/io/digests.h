/* What was there before, known by its bytes: trees from the XXH3-128 of some bytes to a word. */
#ifndef IO_DIGESTS_H
#define IO_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

enum { DIGEST = 16 }; /* bytes of one */

void digest_of(const void *bytes, size_t size, uint64_t seed, unsigned char digest[DIGEST]);

struct digests *digests_new(void);
void digests_free(struct digests *d); /* NULL is fine */

/* The word that was given with these bytes when they first came; d keeps it. NULL: they are new, and a copy of word is
 * kept for them, one for all that come with it, and at most a hundred bytes more. seed tells apart the same
 * bytes of different meaning. */
const char *digests_first(struct digests *d, const void *bytes, size_t size, uint64_t seed, const char *word);

/* The same without keeping anything. */
const char *digests_get(const struct digests *d, const void *bytes, size_t size, uint64_t seed);

#endif
