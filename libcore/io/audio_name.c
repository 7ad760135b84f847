/* Names of tracks and of files. Every end of a path, from its last part to the whole of it, is in a table, and marked
 * when it ends another one too. */
#include "io/audio_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum { SAFE_MAX = 200 }; /* leaves room below the usual 255 for an ending and a temporary one */

/* Whether what follows the last dot of file is one of the words. */
static bool ends_in(const char *file, const char *const *words)
{
    const char *dot = strrchr(file, '.');

    if (dot == NULL || dot == file || dot[-1] == '/')
        return false;
    while (*words != NULL && strcasecmp(dot + 1, *words) != 0)
        words++;
    return *words != NULL;
}

static const char *const read_here[] = {"wav", "wave", "bwf", "rf64", "w64",  "aif", "aiff", "aifc", "au",
                                        "snd", "flac", "ogg", "oga",  "opus", "mp3", "mp2",  "caf",  "voc",
                                        "iff", "svx",  "sph", "nist", "sf",   "paf", "avr",  "xi",   NULL};

char *audio_name_stem(const char *file)
{
    char *stem = mem_text(file);

    if (ends_in(stem, read_here))
        *strrchr(stem, '.') = '\0';
    return stem;
}

bool audio_name_is_audio(const char *file)
{
    static const char *const others[] = {"m4a", "m4b", "aac", "wma", "ape", "wv", "tta", "mpc",
                                         "dsf", "dff", "amr", "mka", "ac3", "ra", "spx", NULL};

    return ends_in(file, read_here) || ends_in(file, others);
}

char *audio_name_safe(const char *clip)
{
    const unsigned char *s = (const unsigned char *)clip;
    char *name = mem_alloc(strlen(clip) + sizeof "clip"), *end = name;

    while (*s != '\0') {
        int n = text_character((const char *)s);
        int bad = n == 0 || *s < 0x20 || *s == 0x7f || *s == '/' || (*s == 0xc2 && s[1] < 0xa0) ||
                  (end == name && (*s == '.' || *s == '-'));

        if (end + (bad ? 1 : n) > name + SAFE_MAX)
            break;
        if (bad)
            *end++ = '_';
        else
            end = (char *)memcpy(end, s, (size_t)n) + n;
        s += n > 0 ? n : 1;
    }
    *end = '\0';
    if (end == name)
        strcpy(name, "clip");
    return name;
}

/* ---- tracks ---- */

enum kind { PATH, END, SHARED }; /* what an entry is: a whole path; an end of one; one of several */

/* The path from the root, whatever way it was spelled, without the ending; the name of a link stays. */
static char *whole_path(const char *path)
{
    const char *name = basename(path);
    char *folder = name > path ? mem_format("%.*s", (int)(name - path), path) : mem_text(".");
    char *real = mem_realpath(folder);
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
