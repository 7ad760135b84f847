/* Finds WAV (RF64, W64), AIFF and AU files that end before the data their header
 * promises. */
#include "io/audio_cut.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { CHUNKS_MAX = 4096 };

/* A size from here up is what streaming writers put where they do not know
 * it yet (0x7fffffff, 0x7ffff024, 0xffffffff and their like). */
static const uint32_t open_ended = 0x7fff0000u;

static uint32_t word_at(const unsigned char *b, bool big)
{
    if (big)
        return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static double share(int64_t start, uint32_t bytes, int64_t size)
{
    if (bytes == 0 || bytes >= open_ended || start + bytes <= size)
        return 1;
    return size > start ? (double)(size - start) / bytes : 0;
}

/* Walks chunks (name, size, body, padded to even) from byte 12 to the one
 * that holds the samples. */
static double share_of_chunk(int fd, int64_t size, const char *wanted, bool big)
{
    unsigned char b[8];
    int64_t at = 12;

    for (int i = 0; i < CHUNKS_MAX && pread(fd, b, sizeof b, (off_t)at) == (ssize_t)sizeof b; i++) {
        uint32_t bytes = word_at(b + 4, big);

        at += 8;
        if (memcmp(b, wanted, 4) == 0)
            return share(at, bytes, size);
        at += (int64_t)bytes + (bytes & 1);
    }
    return 1;
}

/* The share by the size of the whole file, which RF64 and W64 write as 64 bits. */
static double share_of_file(const unsigned char *bytes, int64_t more, int64_t size)
{
    double whole = word_at(bytes, false) + 0x1p32 * word_at(bytes + 4, false) + (double)more;

    return whole < 0x1p62 && (double)size < whole ? (double)size / whole : 1;
}

double audio_cut_share(int fd, int64_t size)
{
    unsigned char b[28];

    if (pread(fd, b, sizeof b, 0) != (ssize_t)sizeof b)
        return 1;
    if (memcmp(b, "RF64", 4) == 0 && memcmp(b + 12, "ds64", 4) == 0)
        return share_of_file(b + 20, 8, size);
    if (memcmp(b, "riff\x2e\x91\xcf\x11", 8) == 0)
        return share_of_file(b + 16, 0, size);
    if (memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WAVE", 4) == 0)
        return share_of_chunk(fd, size, "data", false);
    if (memcmp(b, "RIFX", 4) == 0 && memcmp(b + 8, "WAVE", 4) == 0)
        return share_of_chunk(fd, size, "data", true);
    if (memcmp(b, "FORM", 4) == 0 && memcmp(b + 8, "AIF", 3) == 0)
        return share_of_chunk(fd, size, "SSND", true);
    if (memcmp(b, ".snd", 4) == 0)
        return share((int64_t)word_at(b + 4, true), word_at(b + 8, true), size);
    return 1;
}
