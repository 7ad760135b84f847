/* Walks what files are made of: chunks, each a name, a size and a body, or pages. */
#include "io/audio_extent.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/audio_mp3.h"

enum { CHUNKS_MAX = 4096, PIECE = 1 << 16 };

/* A size of 32 bits from here up is what streaming writers put where they do not know it yet (0x7f000008 by SoX,
 * 0x7fffffff, 0x7ffff024, 0xffffffff and their like). */
static const int64_t open_ended = 0x7f000000;

static const struct kind {
    const char *magic, *form; /* the first bytes, and those from byte 8 on */
    const char *samples;      /* name of the chunk that holds them */
    int first, head;          /* bytes before the first chunk; of a chunk's name and size, the size last */
    int lead;                 /* bytes of the body before the samples */
    int align;                /* chunks begin at multiples of this */
    bool big, wide, whole;    /* big-endian; sizes have 64 bits; sizes count the head too */
} kinds[] = {
    {"RIFF", "WAVE", "data", 12, 8, 0, 2, false, false, false},
    {"RF64", "WAVE", "data", 12, 8, 0, 2, false, false, false},
    {"RIFX", "WAVE", "data", 12, 8, 0, 2, true, false, false},
    {"FORM", "AIF", "SSND", 12, 8, 8, 2, true, false, false},
    {"caff", "", "data", 8, 12, 4, 1, true, true, false},
    {"riff\x2e\x91\xcf\x11", "", "data", 40, 24, 0, 8, false, true, true},
};

static uint64_t number(const unsigned char *b, int bytes, bool big)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value = value << 8 | b[big ? i : bytes - 1 - i];
    return value;
}

/* Bytes of the descriptor from byte at on. A read that fails is kept. */
static ssize_t bytes_at(struct audio_file *f, void *to, size_t bytes, int64_t at)
{
    ssize_t n = pread(f->fd, to, bytes, (off_t)at);

    if (n < 0)
        f->error = errno;
    return n;
}

static const struct kind *kind_at(struct audio_file *f, int64_t at)
{
    char b[12] = "";

    if (bytes_at(f, b, sizeof b, at) < (ssize_t)sizeof b)
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (memcmp(b, kinds[i].magic, strlen(kinds[i].magic)) == 0 &&
            memcmp(b + 8, kinds[i].form, strlen(kinds[i].form)) == 0)
            return &kinds[i];
    return NULL;
}

/* Whether three frames of AAC begin there, one behind the other (ADTS, ISO/IEC 13818-7, 6.2: twelve bits set,
 * layer 0, from bit 30 on the frame's bytes in 13). */
static bool aac_at(struct audio_file *f, int64_t at)
{
    unsigned char b[7];

    for (int i = 0; i < 3; i++) {
        if (bytes_at(f, b, sizeof b, at) < (ssize_t)sizeof b || b[0] != 0xff || (b[1] & 0xf6) != 0xf0)
            return false;
        at += (b[3] & 3) << 11 | b[4] << 3 | b[5] >> 5;
    }
    return true;
}

static bool mpeg_at(struct audio_file *f, int64_t at, int64_t end)
{
    struct audio_file rest = {.fd = f->fd, .from = at, .size = end - at, .error = f->error};
    bool begins = mp3_begins(&rest);

    f->error = rest.error;
    return begins;
}

/* Whether another file begins there: of these kinds, MPEG, or of one that is not read here (MPEG-4, Matroska, AAC). */
static bool file_at(struct audio_file *f, int64_t at, int64_t end)
{
    static const struct {
        int at;
        const char *mark;
    } marks[] = {{0, "OggS"}, {0, "fLaC"}, {0, "ID3"}, {0, ".snd"}, {4, "ftyp"}, {0, "\x1a\x45\xdf\xa3"}};
    char b[8] = "";

    if (bytes_at(f, b, sizeof b, at) < (ssize_t)sizeof b)
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (memcmp(b + marks[i].at, marks[i].mark, strlen(marks[i].mark)) == 0)
            return true;
    return kind_at(f, at) != NULL || aac_at(f, at) || mpeg_at(f, at, end);
}

/* A size that is out of all reason, and -1 for one that is not known, is returned as -1. */
static int64_t chunk_at(struct audio_file *f, const struct kind *k, int64_t at, unsigned char *b)
{
    uint64_t bytes;

    if (bytes_at(f, b, (size_t)k->head, at) < (ssize_t)k->head)
        return -1;
    bytes = k->wide ? number(b + k->head - 8, 8, k->big) : number(b + k->head - 4, 4, k->big);
    if (k->whole && bytes >= (uint64_t)k->head)
        bytes -= (uint64_t)k->head;
    return bytes > INT64_MAX / 4 ? -1 : (int64_t)bytes;
}

static int64_t aligned(const struct kind *k, int64_t from, int64_t at)
{
    return at + (k->align - (at - from) % k->align) % k->align;
}

/* Whether there are chunks from at to the end, or to another file, whose start goes into *next: nothing else, in
 * particular no samples. */
static bool only_chunks(struct audio_file *f, const struct kind *k, int64_t from, int64_t at, int64_t end,
                        int64_t *next)
{
    unsigned char b[24] = {0};

    *next = end;
    for (int i = 0; i < CHUNKS_MAX && at + AUDIO_JUNK < end; i++) {
        int64_t bytes;

        if (file_at(f, at, end)) {
            *next = at;
            return true;
        }
        bytes = chunk_at(f, k, at, b);
        for (int c = 0; c < 4; c++)
            if (b[c] < 0x20 || b[c] > 0x7e)
                return false;
        if (bytes < 0 || bytes > end - at)
            return false;
        at = aligned(k, from, at + k->head + bytes);
    }
    return true;
}

/* RF64: the size of the samples has 64 bits and stands in another chunk, the first. */
static int64_t size_of_rf64(struct audio_file *f, int64_t from, int64_t bytes)
{
    unsigned char b[28];

    if (bytes != 0xffffffff || bytes_at(f, b, sizeof b, from + 12) < (ssize_t)sizeof b || memcmp(b, "ds64", 4) != 0)
        return bytes;
    return number(b + 16, 8, false) < INT64_MAX / 4 ? (int64_t)number(b + 16, 8, false) : -1;
}

/* The body of a WAV's "fmt ": format and channels in 2 bytes each, rate and bytes a second in 4, bytes a frame and bits
 * a sample in 2. Bytes a frame count where the bytes a second agree. */
static void read_frame(struct audio_file *f, const struct kind *k, int64_t at, struct audio_extent *e)
{
    unsigned char b[16];

    if (k->wide || bytes_at(f, b, sizeof b, at) < (ssize_t)sizeof b)
        return;
    e->bits = (int)number(b + 14, 2, k->big);
    e->frame = (int)number(b + 12, 2, k->big);
    if (number(b + 4, 4, k->big) * (uint64_t)e->frame != number(b + 8, 4, k->big))
        e->frame = 0;
}

/* Where the samples end that begin at e->start, into e->there and e->next. */
static void measure(struct audio_file *f, const struct kind *k, int64_t from, int64_t end, struct audio_extent *e)
{
    int64_t left = end - e->start, bytes = e->promised;

    e->next = end;
    e->there = left;
    if (bytes < 0 || bytes >= left)
        return;
    for (; bytes <= left; bytes += (int64_t)1 << 32) { /* the size may have wrapped */
        e->there = bytes;
        if (only_chunks(f, k, from, aligned(k, from, e->start + bytes), end, &e->next) ||
            only_chunks(f, k, from, e->start + bytes, end, &e->next))
            return;
    }
    e->there = left;
    e->next = end;
}

/* AU has no chunks: a header that says where the samples begin and how many bytes they have. */
static struct audio_extent extent_of_au(struct audio_file *f, int64_t from, int64_t end)
{
    struct audio_extent e = {.promised = -1, .next = end, .big = true};
    unsigned char b[12];

    if (bytes_at(f, b, sizeof b, from) < (ssize_t)sizeof b || memcmp(b, ".snd", 4) != 0)
        return e;
    e.start = from + (int64_t)number(b + 4, 4, true);
    e.promised = (int64_t)number(b + 8, 4, true);
    e.there = end > e.start ? end - e.start : 0;
    if (e.promised > e.there && e.promised >= open_ended)
        e.promised = -1;
    if (e.promised <= 0 || e.promised >= e.there)
        return e;
    if (file_at(f, e.start + e.promised, end))
        e.next = e.start + e.promised;
    if (e.next < end || e.there - e.promised < AUDIO_JUNK)
        e.there = e.promised;
    return e;
}

struct audio_extent audio_extent(struct audio_file *f, int64_t from, int64_t end)
{
    const struct kind *k = kind_at(f, from);
    struct audio_extent e = {.promised = -1, .next = end};
    unsigned char b[24] = {0};
    int64_t at;

    if (k == NULL)
        return extent_of_au(f, from, end);
    e.big = k->big;
    at = from + k->first;
    for (int i = 0; i < CHUNKS_MAX && at < end; i++) {
        int64_t bytes = chunk_at(f, k, at, b);

        if (memcmp(b, k->samples, 4) == 0 && at + k->head + k->lead <= end) {
            e.start = at + k->head + k->lead;
            if (strcmp(k->magic, "RF64") == 0)
                bytes = size_of_rf64(f, from, bytes);
            e.promised = bytes < k->lead ? (bytes < 0 ? -1 : 0) : bytes - k->lead;
            if (!k->wide && e.promised >= open_ended && e.promised > end - e.start && e.promised <= 0xffffffff)
                e.promised = -1;
            measure(f, k, from, end, &e);
            return e;
        }
        if (memcmp(b, "fmt ", 4) == 0)
            read_frame(f, k, at + k->head, &e);
        if (bytes < 0)
            break;
        at = aligned(k, from, at + k->head + bytes);
    }
    return e;
}

/* ---- files joined end to end, as cat and recorders of radio make them ---- */

/* ID3v2 (id3.org, section 3.1): "ID3", two bytes of version, flags, 28 bits of size in four bytes, without the header
 * of 10 bytes and a footer of as many. */
int64_t audio_extent_skip_tags(struct audio_file *f, int64_t from, int64_t size)
{
    unsigned char b[10];

    while (from < size && bytes_at(f, b, sizeof b, from) == (ssize_t)sizeof b && memcmp(b, "ID3", 3) == 0) {
        from += b[5] & 0x10 ? 20 : 10;
        from += (b[6] & 127) << 21 | (b[7] & 127) << 14 | (b[8] & 127) << 7 | (b[9] & 127);
    }
    return from;
}

/* The first place from byte from on where that mark stands, size if there is none. */
static int64_t find(struct audio_file *f, int64_t from, int64_t size, const char *mark, size_t length)
{
    char *piece = mem_alloc(PIECE);
    int64_t found = size;

    for (int64_t at = from; at < size; at += PIECE - (int64_t)length + 1) {
        ssize_t n = bytes_at(f, piece, PIECE, at);
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
static int64_t ogg_end(struct audio_file *f, int64_t from, int64_t size, bool *open)
{
    static const char mark[5] = {'O', 'g', 'g', 'S', 0};
    unsigned char b[27 + 255];
    bool begun = false;
    int64_t at = from, page = from, ends = 0, begins = 0, behind = size;

    while (at < size) {
        ssize_t n = bytes_at(f, b, sizeof b, at);

        if (n < (ssize_t)sizeof mark || memcmp(b, mark, sizeof mark) != 0) {
            behind = at;
            at = find(f, page + 1, size, mark, sizeof mark); /* the page was damaged or cut */
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
static int64_t flac_end(struct audio_file *f, int64_t from, int64_t size)
{
    static const char mark[8] = {'f', 'L', 'a', 'C', 0, 0, 0, 34};

    return find(f, from + 1, size, mark, sizeof mark);
}

int64_t audio_extent_end(struct audio_file *f, int64_t from, int64_t size, bool *open)
{
    char b[4] = "";

    *open = false;
    if (bytes_at(f, b, sizeof b, from) < (ssize_t)sizeof b)
        return size;
    if (memcmp(b, "OggS", 4) == 0)
        return ogg_end(f, from, size, open);
    if (memcmp(b, "fLaC", 4) == 0)
        return flac_end(f, from, size);
    return audio_extent(f, from, size).next;
}
