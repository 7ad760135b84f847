/* Where samples and files end, in files made by hand. */
#include "io/audio_extent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "check.h"

static unsigned char file[20000];
static size_t size;

static void put(const char *bytes, size_t count)
{
    memcpy(file + size, bytes, count);
    size += count;
}

static void number(uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++)
        file[size++] = (unsigned char)(x >> 8 * i);
}

static void fill(int value, size_t count)
{
    memset(file + size, value, count);
    size += count;
}

/* A WAV whose header says so many bytes of samples, with others behind it. */
static void wav(uint32_t promised, size_t there)
{
    put("RIFF", 4);
    number(36 + promised, 4);
    put("WAVEfmt ", 8);
    number(16, 4);
    fill(1, 16);
    put("data", 4);
    number(promised, 4);
    fill(0x80, there);
}

static void page(int flags, int body)
{
    put("OggS", 5);
    number((uint64_t)flags, 1);
    fill(0, 20);
    number(1, 1);
    number((uint64_t)body, 1);
    fill(0x55, (size_t)body);
}

static struct audio_file written(void)
{
    int fd = temporary_open();

    if (fd < 0 || write(fd, file, size) != (ssize_t)size)
        exit(1);
    return (struct audio_file){.fd = fd};
}

static void test_from(int64_t start, const char *name, int64_t promised, int64_t there, int64_t next)
{
    struct audio_file f = written();
    struct audio_extent e = audio_extent(&f, 0, (int64_t)size);

    check(e.start == start && e.promised == promised && e.there == there && e.next == next,
          "%s: from %lld, %lld promised, %lld there, next at %lld", name, (long long)e.start, (long long)e.promised,
          (long long)e.there, (long long)e.next);
    close(f.fd);
    size = 0;
}

static void test_samples(const char *name, int64_t promised, int64_t there, int64_t next)
{
    test_from(44, name, promised, there, next);
}

static void test_end(const char *name, int64_t wanted, bool wanted_open)
{
    bool open;
    struct audio_file f = written();
    int64_t end = audio_extent_end(&f, 0, (int64_t)size, &open);

    check(end == wanted && open == wanted_open, "%s: ends at %lld of %zu%s", name, (long long)end, size,
          open ? ", open" : "");
    close(f.fd);
    size = 0;
}

static void test_tags(void)
{
    struct audio_file f;

    put("ID3\3\0\0\0\0\2\1", 10); /* 257 bytes */
    fill(9, 257);
    put("ID3\3\0\x10\0\0\0\0", 10); /* with a footer of ten bytes */
    fill(9, 10);
    put("RIFF", 4);
    f = written();
    check(audio_extent_skip_tags(&f, 0, (int64_t)size) == 287, "tags in front");
    check(audio_extent_skip_tags(&f, 287, (int64_t)size) == 287, "none");
    close(f.fd);
    size = 0;
}

static void test_failing(void)
{
    struct audio_file tags = {.fd = -1}, end = tags, extent = tags;
    bool open;

    audio_extent_skip_tags(&tags, 0, 100);
    audio_extent_end(&end, 0, 100, &open);
    audio_extent(&extent, 0, 100);
    check(tags.error == EBADF && end.error == EBADF && extent.error == EBADF, "reads that fail are kept");
}

/* Sizes of 64 bits, big-endian in CAF; in Sony's W64 they count the head of 24 bytes, in RF64 they stand elsewhere. */
static void test_wide(void)
{
    put("caff\0\1\0\0data\0\0\0\0\0\0\7\xd4\0\0\0\0", 24);
    fill(1, 2000);
    test_from(24, "a CAF", 2000, 2000, 2024);
    put("caff\0\1\0\0data\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 24);
    fill(1, 2000);
    test_from(24, "a CAF without a length", -1, 2000, 2024);
    put("caff\0\1\0\0data\0\0\0\0\0\0\0\1\0\0\0\0", 24);
    fill(1, 2000);
    test_from(24, "a CAF of less than its lead", 0, 2000, 2024);
    put("riff\x2e\x91\xcf\x11", 8);
    fill(0, 32);
    put("fmt \0\0\0\0\0\0\0\0\0\0\0\0", 16);
    number(3, 8); /* less than a head */
    fill(0, 8);
    put("data\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    number(24 + 800, 8);
    fill(0, 1000);
    test_from(96, "a W64", 800, 800, 1096);
    put("RF64\xff\xff\xff\xffWAVEds64", 16);
    number(28, 4);
    number(0, 8);
    number(1000, 8);
    fill(0, 12);
    put("data\xff\xff\xff\xff", 8);
    fill(1, 1000);
    test_from(56, "an RF64", 1000, 1000, 1056);
    put("RF64\xff\xff\xff\xffWAVEds64", 16);
    number(28, 4);
    number(0, 8);
    number(UINT64_MAX, 8);
    fill(0, 12);
    put("data\xff\xff\xff\xff", 8);
    fill(1, 1000);
    test_from(56, "an RF64 of no length", -1, 1000, 1056);
    put("RF64\0\0\0\0WAVEdata", 16);
    number(1000, 4);
    fill(1, 1000);
    test_from(20, "an RF64 with a size of 32 bits", 1000, 1000, 1020);
    put("RF64\0\0\0\0WAVEdata\xff\xff\xff\xff", 20);
    fill(1, 1000);
    test_from(20, "an RF64 without its other chunk", -1, 1000, 1020);
    put("RF64\0\0\0\0WAVEdata\xff\xff\xff\xff\1\1", 22);
    test_from(20, "an RF64 that ends at once", -1, 2, 22);
}

static void test_au(uint32_t start, uint32_t promised, size_t there, const char *name, int64_t want_promised,
                    int64_t want_there, int64_t want_next)
{
    put(".snd", 4);
    for (int i = 3; i >= 0; i--)
        number(start >> 8 * i & 255, 1);
    for (int i = 3; i >= 0; i--)
        number(promised >> 8 * i & 255, 1);
    fill(0, there);
    test_from(start, name, want_promised, want_there, want_next);
}

static void test_chunks(void)
{
    wav(3999, 3999); /* no byte to make the size even */
    put("LIST", 4);
    number(1100, 4);
    fill(7, 1100);
    test_samples("a chunk at an odd place", 3999, 3999, 5151);
    wav(4000, 4000);
    put("LIST", 4);
    number(9000, 4);
    fill(7, 1100);
    test_samples("a chunk behind that is cut", 4000, 5108, 5152);
    wav(4000, 4000);
    put("\xff\xf1\x50\x83\xff\xff\xfc", 7);
    fill(0, 1500);
    test_samples("one frame of AAC behind", 4000, 5507, 5551);
    wav(4000, 4000);
    for (int i = 0; i < 3; i++) {
        put("\xff\xf1\x50\x80\x20\x00\xfc", 7);
        fill(0, 256 - 7);
    }
    fill(0, 1500);
    test_samples("AAC behind", 4000, 4000, 4044);
    put("RIFF\0\0\0\0WAVE", 12);
    for (int i = 0; i < 2000; i++)
        put("abcd\0\0\0\0", 8);
    test_from(0, "chunks without samples", -1, 0, 16012);
    put("FORM\0\0\0\0AIFFSSND\0\0\0\4\0\0\0\0\0\0\0\0", 28);
    fill(1, 100);
    test_from(28, "an AIFF of less than its lead", 0, 0, 128);
}

int main(void)
{
    wav(4000, 4000);
    test_samples("a WAV", 4000, 4000, 4044);
    wav(4000, 1000);
    test_samples("cut short", 4000, 1000, 1044);
    wav(0, 4000);
    test_samples("a crashed recorder", 0, 4000, 4044);
    wav(0xffffffff, 4000);
    test_samples("written into a pipe", -1, 4000, 4044);
    wav(2000, 4000);
    test_samples("a size that is too small", 2000, 4000, 4044);
    wav(4000, 4000);
    put("LIST", 4);
    number(1100, 4);
    fill(7, 1100);
    test_samples("a chunk behind", 4000, 4000, 5152);
    wav(4000, 4000);
    wav(3000, 3000);
    test_samples("two WAV files", 4000, 4000, 4044);
    wav(4000, 4000);
    put("OggS", 5);
    fill(0, 2000);
    test_samples("an Ogg file behind", 4000, 4000, 4044);
    page(2, 30);
    page(4, 100);
    test_end("an Ogg file", 186, false);
    page(2, 30);
    page(0, 100);
    test_end("without its last page", 186, true);
    page(2, 30);
    page(4, 100);
    page(2, 30);
    page(4, 60);
    test_end("two of them", 186, false);
    page(2, 30);
    page(0, 100);
    fill(3, 50); /* damage */
    for (int i = 0; i < 10; i++)
        page(0, 200);
    page(4, 100);
    test_end("damaged in the middle", 2644, false);
    page(2, 30);
    page(4, 100);
    fill(3, 500);
    test_end("a tag behind", 686, false);
    page(2, 30);
    page(4, 100);
    wav(4000, 4000);
    test_end("a WAV file behind", 186, false);
    put("fLaC\0\0\0\x22", 8);
    fill(0, 70000 - 60000);
    put("fLaC\0\0\0\x22", 8);
    fill(0, 100);
    test_end("two FLAC files", 10008, false);
    put("words", 5);
    test_end("something else", 5, false);
    page(2, 30);
    page(4, 100);
    put("Ogg", 3);
    test_end("a rest that is no page", 189, false);
    page(2, 30);
    page(0, 100);
    put("OggS\0\1", 6);
    test_end("cut in the head of a page", 192, true);
    page(2, 30);
    page(4, 100);
    size -= 50;
    test_end("cut in the last page", 136, true);
    page(2, 30);
    page(0, 100);
    put("OggS\0\1", 6);
    fill(0, 20);
    number(9, 1); /* nine sizes, of which one is there */
    number(1, 1);
    test_end("cut in the table of a page", 214, true);
    test_au(24, 4000, 4012, "an AU", 4000, 4000, 4024);
    test_au(24, 4000, 6012, "an AU with more behind", 4000, 6000, 6024);
    test_au(24, 4000, 12, "an AU cut short", 4000, 0, 24);
    test_au(9000, 4000, 2012, "an AU that begins behind its end", 4000, 0, 2024);
    test_au(24, 0xffffffff, 2012, "an AU without a length", -1, 2000, 2024);
    test_wide();
    test_chunks();
    test_tags();
    test_failing();
    return check_done();
}
