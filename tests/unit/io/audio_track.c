/* Names of tracks where files of one name come from several folders. */
#include "io/audio_name.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "check.h"

static void test(struct digests *d, const char *path, const char *wanted)
{
    char *name = audio_track_name(d, path);

    check(strcmp(name, wanted) == 0, "%s is %s, wanted %s", path, name, wanted);
    free(name);
}

int main(void)
{
    struct digests *d = digests_new();

    /* folders that are not there: the path is what it says */
    audio_track_add(d, "/no/x/song1/mix.wav");
    audio_track_add(d, "/no/x/song2/mix.wav");
    audio_track_add(d, "/no/y/song2/mix.wav");
    audio_track_add(d, "/no/y/song2/mix.flac");
    audio_track_add(d, "/no/y/song2/voice.wav");
    test(d, "/no/x/song1/mix.wav", "song1/mix");
    test(d, "/no/x/song2/mix.wav", "x/song2/mix");
    test(d, "/no/y/song2/mix.flac", "y/song2/mix");
    test(d, "/no/y/song2/mix.wav", "y/song2/mix");
    test(d, "/no/y/song2/voice.wav", "voice");
    test(d, "/no/z/late.wav", "late");
    test(d, "/no/zz/late.wav", "zz/late");
    test(d, "/no/z/bad\xff.wav", "bad\xff");
    test(d, "/no/z/noending", "noending");
    /* however it is spelled */
    if (chdir("/") == 0) {
        test(d, "tmp/../tmp/one.wav", "one");
        test(d, "/tmp/one.ogg", "one");
        test(d, "one.wav", "/one");
    }
    digests_free(d);
    return check_done();
}
