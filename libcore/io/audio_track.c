/* Every end of a path, from its last part to the whole of it, is in a table, and marked when it ends another one too. */
#include "io/audio_track.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/audio_name.h"

enum kind { PATH, END, SHARED }; /* what an entry is: a whole path; an end of one; one of several */

/* The path from the root, whatever way it was spelled, without the ending; the name of a link stays. */
static char *whole_path(const char *path)
{
    const char *name = basename(path);
    char *folder = name > path ? mem_format("%.*s", (int)(name - path), path) : mem_text(".");
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

static void add(struct digests *known, const char *path)
{
    if (digests_first(known, path, strlen(path), PATH, path) != NULL)
        return;
    for (const char *end = basename(path); end != NULL; end = longer(path, end))
        if (digests_first(known, end, strlen(end), END, path) != NULL)
            digests_first(known, end, strlen(end), SHARED, path);
}

void audio_track_add(struct digests *known, const char *path)
{
    char *whole = whole_path(path);

    add(known, whole);
    free(whole);
}

char *audio_track_name(struct digests *known, const char *path)
{
    char *whole = whole_path(path), *name;
    const char *end = basename(whole);

    add(known, whole);
    while (end > whole && digests_get(known, end, strlen(end), SHARED) != NULL)
        end = longer(whole, end);
    name = mem_text(end);
    free(whole);
    return name;
}
