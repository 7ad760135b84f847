/* WAV files, byte by byte. */
#include "io/audio_write.h"

#include <assert.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie in memory");

enum { OPEN = -1 }; /* a length that is not known */

struct wav {
    int rate, channels, bits;
    char *software;
    int64_t data; /* bytes of all samples so far */
    unsigned char *bytes;
    size_t size, room; /* of bytes: those that nobody has taken */
    bool taken;        /* some were, the header first */
};

static unsigned char *put_bytes(unsigned char *p, const void *from, size_t n)
{
    memcpy(p, from, n);
    return p + n;
}

static unsigned char *put_number(unsigned char *p, int64_t value, size_t bytes)
{
    return put_bytes(p, &value, bytes);
}

/* The header before data of so many bytes; returns its length. */
static size_t make_head(const struct wav *w, unsigned char *head, int64_t data)
{
    int64_t frame = w->channels * w->bits / 8;
    size_t words = w->software ? (strlen(w->software) + 2) / 2 * 2 : 0; /* with a NUL, even */
    unsigned char *p = put_bytes(head + 8, "WAVEfmt ", 8);

    p = put_number(p, 16, 4);
    p = put_number(p, w->bits == 32 ? 3 : 1, 2); /* floats, or integers */
    p = put_number(p, w->channels, 2);
    p = put_number(p, w->rate, 4);
    p = put_number(p, w->rate * frame, 4);
    p = put_number(p, frame, 2);
    p = put_number(p, w->bits, 2);
    if (w->bits == 32) {
        p = put_bytes(p, "fact\4\0\0\0", 8);
        p = put_number(p, data == OPEN ? OPEN : data / frame, 4);
    }
    if (w->software) {
        p = put_number(put_bytes(p, "LIST", 4), 12 + (int64_t)words, 4);
        p = put_number(put_bytes(p, "INFOISFT", 8), (int64_t)words, 4);
        memset(p, 0, words);
        put_bytes(p, w->software, strlen(w->software));
        p += words;
    }
    p = put_number(put_bytes(p, "data", 4), data, 4);
    put_number(put_bytes(head, "RIFF", 4), data == OPEN ? OPEN : p - head - 8 + data + data % 2, 4);
    return (size_t)(p - head);
}

struct wav *wav_new(int rate, int64_t channels, int bits, const char *software)
{
    struct wav *w;

    assert(rate >= 1 && channels >= 1 && (bits == 16 || bits == 24 || bits == 32));
    assert(software == NULL || strlen(software) < WAV_HEAD_MAX / 2);
    if (channels > WAV_CHANNELS_MAX) {
        error_set("cannot be a WAV file: %lld channels, the most is %d", (long long)channels, WAV_CHANNELS_MAX);
        return NULL;
    }
    w = mem_zero(1, sizeof *w);
    *w = (struct wav){.rate = rate, .channels = (int)channels, .bits = bits, .room = WAV_HEAD_MAX};
    w->software = software ? mem_text(software) : NULL;
    w->bytes = mem_alloc(w->room);
    w->size = make_head(w, w->bytes, OPEN);
    return w;
}

/* Nearest integer to y x scale, ties to even (doubles around 2^52 have no
 * fraction left), stopping at the largest. */
static int32_t round_to(double y, double scale)
{
    double r = y * scale + 0x1.8p52 - 0x1.8p52;

    return (int32_t)(r > scale - 1 ? scale - 1 : r < -scale ? -scale : r);
}

static void put_channel(const struct wav *w, unsigned char *p, const float *x, int64_t samples)
{
    size_t step = (size_t)(w->channels * w->bits / 8);
    double scale = w->bits == 16 ? 0x1p15 : 0x1p23;
    int32_t y;

    for (int64_t i = 0; i < samples; i++, p += step)
        if (w->bits == 32) {
            memcpy(p, x + i, sizeof *x);
        } else {
            y = round_to((double)x[i], scale);
            memcpy(p, &y, (size_t)w->bits / 8);
        }
}

int wav_put(struct wav *w, const float *x, int64_t stride, int64_t samples)
{
    size_t bytes = (size_t)(w->bits / 8), more = (size_t)samples * (size_t)w->channels * bytes;

    if (!w->taken && w->size + more > 0xffffffff - WAV_HEAD_MAX)
        return error_set("over 4 GiB: a WAV file cannot hold that much");
    if (w->size + more >= w->room) {
        w->room = 2 * (w->size + more);
        w->bytes = mem_grow(w->bytes, w->room, 1);
    }
    for (int c = 0; c < w->channels; c++)
        put_channel(w, w->bytes + w->size + (size_t)c * bytes, x + c * stride, samples);
    w->size += more;
    w->data += (int64_t)more;
    return 0;
}

const void *wav_take(struct wav *w, size_t *size)
{
    *size = w->size;
    w->size = 0;
    w->taken = true;
    return w->bytes;
}

size_t wav_end(struct wav *w, unsigned char *head)
{
    if (w->data % 2)
        w->bytes[w->size++] = 0; /* wav_put left room */
    return w->data > 0xffffffff - WAV_HEAD_MAX ? 0 : make_head(w, head, w->data);
}

const void *wav_bytes(struct wav *w, size_t *size)
{
    assert(!w->taken);
    wav_end(w, w->bytes);
    *size = w->size;
    return w->bytes;
}

void wav_free(struct wav *w)
{
    if (w == NULL)
        return;
    free(w->software);
    free(w->bytes);
    free(w);
}

bool wav_made_by(const char *path, const char *software)
{
    SF_INFO info = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat s;
    SNDFILE *file;
    const char *text;
    bool same;

    if (fd < 0)
        return false;
    file = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? sf_open_fd(fd, SFM_READ, &info, SF_FALSE) : NULL;
    text = file != NULL ? sf_get_string(file, SF_STR_SOFTWARE) : NULL;
    same = text != NULL && strncmp(text, software, strlen(software)) == 0;
    if (file != NULL)
        sf_close(file);
    close(fd);
    return same;
}
