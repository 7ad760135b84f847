/* Reading of audio files: pieces against resampling at once, mixing, offsets,
 * what is wrong with files. */
#include "io/audio_read.h"

#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "check.h"
#include "io/audio_decode.h"

static char dir[] = "/tmp/audio_read-XXXXXX";

static char *path_of(const char *name)
{
    return mem_format("%s/%s", dir, name);
}

/* Writes x [frames, channels] as a float WAV, or in another format. */
static void make(const char *path, const float *x, int64_t frames, int channels, int rate, int format)
{
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = format};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);

    if (file == NULL || sf_writef_float(file, x, frames) != frames)
        check(0, "make %s", path);
    if (file != NULL)
        sf_close(file);
}

static float *make_noise(int64_t n, unsigned seed)
{
    float *x = mem_floats((size_t)n);
    unsigned s = seed;

    for (int64_t i = 0; i < n; i++) {
        s = s * 1664525u + 1013904223u;
        x[i] = (float)(s >> 8) / 16777216.0f - 0.5f + 0.3f * sinf(0.02f * (float)i);
    }
    return x;
}

/* Resampled in one go, planar; returns the length. */
static size_t at_once(const float *x, int64_t frames, int channels, double in, double out, float **y)
{
    size_t room = (size_t)((double)frames * out / in) + 16, made = 0;
    soxr_io_spec_t layout = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    float *both = mem_floats(room * (size_t)channels);

    soxr_oneshot(in, out, (unsigned)channels, x, (size_t)frames, NULL, both, room, &made, &layout, &quality, NULL);
    *y = mem_floats(made * (size_t)channels + 1);
    for (size_t i = 0; i < made; i++)
        for (int c = 0; c < channels; c++)
            (*y)[(size_t)c * made + i] = both[i * (size_t)channels + (size_t)c];
    free(both);
    return made;
}

static void test_resampling(const char *path, int64_t frames, int channels, int in, double out, int64_t piece)
{
    float *x = make_noise(frames * channels, (unsigned)frames), *wanted;
    float *got = mem_floats((size_t)(piece * channels));
    size_t length, at = 0;
    double worst = 0;
    int64_t n = 0;
    struct audio *a;

    make(path, x, frames, channels, in, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
    length = at_once(x, frames, channels, in, out, &wanted);
    a = audio_open(path, out, false, NULL, 0);
    while (a != NULL && (n = audio_read(a, got, piece)) > 0) {
        for (int c = 0; c < channels; c++)
            for (int64_t i = 0; i < n && at + (size_t)i < length; i++)
                worst = fmax(worst, fabs(got[c * piece + i] - wanted[(size_t)c * length + at + (size_t)i]));
        at += (size_t)n;
    }
    check(a != NULL && n == 0 && at == length && worst == 0,
          "%lld x %d channels, %d to %g Hz, %lld at a time: %zu samples (at once: %zu), difference %g",
          (long long)frames, channels, in, out, (long long)piece, at, length, worst);
    audio_close(a);
    free(x);
    free(wanted);
    free(got);
}

static void test_same_rate(const char *path)
{
    float *x = make_noise(3 * 50000, 7), *got = mem_floats(3 * 7000);
    double worst = 0;
    int64_t n, at = 0, tail = -1;
    struct audio *a;

    make(path, x, 50000, 3, 8000, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
    a = audio_open(path, 8000, false, NULL, 0);
    while (a != NULL && (n = audio_read(a, got, 7000)) > 0) {
        for (int c = 0; c < 3; c++)
            for (int64_t i = 0; i < n; i++)
                worst = fmax(worst, fabs(got[c * 7000 + i] - x[(at + i) * 3 + c]));
        tail = n;
        at += n;
    }
    check(at == 50000 && worst == 0 && tail == 1000, "same rate: nothing changes");
    check(got[0 * 7000 + 1000] == 0 && got[2 * 7000 + 6999] == 0, "rows are zero beyond the end");
    audio_close(a);
    a = audio_open(path, 0, true, NULL, 0);
    worst = 0;
    if (a != NULL && a->channels == 1 && a->source_channels == 3 && a->source_rate == 8000 &&
        audio_read(a, got, 7000) == 7000)
        for (int64_t i = 0; i < 7000; i++)
            worst = fmax(worst, fabs(got[i] - ((double)x[3 * i] + x[3 * i + 1] + x[3 * i + 2]) / 3));
    else
        worst = 1;
    check(worst < 1e-7, "mono is the mean of the channels");
    audio_close(a);
    free(x);
    free(got);
}

static void test_offset(const char *path, int format, const char *name)
{
    float *x = make_noise(2 * 40000, 9), *whole = mem_floats(40000), *part = mem_floats(40000);
    struct audio *a;
    double worst = 1;

    make(path, x, 40000, 2, 16000, format);
    a = audio_open(path, 0, true, NULL, 0);
    if (a != NULL && audio_read(a, whole, 40000) == 40000) {
        audio_close(a);
        a = audio_open(path, 0, true, NULL, 0);
        if (a != NULL && audio_seek(a, 1.25) == 0 && audio_read(a, part, 30000) == 20000)
            worst = 0;
        for (int64_t i = 0; i < 20000; i++)
            worst = fmax(worst, fabs(part[i] - whole[20000 + i]));
    }
    check(worst < 1e-6, "offset into %s (difference %g)", name, worst);
    audio_close(a);
    a = audio_open(path, 0, true, NULL, 0);
    check(a != NULL && audio_seek(a, 2.5) < 0 && strstr(error_text(), "2.5") != NULL, "offset at the end of %s: %s",
          name, error_text());
    audio_close(a);
    free(x);
    free(whole);
    free(part);
}

static void test_refused(const char *path, const char *words, const char *name)
{
    struct audio *a = audio_open(path, 3000, true, NULL, 0);
    float x[64];
    int bad = a == NULL || audio_read(a, x, 64) < 0;

    check(bad && strstr(error_text(), words) != NULL, "%s refused: %s", name, error_text());
    audio_close(a);
}

static void test_bad_files(const char *path)
{
    static float x[4000];
    float y[64];
    struct audio *a;
    int64_t n;
    FILE *f;

    test_refused("/nonexistent/file.wav", "No such file", "missing file");
    test_refused("/tmp/", "is a directory", "directory");
    test_refused("/dev/null", "is a device", "device");
    f = fopen(path, "w");
    fclose(f);
    test_refused(path, "is empty", "empty file");
    f = fopen(path, "w");
    fputs("these are words, not sounds; and some more of them to fill a header\n", f);
    fclose(f);
    test_refused(path, "not an audio file", "text");
    make(path, x, 0, 1, 8000, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
    test_refused(path, "holds no samples", "file without samples");
    x[1234] = NAN;
    make(path, x, 2000, 2, 3000, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
    a = audio_open(path, 3000, false, NULL, 0);
    check(a != NULL && audio_read(a, y, 32) < 0 && strstr(error_text(), "sample 617") != NULL &&
              strstr(error_text(), "channel 1") != NULL,
          "not a number: %s", error_text());
    audio_close(a);
    for (int i = 0; i < 4000; i++)
        x[i] = 20000.0f * sinf(0.1f * (float)i);
    make(path, x, 4000, 1, 8000, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
    a = audio_open(path, 3000, true, NULL, 0);
    n = a != NULL ? audio_read(a, y, 64) : -1;
    check(n == 64 && a->complaint != NULL, "scaled wrongly: %s",
          n == 64 && a->complaint != NULL ? a->complaint : "no complaint");
    audio_close(a);
}

/* Puts other bytes where those stand first in a file. */
static void patch(const char *path, const char *mark, size_t skip, const void *with, size_t n)
{
    static char all[1 << 16];
    FILE *f = fopen(path, "r+");
    size_t size = f != NULL ? fread(all, 1, sizeof all, f) : 0;
    char *at = memmem(all, size, mark, strlen(mark));

    check(at != NULL && fseek(f, at - all + (long)skip, SEEK_SET) == 0 && fwrite(with, 1, n, f) == n, "%s is patched",
          mark);
    if (f != NULL)
        fclose(f);
}

static void test_complaint(const char *path, const char *words)
{
    struct audio *a = audio_open(path, 0, true, NULL, 0);

    check(a != NULL && a->complaint != NULL && strstr(a->complaint, words) != NULL, "%s: %s", words,
          a == NULL              ? error_text()
          : a->complaint == NULL ? "no complaint"
                                 : a->complaint);
    audio_close(a);
}

/* Headers that say less than there is, of samples that can be read without them and of others. */
static void test_wrong_headers(const char *path)
{
    static const int plain[] = {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_WAV | SF_FORMAT_ALAW,
                                SF_FORMAT_WAV | SF_FORMAT_PCM_U8, SF_FORMAT_WAV | SF_FORMAT_PCM_32,
                                SF_FORMAT_WAV | SF_FORMAT_DOUBLE, SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG};
    float *x = make_noise(4000, 5);
    FILE *f;

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        make(path, x, 4000, 1, 8000, plain[i]);
        patch(path, "data", 4, plain[i] & SF_ENDIAN_BIG ? "\0\0\4\0" : "\0\4\0\0", 4);
        test_complaint(path, "has a header that is wrong about its length");
    }
    make(path, x, 4000, 1, 8000, SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM);
    patch(path, "data", 4, "\0\1\0\0", 4);
    test_complaint(path, "bytes behind the samples that its header counts: they are not read");
    f = fopen(path, "w");
    fwrite("ID3\3\0\0\0\0\1\0", 1, 10, f);
    fwrite(x, 1, 128, f);
    fclose(f);
    test_refused(path, "ends within the tags before its samples", "tags alone");
    free(x);
}

/* Adds frames of MPEG to a file, of 104 bytes without sound at 44.1 kHz, or of other headers and sizes. */
static void frames(FILE *f, int count, const char *header, size_t size)
{
    char frame[500] = "";

    memcpy(frame, header, 4);
    for (int i = 0; i < count; i++)
        fwrite(frame, 1, size, f);
}

static const char layer3[] = "\xff\xfb\x10\xc0";

/* What is said of count frames, then bytes from others on (NULL: zeros), then more frames. "": nothing, NULL: refused. */
static void test_mpeg(const char *path, const char *name, int count, const char *bytes, size_t n, int more,
                      const char *words)
{
    static const char zeros[5000];
    struct audio *a;
    FILE *f = fopen(path, "w");
    const char *says;
    float x[64];

    frames(f, count, layer3, 104);
    fwrite(bytes != NULL ? bytes : zeros, 1, n, f);
    if (bytes != NULL && n < 10)
        fwrite(zeros, 1, sizeof zeros, f);
    frames(f, more, layer3, 104);
    fclose(f);
    a = audio_open(path, 0, true, NULL, 0);
    while (a != NULL && audio_read(a, x, 64) > 0)
        ;
    says = a == NULL ? error_text() : a->complaint != NULL ? a->complaint : "";
    check(words == NULL ? a == NULL : a != NULL && strstr(says, words) != NULL && (*words || !*says), "%s: %s", name,
          says);
    audio_close(a);
}

static void test_mpegs(const char *path)
{
    static const char info[] = "\xff\xfb\x10\xc0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Info\0\0\0\0",
                      xing[] = "\xff\xfb\x10\xc0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Xing\0\0\0\1\0\0\0\xff";
    char frame[2][104] = {{0}};

    memcpy(frame[0], info, sizeof info);
    memcpy(frame[1], xing, sizeof xing);
    test_mpeg(path, "MPEG", 10, NULL, 0, 0, "");
    test_mpeg(path, "two frames", 2, NULL, 0, 0, "");
    test_mpeg(path, "two frames and a rest", 2, NULL, 50, 0, NULL);
    test_mpeg(path, "a frame before others", 1, NULL, 500, 10, "");
    test_mpeg(path, "two frames before others", 2, NULL, 500, 40, NULL);
    test_mpeg(path, "zeros behind", 10, NULL, 5000, 0, "is damaged: 5000 bytes in it are no sound");
    test_mpeg(path, "a tag behind", 10, "APETAG", 6, 0, "");
    test_mpeg(path, "words behind", 10, "Lyrics", 6, 0, "bytes in it are no sound");
    test_mpeg(path, "zeros between", 10, NULL, 300, 10, "is damaged: 300 bytes in it are no sound");
    test_mpeg(path, "a header without a count", 0, frame[0], sizeof *frame, 10, "");
    test_mpeg(path, "a header with one that is too large", 0, frame[1], sizeof *frame, 10, "is cut short");
    test_mpeg(path, "frames of no layer", 0, "\xff\xf9\x10\xc0", 4, 0, NULL);
    test_mpeg(path, "a byte of a frame", 0, "\xff\x01\x10\xc0", 4, 0, NULL);
}

static void test_raw(void)
{
    static const char *const bad[] = {"",           "s16",           "s17,8000,1",  "s16,0,1",
                                      "s16,8000,0", "s16,8000,1025", "s16,8000,1,", "s16,8000,1x",
                                      "s16,8000",   "u8,1e3,1",      "f32,-1,1",    "s16,8000,-1"};
    static const char *const good[] = {"u8,1,1", "s16,22050,2", "s24,8000,1024", "s32,9999999,1", "f32,3000,1"};
    struct audio_raw raw;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(audio_raw_parse(bad[i], &raw) < 0 && strstr(error_text(), "CODING,RATE,CHANNELS"), "not '%s'", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check(audio_raw_parse(good[i], &raw) == 0, "'%s'", good[i]);
}

/* A file that is shorter than its header says: read to where it ends. */
static void test_cut(const char *path, int format, const char *name)
{
    float *x = make_noise(8000, 3), *y = mem_floats(8000);
    struct audio *a;
    int64_t n;

    make(path, x, 8000, 1, 8000, format);
    a = audio_open(path, 0, true, NULL, 0);
    n = a != NULL ? audio_read(a, y, 8000) : -1;
    check(n == 8000 && a->complaint == NULL, "whole %s: no complaint", name);
    audio_close(a);
    if (truncate(path, 9000) < 0)
        check(0, "truncate");
    a = audio_open(path, 0, true, NULL, 0);
    n = a != NULL ? audio_read(a, y, 8000) : -1;
    check(n > 0 && n < 8000 && a->complaint != NULL, "cut %s: %lld samples; %s", name, (long long)n,
          n > 0 && a->complaint != NULL ? a->complaint : "no complaint");
    audio_close(a);
    free(x);
    free(y);
}

int main(void)
{
    char *path;

    if (mkdtemp(dir) == NULL)
        return 1;
    path = path_of("x.wav");
    test_resampling(path, 100000, 1, 22050, 3000, 90001);
    test_resampling(path, 100000, 1, 22050, 3000, 1000);
    test_resampling(path, 100001, 2, 44100, 3000, 777);
    test_resampling(path, 48000, 6, 48000, 3000, 4096);
    test_resampling(path, 20000, 1, 8000, 22050, 9999);
    test_resampling(path, 20000, 2, 8000, 3000.5, 100);
    test_resampling(path, 40000, 1, 3000, 2999, 40000);
    test_resampling(path, 5, 1, 8000, 3000, 10);
    test_resampling(path, 1, 1, 8000, 8001, 10);
    test_same_rate(path);
    test_offset(path, SF_FORMAT_WAV | SF_FORMAT_PCM_24, "WAV");
    test_offset(path, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, "FLAC");
    test_offset(path, SF_FORMAT_OGG | SF_FORMAT_VORBIS, "OGG");
    test_offset(path, SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, "MP3");
    test_bad_files(path);
    test_wrong_headers(path);
    test_mpegs(path);
    test_raw();
    test_cut(path, SF_FORMAT_WAV | SF_FORMAT_PCM_16, "WAV");
    test_cut(path, SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG, "RIFX");
    test_cut(path, SF_FORMAT_AIFF | SF_FORMAT_PCM_16, "AIFF");
    test_cut(path, SF_FORMAT_AU | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG, "AU");
    test_cut(path, SF_FORMAT_RF64 | SF_FORMAT_PCM_16, "RF64");
    test_cut(path, SF_FORMAT_W64 | SF_FORMAT_PCM_16, "W64");
    test_cut(path, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, "FLAC");
    unlink(path);
    rmdir(dir);
    free(path);
    return check_done();
}
