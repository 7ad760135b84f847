/* A hash table with open addressing, at most half full. */
#include "io/audio_seen.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

struct entry {
    XXH128_hash_t digest;
    const char *file;     /* NULL: free */
};

struct audio_seen {
    struct entry *entries;
    size_t room, count;   /* room: a power of two */
    char **names;         /* of the files with entries */
    size_t names_count;
};

enum { ROOM = 64 };

struct audio_seen *audio_seen_new(void)
{
    struct audio_seen *s = mem_zero(1, sizeof *s);

    s->room = ROOM;
    s->entries = mem_zero(s->room, sizeof *s->entries);
    return s;
}

void audio_seen_free(struct audio_seen *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->names_count; i++)
        free(s->names[i]);
    free(s->names);
    free(s->entries);
    free(s);
}

/* Where that digest is, or would be. */
static struct entry *place(const struct audio_seen *s, XXH128_hash_t digest)
{
    size_t at = (size_t)digest.low64 & (s->room - 1);

    while (s->entries[at].file != NULL && !XXH128_isEqual(s->entries[at].digest, digest))
        at = (at + 1) & (s->room - 1);
    return &s->entries[at];
}

static void grow(struct audio_seen *s)
{
    struct entry *old = s->entries;
    size_t room = s->room;

    s->room = 2 * room;
    s->entries = mem_zero(s->room, sizeof *s->entries);
    for (size_t i = 0; i < room; i++)
        if (old[i].file != NULL)
            *place(s, old[i].digest) = old[i];
    free(old);
}

/* A copy of the name, the same one for all clips of a file. */
static const char *name_of(struct audio_seen *s, const char *file)
{
    if (s->names_count > 0 && strcmp(s->names[s->names_count - 1], file) == 0)
        return s->names[s->names_count - 1];
    s->names = mem_grow(s->names, s->names_count + 1, sizeof *s->names);
    return s->names[s->names_count++] = mem_text(file);
}

const char *audio_seen_in(struct audio_seen *s, const float *x, int64_t channels, int64_t samples,
                          const char *file)
{
    size_t bytes = (size_t)(channels * samples) * sizeof *x;
    XXH128_hash_t digest = XXH3_128bits_withSeed(x, bytes, (XXH64_hash_t)channels);
    struct entry *e = place(s, digest);

    if (e->file != NULL)
        return e->file;
    *e = (struct entry){ digest, name_of(s, file) };
    if (2 * ++s->count > s->room)
        grow(s);
    return NULL;
}
