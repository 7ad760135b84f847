/* Turns file names into clip names and clip names into safe file names. */
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
