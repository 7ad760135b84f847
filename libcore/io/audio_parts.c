/* Looks for starts of files behind a file's end. */
#include "io/audio_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/audio_extent.h"

enum { PIECE = 1 << 16 };

/* ID3v2 (id3.org, section 3.1): "ID3", two bytes of version, flags, 28 bits of size in four bytes, without the header
 * of 10 bytes and a footer of as many. */
int64_t audio_parts_skip_tags(int fd, int64_t from, int64_t size)
{
    unsigned char b[10];

    while (from < size && pread(fd, b, sizeof b, (off_t)from) == (ssize_t)sizeof b && memcmp(b, "ID3", 3) == 0) {
        from += b[5] & 0x10 ? 20 : 10;
        from += (b[6] & 127) << 21 | (b[7] & 127) << 14 | (b[8] & 127) << 7 | (b[9] & 127);
    }
    return from;
}

/* The first place from byte from on where that mark stands, size if there is none. */
static int64_t find(int fd, int64_t from, int64_t size, const char *mark, size_t length)
{
    char *piece = mem_alloc(PIECE);
    int64_t found = size;

    for (int64_t at = from; at < size; at += PIECE - (int64_t)length + 1) {
        ssize_t n = pread(fd, piece, PIECE, (off_t)at);
        char *here = n > 0 ? memmem(piece, (size_t)n, mark, length) : NULL;

        if (here != NULL)
            found = at + (here - piece);
        if (n < PIECE || here != NULL)
            break;
    }
    free(piece);
    return found < size ? found : size;
}

/* Ogg (RFC 3533, section 6): pages of 27 bytes, a table of up to 255 sizes, and a body. Byte 5 holds flags: 2, the first
 * page of a stream; 4, its last. Streams that begin together are one file; one that begins later is the next, and so is
 * what is behind the last page and too long for a tag. */
static int64_t ogg_end(int fd, int64_t from, int64_t size, bool *open)
{
    static const char mark[5] = {'O', 'g', 'g', 'S', 0};
    unsigned char b[27 + 255];
    bool begun = false;
    int64_t at = from, page = from, ends = 0, begins = 0, behind = size;

    while (at < size) {
        ssize_t n = pread(fd, b, sizeof b, (off_t)at);

        if (n < (ssize_t)sizeof mark || memcmp(b, mark, sizeof mark) != 0) {
            behind = at;
            at = find(fd, page + 1, size, mark, sizeof mark); /* the page was damaged or cut */
            page = at;
            continue;
        }
        if (n < 27 || n < 27 + b[26] || ((b[5] & 2) != 0 && begun))
            break;
        begun = begun || (b[5] & 2) == 0;
        begins += (b[5] & 2) != 0;
        behind = size;
        page = at;
        at += 27 + b[26];
        for (int i = 0; i < b[26]; i++)
            at += b[27 + i];
        ends += (b[5] & 4) != 0 && at <= size;
    }
    *open = ends < begins;
    if (at < size)
        return (b[5] & 2) != 0 ? at : size;
    return *open || size - behind < AUDIO_JUNK ? size : behind;
}

/* FLAC does not say how long it is: looks for the mark of a file and the head of its first block, 34 bytes that have to
 * be there (format specification, "METADATA_BLOCK_STREAMINFO"). */
static int64_t flac_end(int fd, int64_t from, int64_t size)
{
    static const char mark[8] = {'f', 'L', 'a', 'C', 0, 0, 0, 34};

    return find(fd, from + 1, size, mark, sizeof mark);
}

int64_t audio_parts_end(int fd, int64_t from, int64_t size, bool *open)
{
    char b[4] = "";

    *open = false;
    if (pread(fd, b, sizeof b, (off_t)from) < (ssize_t)sizeof b)
        return size;
    if (memcmp(b, "OggS", 4) == 0)
        return ogg_end(fd, from, size, open);
    if (memcmp(b, "fLaC", 4) == 0)
        return flac_end(fd, from, size);
    return audio_extent(fd, from, size).next;
}
