/* Names of clips and of files. */
#include "io/audio_name.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void test(char *(*f)(const char *), const char *from, const char *to)
{
    char *got = f(from);

    check(strcmp(got, to) == 0, "'%s' gives '%s'", from, got);
    free(got);
}

int main(void)
{
    char long_name[600], *safe;

    test(audio_name_stem, "jazz.00000.wav", "jazz.00000");
    test(audio_name_stem, "A.FLAC", "A");
    test(audio_name_stem, "take.5", "take.5");
    test(audio_name_stem, ".wav", ".wav");
    test(audio_name_stem, "wav", "wav");
    test(audio_name_safe, "a/b", "a_b");
    test(audio_name_safe, "../../x", "_._.._x");
    test(audio_name_safe, "-rf", "_rf");
    test(audio_name_safe, "a\nb\tc\x7f", "a_b_c_");
    test(audio_name_safe,
         "\xc2\x9b"
         "1m",
         "_1m");
    test(audio_name_safe, "\xff\xfe", "__");
    test(audio_name_safe, "", "clip");
    test(audio_name_safe, "caf\xc3\xa9 two", "caf\xc3\xa9 two");
    memset(long_name, 'x', 199);
    memcpy(long_name + 199, "\xc3\xa9 and more", sizeof "\xc3\xa9 and more");
    safe = audio_name_safe(long_name);
    check(strlen(safe) == 199, "a long name is cut between characters");
    free(safe);
    return check_done();
}
