/* Fuzz target: text and file names from outside on their way to terminals and into directories. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/audio_name.h"

static void check_utf8(const char *p)
{
    while (*p) {
        int step = text_character(p);

        FUZZ_HOLDS(step > 0);
        p += step;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *name = mem_alloc(size + 1), *shown = mem_alloc(4 * size + 1), *file, *stem, *safe;
    size_t n;

    memcpy(name, data, size);
    name[size] = '\0';
    n = text_escape(shown, name);
    FUZZ_HOLDS(strlen(shown) == n && n <= 4 * size);
    for (size_t i = 0; i < n; i++)
        FUZZ_HOLDS((unsigned char)shown[i] >= 0x20 && shown[i] != 0x7f);
    file = text_valid(basename(name));
    check_utf8(file);
    FUZZ_HOLDS(!strchr(file, '/'));
    stem = audio_name_stem(file);
    FUZZ_HOLDS(strncmp(stem, file, strlen(stem)) == 0);
    safe = audio_name_safe(name);
    FUZZ_HOLDS(safe[0] != '\0' && safe[0] != '.' && safe[0] != '-' && !strchr(safe, '/') && strlen(safe) <= 200);
    for (size_t i = 0; safe[i]; i++)
        FUZZ_HOLDS((unsigned char)safe[i] >= 0x20 && safe[i] != 0x7f);
    free(file);
    free(stem);
    free(safe);
    free(shown);
    free(name);
    return 0;
}
