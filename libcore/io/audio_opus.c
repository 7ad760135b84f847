/* Ogg Opus by libsndfile. */
#include "io/audio_opus.h"

#include <assert.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
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

/* All of a file, to be freed. */
static unsigned char *file_bytes(int fd, size_t *size)
{
    off_t end = lseek(fd, 0, SEEK_END);
    unsigned char *bytes = mem_alloc((size_t)(end > 0 ? end : 0));

    if (end > 0 && lseek(fd, 0, SEEK_SET) == 0 && fd_read(fd, bytes, (size_t)end) == end) {
        *size = (size_t)end;
        return bytes;
    }
    error_set("temporary file:");
    free(bytes);
    return NULL;
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
    int fd = frames != NULL ? temporary_open() : -1;
    SNDFILE *file = fd >= 0 ? sf_open_fd(fd, SFM_WRITE, &info, SF_FALSE) : NULL;
    unsigned char *bytes = NULL;

    if (file != NULL) {
        sf_command(file, SFC_SET_COMPRESSION_LEVEL, &level, sizeof level);
        done = sf_writef_float(file, frames, count);
        if (sf_close(file) != 0)
            done = -1;
    }
    if (done == count)
        bytes = file_bytes(fd, size);
    else if (fd >= 0)
        error_set("cannot be Ogg Opus (libsndfile: %s)", sf_strerror(NULL));
    if (bytes != NULL)
        number_stream(bytes, *size);
    if (fd >= 0)
        close(fd);
    free(frames);
    return bytes;
}
