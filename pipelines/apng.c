/* apng FILE ... > ANIMATION: the pictures, PNGs of one size and kind, each
 * for half a second, again and again, as one animated PNG: the chunks of the
 * first, with those of the others as its frames (PNG specification, third
 * edition: acTL, fcTL, fdAT). Browsers show it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"

static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
enum { HEADER = 13 };

static uint32_t number_get(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void number_put(unsigned char *p, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(x >> (24 - 8 * i));
}

/* The CRC of Annex D: polynomial edb88320, reflected. */
static uint32_t crc(uint32_t c, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
    }
    return c;
}

/* A chunk of two parts: what stands before, often nothing, and the rest. */
static void chunk_write(const char *type, const unsigned char *first, size_t n, const unsigned char *rest, size_t m)
{
    unsigned char length[4], sum[4];
    uint32_t c = crc(UINT32_MAX, (const unsigned char *)type, 4);

    number_put(length, (uint32_t)(n + m));
    number_put(sum, ~crc(crc(c, first, n), rest, m));
    fwrite(length, 1, 4, stdout);
    fwrite(type, 1, 4, stdout);
    if (n > 0)
        fwrite(first, 1, n, stdout);
    if (m > 0)
        fwrite(rest, 1, m, stdout);
    fwrite(sum, 1, 4, stdout);
}

/* Number in the animation, size, place 0 0, seconds; what was there is replaced. */
static void frame_begin(uint32_t *sequence, const unsigned char *header)
{
    unsigned char b[26] = {0};

    number_put(b, (*sequence)++);
    memcpy(b + 4, header, 8);
    memcpy(b + 20, "\0\1\0\2", 4); /* a half */
    chunk_write("fcTL", b, sizeof b, NULL, 0);
}

static unsigned char *file_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    unsigned char *bytes = NULL;
    size_t n = 0, got = 1;

    for (*size = 0; f && got > 0; *size += got) {
        if (n - *size < 1 << 16)
            bytes = mem_grow(bytes, n = 2 * n + (1 << 17), 1);
        got = fread(bytes + *size, 1, n - *size, f);
    }
    if (!f || ferror(f))
        diag_die("%s:", path);
    fclose(f);
    return bytes;
}

/* The chunks of one picture, whose header is that of the first. */
static void picture_add(const char *path, int number, int count, unsigned char header[HEADER], uint32_t *sequence)
{
    size_t size, at = sizeof signature;
    unsigned char *p = file_read(path, &size), b[8] = {0};

    if (size < 45 || memcmp(p, signature, sizeof signature))
        diag_die("%s: is not a PNG", path);
    if (number == 0)
        memcpy(header, p + 16, HEADER);
    if (memcmp(header, p + 16, HEADER))
        diag_die("%s: has another size or kind than the first picture", path);
    if (number == 0) {
        fwrite(signature, 1, sizeof signature, stdout);
        chunk_write("IHDR", header, HEADER, NULL, 0);
        number_put(b, (uint32_t)count);
        chunk_write("acTL", b, 8, NULL, 0);
    }
    frame_begin(sequence, header);
    for (uint32_t n; size - at >= 12 && (n = number_get(p + at)) <= size - at - 12; at += n + 12) {
        bool data = !memcmp(p + at + 4, "IDAT", 4);

        if (data && number > 0)
            number_put(b, (*sequence)++);
        if (data)
            chunk_write(number > 0 ? "fdAT" : "IDAT", b, number > 0 ? 4 : 0, p + at + 8, n);
    }
    if (at != size)
        diag_die("%s: is cut", path);
    free(p);
}

int main(int argc, char **argv)
{
    unsigned char header[HEADER];
    uint32_t sequence = 0;

    if (argc < 2)
        diag_die("name the pictures: apng FILE ... > ANIMATION");
    for (int i = 1; i < argc; i++)
        picture_add(argv[i], i - 1, argc - 1, header, &sequence);
    chunk_write("IEND", NULL, 0, NULL, 0);
    if (fflush(stdout) || ferror(stdout))
        diag_die("standard output:");
    return 0;
}
