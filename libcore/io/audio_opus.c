/* Ogg Opus by libsndfile. */
#include "io/audio_opus.h"

#include <assert.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/resample.h"

/* ---- pages of Ogg, RFC 3533: bytes of the head, and where in it things are ---- */

enum { PAGE_SERIAL = 14, PAGE_CHECK = 22, PAGE_SEGMENTS = 26, PAGE_HEAD = 27 };

/* CRC-32 with the polynomial 04C11DB7, from 0, neither reflected nor inverted. */
static uint32_t check_of(const unsigned char *bytes, size_t count)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum ^= (uint32_t)bytes[i] << 24;
        for (int k = 0; k < 8; k++)
            sum = sum << 1 ^ (sum >> 31 ? 0x04C11DB7 : 0);
    }
    return sum;
}

/* libsndfile numbers streams by the time of day: this one is number 1. */
static void number_stream(unsigned char *bytes, size_t count)
{
    while (count >= PAGE_HEAD) {
        size_t size = PAGE_HEAD + (size_t)bytes[PAGE_SEGMENTS];
        uint32_t sum;

        for (int i = 0; i < bytes[PAGE_SEGMENTS]; i++)
            size += bytes[PAGE_HEAD + i];
        assert(memcmp(bytes, "OggS", 4) == 0 && size <= count);
        memcpy(bytes + PAGE_SERIAL, "\1\0\0", 4);
        memset(bytes + PAGE_CHECK, 0, 4);
        sum = check_of(bytes, size);
        for (int i = 0; i < 4; i++)
            bytes[PAGE_CHECK + i] = (unsigned char)(sum >> 8 * i);
        bytes += size;
        count -= size;
    }
}

/* ---- sound ---- */

/* x at another rate, as frames of all channels [count, channels]. */
static float *interleaved(const float *x, int64_t channels, int64_t samples, double factor, int64_t count)
{
    float *frames = mem_alloc((size_t)(channels * count) * sizeof *frames);
    float *row = mem_alloc((size_t)count * sizeof *row);
    int status = 0;

    for (int64_t c = 0; c < channels && status == 0; c++) {
        status = resample(x + c * samples, samples, factor, row, count);
        for (int64_t i = 0; i < count; i++)
            frames[i * channels + c] = row[i];
    }
    free(row);
    if (status == 0)
        return frames;
    free(frames);
    return NULL;
}

/* A file in memory: libsndfile does not say when a file cannot grow. */
struct memory {
    unsigned char *bytes;
    sf_count_t size, room, at;
};

static sf_count_t memory_length(void *to)
{
    return ((struct memory *)to)->size;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *to)
{
    struct memory *m = to;

    return m->at = offset + (whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->at : m->size);
}

static sf_count_t memory_tell(void *to)
{
    return ((struct memory *)to)->at;
}

static sf_count_t memory_write(const void *from, sf_count_t n, void *to)
{
    struct memory *m = to;

    if (m->at + n > m->room) {
        m->room = 2 * (m->at + n);
        m->bytes = mem_grow(m->bytes, (size_t)m->room, 1);
    }
    memcpy(m->bytes + m->at, from, (size_t)n);
    m->at += n;
    m->size = m->at > m->size ? m->at : m->size;
    return n;
}

unsigned char *opus_encode(const float *x, int64_t channels, int64_t samples, double rate, int bits, size_t *size)
{
    SF_INFO info = {.samplerate = rate > 24000 ? 48000 : 24000,
                    .channels = (int)channels,
                    .format = SF_FORMAT_OGG | SF_FORMAT_OPUS};
    int64_t count = (int64_t)ceil((double)samples * info.samplerate / rate), done = -1;
    /* libsndfile's scale: 0 is 256 kbit/s a channel, 1 is 6 */
    double level = fmin(1, fmax(0, (256e3 - (double)bits / (double)channels) / 250e3));
    float *frames = interleaved(x, channels, samples, rate / info.samplerate, count);
    struct memory m = {0};
    SF_VIRTUAL_IO how = {memory_length, memory_seek, NULL, memory_write, memory_tell};
    SNDFILE *file = frames != NULL ? sf_open_virtual(&how, SFM_WRITE, &info, &m) : NULL;

    if (file != NULL) {
        sf_command(file, SFC_SET_COMPRESSION_LEVEL, &level, sizeof level);
        done = sf_writef_float(file, frames, count);
        if (sf_close(file) != 0)
            done = -1;
    }
    if (done != count && frames != NULL)
        error_set("cannot be Ogg Opus (libsndfile: %s)", sf_strerror(NULL));
    free(frames);
    if (done != count) {
        free(m.bytes);
        return NULL;
    }
    *size = (size_t)m.size;
    number_stream(m.bytes, *size);
    return m.bytes;
}
