/* Where samples and files end, in files made by hand. */
#include "io/audio_extent.h"

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

static int written(void)
{
    int fd = temporary_open();

    if (fd < 0 || write(fd, file, size) != (ssize_t)size)
        exit(1);
    return fd;
}

static void test_samples(const char *name, int64_t promised, int64_t there, int64_t next)
{
    int fd = written();
    struct audio_extent e = audio_extent(fd, 0, (int64_t)size);

    check(e.start == 44 && e.promised == promised && e.there == there && e.next == next,
          "%s: from %lld, %lld promised, %lld there, next at %lld", name, (long long)e.start, (long long)e.promised,
          (long long)e.there, (long long)e.next);
    close(fd);
    size = 0;
}

static void test_end(const char *name, int64_t wanted, bool wanted_open)
{
    bool open;
    int fd = written();
    int64_t end = audio_extent_end(fd, 0, (int64_t)size, &open);

    check(end == wanted && open == wanted_open, "%s: ends at %lld of %zu%s", name, (long long)end, size,
          open ? ", open" : "");
    close(fd);
    size = 0;
}

static void test_tags(void)
{
    int fd;

    put("ID3\3\0\0\0\0\2\1", 10); /* 257 bytes */
    fill(9, 257);
    put("ID3\3\0\x10\0\0\0\0", 10); /* with a footer of ten bytes */
    fill(9, 10);
    put("RIFF", 4);
    fd = written();
    check(audio_extent_skip_tags(fd, 0, (int64_t)size) == 287, "tags in front");
    check(audio_extent_skip_tags(fd, 287, (int64_t)size) == 287, "none");
    close(fd);
    size = 0;
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
    test_tags();
    return check_done();
}
