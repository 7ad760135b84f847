/* A hash table with open addressing, at most half full. */
#include "io/digests.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

struct entry {
    XXH128_hash_t digest;
    const char *word; /* NULL: free */
};

struct digests {
    struct entry *entries;
    size_t room, count; /* room: a power of two */
    char **words;       /* all that were kept */
    size_t words_count;
};

enum { ROOM = 64 };

struct digests *digests_new(void)
{
    struct digests *d = mem_zero(1, sizeof *d);

    d->room = ROOM;
    d->entries = mem_zero(d->room, sizeof *d->entries);
    return d;
}

void digests_free(struct digests *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->words_count; i++)
        free(d->words[i]);
    free(d->words);
    free(d->entries);
    free(d);
}

/* Where that digest is, or would be. */
static struct entry *place(const struct digests *d, XXH128_hash_t digest)
{
    size_t at = (size_t)digest.low64 & (d->room - 1);

    while (d->entries[at].word != NULL && !XXH128_isEqual(d->entries[at].digest, digest))
        at = (at + 1) & (d->room - 1);
    return &d->entries[at];
}

static void grow(struct digests *d)
{
    struct entry *old = d->entries;
    size_t room = d->room;

    d->room = 2 * room;
    d->entries = mem_zero(d->room, sizeof *d->entries);
    for (size_t i = 0; i < room; i++)
        if (old[i].word != NULL)
            *place(d, old[i].digest) = old[i];
    free(old);
}

/* A copy of the word, or that of the time before. */
static const char *word_keep(struct digests *d, const char *word)
{
    if (d->words_count == 0 || strcmp(d->words[d->words_count - 1], word) != 0) {
        d->words = mem_grow(d->words, d->words_count + 1, sizeof *d->words);
        d->words[d->words_count++] = mem_text(word);
    }
    return d->words[d->words_count - 1];
}

const char *digests_first(struct digests *d, const void *bytes, size_t size, uint64_t seed, const char *word)
{
    XXH128_hash_t digest = XXH3_128bits_withSeed(bytes, size, seed);
    struct entry *e;

    if (2 * (d->count + 1) > d->room)
        grow(d);
    e = place(d, digest);
    if (e->word != NULL)
        return e->word;
    *e = (struct entry){digest, word_keep(d, word)};
    d->count++;
    return NULL;
}

const char *digests_get(const struct digests *d, const void *bytes, size_t size, uint64_t seed)
{
    return place(d, XXH3_128bits_withSeed(bytes, size, seed))->word;
}
