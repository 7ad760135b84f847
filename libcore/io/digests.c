/* Two trees of glibc: digests, and the words that they came with. */
#include "io/digests.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/diag.h"
#include "base/mem.h"

struct known {
    XXH128_hash_t digest;
    const char *word;
};

struct digests {
    void *entries, *words;
};

static int compare_entries(const void *a, const void *b)
{
    return XXH128_cmp(a, b); /* the digest comes first */
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

void digest_of(const void *bytes, size_t size, uint64_t seed, unsigned char digest[DIGEST])
{
    XXH128_canonical_t c;

    XXH128_canonicalFromHash(&c, XXH3_128bits_withSeed(bytes, size, seed));
    memcpy(digest, &c, DIGEST);
}

struct digests *digests_new(void)
{
    return mem_zero(1, sizeof(struct digests));
}

void digests_free(struct digests *d)
{
    if (d == NULL)
        return;
    tdestroy(d->entries, free);
    tdestroy(d->words, free);
    free(d);
}

/* A copy of what is there in the tree, which is made where there is none. */
static void *keep(void **tree, const void *wanted, size_t size, int (*compare)(const void *, const void *))
{
    void **found = tsearch(wanted, tree, compare);

    if (found == NULL)
        diag_die("out of memory: no room for a digest");
    if (*found == wanted)
        *found = memcpy(mem_alloc(size), wanted, size);
    return *found;
}

const char *digests_first(struct digests *d, const void *bytes, size_t size, uint64_t seed, const char *word)
{
    struct known new = {XXH3_128bits_withSeed(bytes, size, seed), NULL}, *e;

    e = keep(&d->entries, &new, sizeof new, compare_entries);
    if (e->word != NULL)
        return e->word;
    e->word = keep(&d->words, word, strlen(word) + 1, compare_words);
    return NULL;
}

const char *digests_get(const struct digests *d, const void *bytes, size_t size, uint64_t seed)
{
    struct known wanted = {XXH3_128bits_withSeed(bytes, size, seed), NULL}, **e;

    e = tfind(&wanted, &d->entries, compare_entries);
    return e != NULL ? (*e)->word : NULL;
}
