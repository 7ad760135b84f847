/* Clips into a folder or into one file, and what is not replaced. */
#include "io/save.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "io/audio_read.h"

static char dir[] = "/tmp/io_save-XXXXXX";
static float x[300];

/* Samples of the file in dir, 0 when there is none. */
static int64_t samples_of(const char *name)
{
    char *path = mem_format("%s/%s", dir, name);
    struct audio *a = audio_open(path, 0, true);
    float y[1000];
    int64_t n = a ? audio_read(a, y, 1000) : 0;

    audio_close(a);
    free(path);
    return n;
}

static void gone(const char *name)
{
    char *path = mem_format("%s/%s", dir, name);

    check(unlink(path) == 0, "%s was there", name);
    free(path);
}

static void test_folder(void)
{
    struct save *s = save_new(dir, 16, false, false);
    char *foreign = mem_format("%s/b.wav", dir);

    file_save(foreign, "words", 5);
    check(save_put(s, "a", 8000, x, 1, 100) == 0 && save_put(s, "b", 8000, x, 1, 100) == 0 &&
              save_put(s, "a", 16000, x, 2, 150) == 0,
          "three clips");
    check(save_end(s, true) == 1, "one of them could not be written");
    check(samples_of("a.wav") == 100 && samples_of("a-2.wav") == 150 && samples_of("b.wav") == 0, "two are there");
    s = save_new(dir, 16, true, false);
    check(save_put(s, "b", 8000, x, 1, 200) == 0 && save_end(s, true) == 0 && samples_of("b.wav") == 200, "by force");
    gone("a.wav");
    gone("a-2.wav");
    gone("b.wav");
    free(foreign);
}

static void test_file(void)
{
    char *path = mem_format("%s/all.wav", dir), *flac = mem_format("%s/all.flac", dir);
    struct save *s = save_new(path, 24, false, false);

    check(save_put(s, "a", 8000, x, 1, 100) == 0 && save_put(s, "b", 8000, x, 1, 200) == 0 && access(path, F_OK) != 0,
          "nothing is there before the end");
    check(save_put(s, "c", 8000, x, 2, 100) < 0 && strstr(error_text(), "clip 'c' has 2 channels") != NULL,
          "unlike clips: %s", error_text());
    check(save_end(s, true) == 0 && samples_of("all.wav") == 300, "one after the other");
    s = save_new(path, 24, false, false);
    check(save_put(s, "a", 8000, x, 1, 100) == 0 && save_end(s, false) == 0 && samples_of("all.wav") == 300,
          "of a stream that is not whole nothing is made");
    s = save_new(path, 24, false, false);
    check(save_end(s, true) < 0 && strstr(error_text(), "no clip") != NULL, "without a clip: %s", error_text());
    file_save(path, "words", 5);
    check(save_new(path, 24, false, false) == NULL && strstr(error_text(), "-f") != NULL, "something else: %s",
          error_text());
    check(save_new(flac, 24, false, false) == NULL && strstr(error_text(), "name it .wav") != NULL, "%s", error_text());
    gone("all.wav");
    free(path);
    free(flac);
}

int main(void)
{
    if (mkdtemp(dir) == NULL)
        return 1;
    diag_set_quiet(true);
    for (int i = 0; i < 300; i++)
        x[i] = (float)(i % 20) / 20 - .5f;
    test_folder();
    test_file();
    check(rmdir(dir) == 0, "nothing else was made");
    return check_done();
}
