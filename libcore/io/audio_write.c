/* WAV files by libsndfile over memory. */
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
#include "io/audio_file.h"

enum { PIECE_FLOATS = 1 << 14, HEADER_ROOM = 4096 };

struct wav {
    struct audio_file memory; /* size and place of what is written, first, for audio_file_size and its like */
    SNDFILE *file;            /* NULL once finished */
    int channels, bits;
    int64_t samples, room;
    unsigned char *bytes;
    int *ints;     /* [frames, channels] on their way to libsndfile: samples in the upper bits, */
    float *floats; /* or as they are */
};

static sf_count_t memory_write(const void *from, sf_count_t count, void *memory)
{
    struct wav *w = memory;
    int64_t end = w->memory.at + count;

    if (end > w->room) {
        w->room = end > 2 * w->room ? end : 2 * w->room;
        w->bytes = mem_grow(w->bytes, (size_t)w->room, 1);
    }
    memcpy(w->bytes + w->memory.at, from, (size_t)count);
    w->memory.at = end;
    if (end > w->memory.size)
        w->memory.size = end;
    return count;
}

struct wav *wav_new(int rate, int64_t channels, int bits, const char *software)
{
    static SF_VIRTUAL_IO memory = {audio_file_size, audio_file_seek, NULL, memory_write, audio_file_tell};
    int subtype = bits == 16 ? SF_FORMAT_PCM_16 : bits == 24 ? SF_FORMAT_PCM_24 : SF_FORMAT_FLOAT;
    SF_INFO info = {.samplerate = rate, .channels = (int)channels, .format = SF_FORMAT_WAV | subtype};
    struct wav *w = mem_zero(1, sizeof *w);

    assert(rate >= 1 && channels >= 1 && (bits == 16 || bits == 24 || bits == 32));
    w->channels = (int)channels;
    w->bits = bits;
    w->ints = mem_alloc(PIECE_FLOATS * sizeof *w->ints);
    w->floats = mem_alloc(PIECE_FLOATS * sizeof *w->floats);
    w->file = channels > WAV_CHANNELS_MAX ? NULL : sf_open_virtual(&memory, SFM_WRITE, &info, w);
    /* the peak chunk of float files holds the time of day: same input, other bytes */
    if (w->file != NULL)
        sf_command(w->file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
    if (channels > WAV_CHANNELS_MAX)
        error_set("cannot be a WAV file: %lld channels, the most is %d", (long long)channels, WAV_CHANNELS_MAX);
    else if (w->file == NULL)
        error_set("cannot be a WAV file: %d channels at %d Hz (libsndfile: %s)", w->channels, rate, sf_strerror(NULL));
    else if (software != NULL && sf_set_string(w->file, SF_STR_SOFTWARE, software) != 0)
        error_set("cannot be a WAV file that says what made it (libsndfile: %s)", sf_strerror(w->file));
    else
        return w;
    wav_free(w);
    return NULL;
}

/* Nearest integer to y x scale, ties to even (doubles around 2^52 have no
 * fraction left), stopping at the largest. */
static int32_t round_to(double y, double scale)
{
    double r = y * scale + 0x1.8p52 - 0x1.8p52;

    return (int32_t)(r > scale - 1 ? scale - 1 : r < -scale ? -scale : r);
}

static sf_count_t put_piece(struct wav *w, const float *x, int64_t samples, int64_t at, int64_t n)
{
    double scale = w->bits == 16 ? 0x1p15 : 0x1p23;

    for (int c = 0; c < w->channels; c++) {
        const float *row = x + c * samples + at;

        for (int64_t i = 0; i < n; i++) {
            w->floats[i * w->channels + c] = row[i];
            w->ints[i * w->channels + c] = round_to((double)row[i], scale) * (1 << (w->bits == 16 ? 16 : 8));
        }
    }
    return w->bits == 32 ? sf_writef_float(w->file, w->floats, n) : sf_writef_int(w->file, w->ints, n);
}

int wav_put(struct wav *w, const float *x, int64_t samples)
{
    int64_t frames = PIECE_FLOATS / w->channels;
    int64_t most = (0xffffffffLL - HEADER_ROOM) / (w->bits / 8) / w->channels;

    assert(w->file != NULL && samples >= 0);
    if (samples > most - w->samples)
        return error_set("over 4 GiB: a WAV file cannot hold that much");
    w->samples += samples;
    for (int64_t at = 0; at < samples; at += frames) {
        int64_t n = samples - at < frames ? samples - at : frames;

        if (put_piece(w, x, samples, at, n) != n)
            return error_set("cannot be written (libsndfile: %s)", sf_strerror(w->file));
    }
    return 0;
}

const void *wav_bytes(struct wav *w, size_t *size)
{
    if (w->file != NULL)
        sf_close(w->file);
    w->file = NULL;
    *size = (size_t)w->memory.size;
    return w->bytes;
}

void wav_free(struct wav *w)
{
    if (w == NULL)
        return;
    if (w->file != NULL)
        sf_close(w->file);
    free(w->ints);
    free(w->floats);
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
