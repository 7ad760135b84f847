/* Clips as bytes of their samples, over a table of digests. */
#include "io/audio_seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/digests.h"

struct audio_seen {
    struct digests *clips;
    char **names; /* of the files with clips */
    size_t names_count;
};

struct audio_seen *audio_seen_new(void)
{
    struct audio_seen *s = mem_zero(1, sizeof *s);

    s->clips = digests_new();
    return s;
}

void audio_seen_free(struct audio_seen *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->names_count; i++)
        free(s->names[i]);
    free(s->names);
    digests_free(s->clips);
    free(s);
}

/* A copy of the name, the same one for all clips of a file. */
static const char *name_of(struct audio_seen *s, const char *file)
{
    if (s->names_count > 0 && strcmp(s->names[s->names_count - 1], file) == 0)
        return s->names[s->names_count - 1];
    s->names = mem_grow(s->names, s->names_count + 1, sizeof *s->names);
    return s->names[s->names_count++] = mem_text(file);
}

static size_t bytes_of(int64_t channels, int64_t samples)
{
    return (size_t)(channels * samples) * sizeof(float);
}

const char *audio_seen_in(struct audio_seen *s, const float *x, int64_t channels, int64_t samples, const char *file)
{
    const char **first = digests_at(s->clips, x, bytes_of(channels, samples), (uint64_t)channels);

    if (*first != NULL)
        return *first;
    *first = name_of(s, file);
    return NULL;
}

const char *audio_seen_before(const struct audio_seen *s, const float *x, int64_t channels, int64_t samples)
{
    return digests_get(s->clips, x, bytes_of(channels, samples), (uint64_t)channels);
}
