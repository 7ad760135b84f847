/* WAV writing: exact integers, no wrapping, the same bytes twice. */
#include "io/audio_write.h"

#include <math.h>
#include <signal.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "check.h"
#include "io/audio_opus.h"

static char dir[] = "/tmp/audio_write-XXXXXX";

/* Sound as Ogg Opus, where no file may grow; to be released. */
static unsigned char *opus_within(rlim_t most, size_t *size)
{
    static float x[24000];
    struct rlimit usual, limit;
    unsigned char *made;

    for (int i = 0; i < 24000; i++)
        x[i] = 0.5f * (float)sin(0.05 * i);
    getrlimit(RLIMIT_FSIZE, &usual);
    limit = usual;
    limit.rlim_cur = most < usual.rlim_cur ? most : usual.rlim_cur;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    made = opus_encode(x, 1, 24000, 24000, 48000, size);
    setrlimit(RLIMIT_FSIZE, &usual);
    return made;
}

/* libsndfile does not say what it could not write. */
static void test_opus(void)
{
    size_t m = 0, n = 0;
    unsigned char *a = opus_within(RLIM_INFINITY, &m), *b = opus_within(100, &n);

    check(a != NULL && m > 1000 && memcmp(a, "OggS", 4) == 0, "sound as Ogg Opus");
    check(b == NULL || (m == n && memcmp(a, b, n) == 0), "it is whole or there is none");
    free(a);
    free(b);
}

static void test_values(int bits, double step)
{
    float x[6] = {0, 1, -1, 0.25f, 1.5f, -1.5f};
    int want[6];
    SF_INFO info = {0};
    SNDFILE *file;
    double y[6], worst = 0;
    struct wav *w = wav_new(8000, 2, bits, NULL);
    size_t size;
    const void *bytes;
    char *path = mem_format("%s/v.wav", dir);

    for (int i = 0; i < 6; i++) {
        double limit = bits == 32 ? fabs(x[i]) : fmin(fabs(x[i]), 1);

        want[i] = (int)(x[i] < 0 ? -limit / step : fmin(limit, bits == 32 ? 9 : 1 - step) / step);
    }
    check(wav_put(w, x, 3, 3) == 0, "put %d bits", bits);
    bytes = wav_bytes(w, &size);
    check(file_save(path, bytes, size) == 0, "save %d bits", bits);
    file = sf_open(path, SFM_READ, &info);
    check(file != NULL && info.frames == 3 && info.channels == 2 && info.samplerate == 8000 &&
              sf_readf_double(file, y, 3) == 3,
          "%d bits: read back", bits);
    for (int i = 0; i < 6; i++) /* x is planar, the file is not */
        worst = fmax(worst, fabs(y[(i % 3) * 2 + i / 3] - want[i] * step));
    check(worst == 0, "%d bits: values, none of them wrapped (off by %g)", bits, worst);
    sf_close(file);
    wav_free(w);
    unlink(path);
    free(path);
}

static void test_same_bytes(int bits)
{
    static float x[70000];
    const void *a, *b;
    size_t m, n;
    struct wav *v = wav_new(22050, 1, bits, "maker"), *w = wav_new(22050, 1, bits, "maker");

    for (int i = 0; i < 70000; i++)
        x[i] = sinf(0.01f * (float)i);
    wav_put(v, x, 70000, 70000);
    wav_put(w, x, 30000, 30000);
    wav_put(w, x + 30000, 40000, 40000);
    a = wav_bytes(v, &m);
    b = wav_bytes(w, &n);
    check(m == n && memcmp(a, b, m) == 0 && m > 70000u * (unsigned)bits / 8, "%d bits: same input, same bytes", bits);
    check(memmem(a, 200, "PEAK", 4) == NULL, "%d bits: no chunk that holds the time of day", bits);
    wav_free(v);
    wav_free(w);
}

/* Taken bit by bit and headed at the end it is the same file. */
static void test_taken(int bits)
{
    static const float x[] = {0.5f, -0.25f, 0.125f};
    struct wav *whole = wav_new(8000, 1, bits, "maker"), *w = wav_new(8000, 1, bits, "maker");
    unsigned char got[1000], head[WAV_HEAD_MAX];
    size_t n, have = 0, size = 0;
    const void *bytes;

    for (int i = 0; i < 5; i++) {
        if (i > 0 && i < 4)
            wav_put(w, x + i - 1, 1, 1);
        size = i == 4 ? wav_end(w, head) : 0;
        bytes = wav_take(w, &n);
        memcpy(got + have, bytes, n);
        have += n;
    }
    memcpy(got, head, size);
    wav_put(whole, x, 3, 3);
    bytes = wav_bytes(whole, &n);
    check(n == have && memcmp(bytes, got, n) == 0, "%d bits: taken bit by bit", bits);
    wav_free(whole);
    wav_free(w);
}

static void test_maker(void)
{
    char *path = mem_format("%s/m.wav", dir);
    float x[2] = {0.1f, 0.2f};
    size_t size;
    struct wav *w = wav_new(8000, 1, 16, "maker");
    const void *bytes;

    wav_put(w, x, 2, 2);
    bytes = wav_bytes(w, &size);
    file_save(path, bytes, size);
    check(wav_made_by(path, "maker"), "maker known");
    check(!wav_made_by(path, "other") && !wav_made_by("/dev/null", "maker") && !wav_made_by(dir, "maker") &&
              !wav_made_by("/nonexistent", "maker"),
          "others not");
    wav_free(w);
    unlink(path);
    free(path);
}

int main(void)
{
    test_opus();
    if (mkdtemp(dir) == NULL)
        return 1;
    test_values(16, 0x1p-15);
    test_values(24, 0x1p-23);
    test_values(32, 0x1p-15);
    test_same_bytes(16);
    test_same_bytes(24);
    test_same_bytes(32);
    test_taken(16);
    test_taken(24);
    test_taken(32);
    test_maker();
    check(wav_new(8000, 100000, 16, NULL) == NULL, "too many channels: %s", error_text());
    check(rmdir(dir) == 0, "nothing left behind");
    return check_done();
}
