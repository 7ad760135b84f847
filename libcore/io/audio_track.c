/* Every end of a path, from its last part to the whole of it, is in a table with the path that it belongs to. */
#include "io/audio_track.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/audio_name.h"
#include "io/digests.h"

struct audio_tracks {
    struct digests *ends;
    char **paths; /* whole, as the table has them */
    size_t count;
};

static const char several[] = ""; /* an end of more than one path */

struct audio_tracks *audio_tracks_new(void)
{
    struct audio_tracks *t = mem_zero(1, sizeof *t);

    t->ends = digests_new();
    return t;
}

void audio_tracks_free(struct audio_tracks *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->count; i++)
        free(t->paths[i]);
    free(t->paths);
    digests_free(t->ends);
    free(t);
}

/* The path from the root, whatever way it was spelled, without the ending; the name of a link stays. */
static char *whole_path(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char *folder = mem_format("%.*s", slash != NULL ? (int)(slash - path) + 1 : 1, slash != NULL ? path : ".");
    char *real = realpath(folder, NULL);
    char *whole = real != NULL ? mem_format("%s/%s", strcmp(real, "/") == 0 ? "" : real, name) : mem_text(path);
    char *stem = audio_name_stem(whole);

    free(folder);
    free(real);
    free(whole);
    return stem;
}

/* The next longer end of the path, NULL after the whole of it. */
static const char *longer(const char *path, const char *end)
{
    if (end == path)
        return NULL;
    for (end--; end > path && end[-1] != '/'; end--)
        ;
    return end;
}

static const char *shortest(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void add(struct audio_tracks *t, char *path)
{
    const char *first = digests_get(t->ends, path, strlen(path), 1);

    if (first != NULL) {
        free(path);
        return;
    }
    t->paths = mem_grow(t->paths, t->count + 1, sizeof *t->paths);
    t->paths[t->count++] = path;
    *digests_at(t->ends, path, strlen(path), 1) = path;
    for (const char *end = shortest(path); end != NULL; end = longer(path, end)) {
        const char **owner = digests_at(t->ends, end, strlen(end), 0);

        *owner = *owner == NULL ? path : several;
    }
}

void audio_tracks_add(struct audio_tracks *t, const char *path)
{
    add(t, whole_path(path));
}

char *audio_tracks_name(struct audio_tracks *t, const char *path)
{
    char *whole = whole_path(path), *name;
    const char *end;

    add(t, mem_text(whole));
    for (end = shortest(whole); end > whole; end = longer(whole, end)) {
        const char *owner = digests_get(t->ends, end, strlen(end), 0);

        if (owner != NULL && strcmp(owner, whole) == 0)
            break;
    }
    name = audio_name_text(end);
    free(whole);
    return name;
}
