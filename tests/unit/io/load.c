/* Files into clips: what is cut, padded, left out and noted, and when the run ends. */
#include "io/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "io/audio_write.h"
#include "io/clip.h"

static char dir[] = "/tmp/io_load-XXXXXX";
static char *paths[3]; /* of 250, 100 and 250 samples; the last is the first again */
static int noted;

static void make(const char *path, int64_t samples)
{
    struct wav *w = wav_new(100, 1, 16, NULL);
    float x[250];
    const void *bytes;
    size_t size;

    for (int i = 0; i < 250; i++)
        x[i] = (float)(i % 50) / 100 - .25f;
    wav_put(w, x, samples, samples);
    bytes = wav_bytes(w, &size);
    if (file_save(path, bytes, size) < 0)
        exit(1);
    wav_free(w);
}

static void note(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got)
{
    (void)x;
    noted += channels == 1 && got <= samples;
    meta_set(meta, "noted", meta_int(got));
}

/* Loads these paths; the names and lengths of the clips as "NAME:SAMPLES ...", "" when the stream is not whole. */
static char *load_all(const struct load_options *o, int count, const char *const *which, int *status)
{
    static const char *const kinds[] = {"audio", NULL};
    int fd = temporary_open();
    struct load *l = load_new(o, fd);
    struct audio_clip c = {0};
    char *all = mem_text("");
    struct reader *r;
    int got = -1;

    for (int i = 0; i < count; i++)
        load_find(l, which[i]);
    check(load_run(l) == 0, "run");
    *status = load_end(l);
    lseek(fd, 0, SEEK_SET);
    r = reader_new(fd, "test");
    if (reader_start(r, kinds) == 0)
        while ((got = audio_clip_next(r, &c)) > 0) {
            char *more = mem_format("%s%s%s:%lld", all, *all ? " " : "", c.name, (long long)c.samples);

            free(all);
            all = more;
        }
    reader_free(r);
    if (got < 0)
        *all = '\0';
    return all;
}

static void test(const char *name, const struct load_options *o, int count, const char *const *which, int wanted_status,
                 const char *wanted)
{
    int status;
    char *got = load_all(o, count, which, &status);

    check(status == wanted_status && strcmp(got, wanted) == 0, "%s: status %d, %s", name, status, got);
    free(got);
}

int main(void)
{
    const char *three[3], *bad[3], *folder[] = {dir};

    if (mkdtemp(dir) == NULL)
        return 1;
    diag_set_quiet(true);
    for (int i = 0; i < 3; i++) {
        three[i] = paths[i] = mem_format("%s/%c.wav", dir, 'a' + i);
        make(paths[i], i == 1 ? 100 : 250);
    }
    bad[0] = paths[0];
    bad[1] = "/nonexistent/x.wav";
    bad[2] = paths[1];
    fclose(stderr); /* what is said of bad files is the Bats tests' */
    test("first clips", &(struct load_options){.rate = 100, .samples = 120}, 3, three, 0, "a:120 b:100 c:120");
    test("padded", &(struct load_options){.rate = 100, .samples = 120, .pad = true}, 3, three, 0, "a:120 b:120 c:120");
    test("all", &(struct load_options){.rate = 100, .samples = 120, .all = true}, 3, three, 0,
         "a-000:120 a-001:120 b-000:100 c-000:120 c-001:120");
    test("unique", &(struct load_options){.rate = 100, .samples = 250, .unique = true}, 3, three, 0, "a:250 b:100");
    test("an offset", &(struct load_options){.rate = 100, .samples = 250, .offset = 2}, 3, three, 1, "a:50 c:50");
    test("resampled", &(struct load_options){.rate = 200, .samples = 1000}, 3, three, 0, "a:500 b:200 c:500");
    test("a bad file", &(struct load_options){.rate = 100, .samples = 120}, 3, bad, 1, "a:120 b:100");
    test("strict", &(struct load_options){.rate = 100, .samples = 120, .strict = true}, 3, bad, 1, "");
    test("a folder", &(struct load_options){.rate = 100, .samples = 120, .recursive = true}, 1, folder, 0,
         "a:120 b:100 c:120");
    test("not looked into", &(struct load_options){.rate = 100, .samples = 120}, 1, folder, 1, "");
    test("another shard", &(struct load_options){.rate = 100, .samples = 120, .shard = 1, .shards = 1000000}, 3, three,
         0, "");
    test("less than a sample", &(struct load_options){.rate = .1, .samples = 5}, 3, three, 1, "");
    test("less than a sample, in parts", &(struct load_options){.rate = .1, .samples = 5, .part = 1}, 3, three, 1, "");
    test("nothing", &(struct load_options){.rate = 100, .samples = 120}, 0, NULL, -1, "");
    test("noted", &(struct load_options){.rate = 100, .samples = 120, .note = note}, 3, three, 0, "a:120 b:100 c:120");
    check(noted == 3, "three clips were noted");
    for (int i = 0; i < 3; i++) {
        unlink(paths[i]);
        free(paths[i]);
    }
    check(rmdir(dir) == 0, "nothing left behind");
    return check_done();
}
