/* Decodes, mixes and resamples audio files piece by piece. */
#include "io/audio_read.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <soxr.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "io/audio_cut.h"
#include "io/audio_file.h"
#include "io/audio_spool.h"

enum { PIECE_FLOATS = 1 << 15 };         /* decoded at a time, all channels together */
static const double ratio_max = 1e5;     /* beyond, the resampler needs seconds for one sample */
static const float peak_max = 4;         /* twelve decibels over full scale: not meant as -1..1 */

struct audio {
    SNDFILE *file;
    struct audio_file source;            /* what file reads from */
    SF_INFO info;
    int fd;
    bool borrowed;                       /* fd is standard input, not to be closed */
    int channels;                        /* given out */
    double rate;                         /* given out */
    soxr_t resampler;                    /* NULL: same rate */
    bool may_be_wild;                    /* not integer PCM: NaN, infinities and any peak can be there */
    int64_t decoded;                     /* source frames read or skipped so far */
    float *raw;                          /* a piece as decoded, [frames, source channels] */
    float *piece;                        /* the same with the channels given out; may be raw */
    int64_t piece_frames;                /* capacity */
    int64_t at, have;                    /* frames of the piece used, there */
    bool ended;                          /* no more pieces */
    int error;                           /* libsndfile's, where decoding stopped */
    float peak;
    float *first;                        /* [channels] of what the last audio_read took */
    int64_t taken;                       /* frames that it took */
    bool varies;                         /* they are not all like the first */
    int64_t non_finite;                  /* frame, -1: none met */
    char complaint[160];
};

/* Keeps the first complaint only. */
__attribute__((format(printf, 2, 3)))
static void complain(struct audio *a, const char *format, ...)
{
    va_list args;

    if (a->complaint[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(a->complaint, sizeof a->complaint, format, args);
    va_end(args);
}

/* ---- opening ---- */

/* libsndfile's words, without the full stops and line ends that some have. */
static const char *library_words(const char *text)
{
    static _Thread_local char words[200];
    size_t n;

    snprintf(words, sizeof words, "%s", text);
    n = strlen(words);
    while (n > 0 && (words[n - 1] == '\n' || words[n - 1] == '.' || words[n - 1] == ' '))
        words[--n] = '\0';
    return words;
}

static int set_unreadable(void)
{
    if (sf_error(NULL) == SF_ERR_UNRECOGNISED_FORMAT)
        return error_set("is not an audio file that libsndfile can read");
    return error_set("cannot be decoded (libsndfile: %s)", library_words(sf_strerror(NULL)));
}

/* The disk failed: for libsndfile the file just ends there. */
static int set_failed(const struct audio *a)
{
    return error_set("cannot be read: %s", strerror(a->source.error));
}

/* Whether what fd holds so far begins like audio of some kind. */
static int recognise(int fd)
{
    SF_INFO info = { 0 };
    char first[3];
    SNDFILE *file;

    /* an MP3 may begin with a cover picture longer than what is there yet */
    if (pread(fd, first, sizeof first, 0) == (ssize_t)sizeof first && memcmp(first, "ID3", 3) == 0)
        return 0;
    file = sf_open_fd(fd, SFM_READ, &info, SF_FALSE);
    if (file == NULL && sf_error(NULL) == SF_ERR_UNRECOGNISED_FORMAT)
        return set_unreadable();
    if (file != NULL)
        sf_close(file);
    return 0;
}

static int set_directory(const char *path)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    return error_set("is a directory: give the files in it, as in '%s %.*s/*.wav'", diag_program(), (int)n,
                     path);
}

/* Leaves in a->fd a descriptor to seek in, and its size. */
static int open_source(struct audio *a, const char *path, int64_t *size)
{
    struct stat s;

    a->borrowed = strcmp(path, "-") == 0;
    a->fd = a->borrowed ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (a->fd < 0 || fstat(a->fd, &s) < 0)
        return error_set("%s", strerror(errno));
    if (S_ISDIR(s.st_mode))
        return set_directory(path);
    if (S_ISCHR(s.st_mode) || S_ISBLK(s.st_mode))
        return error_set("is a %s, not an audio file", isatty(a->fd) ? "terminal" : "device");
    if (!S_ISREG(s.st_mode) || lseek(a->fd, 0, SEEK_CUR) != 0) {
        int copy = audio_spool(a->fd, recognise);

        if (copy < 0)
            return -1;
        if (!a->borrowed)
            close(a->fd);
        a->fd = copy;
        a->borrowed = false;
        if (fstat(a->fd, &s) < 0)
            return error_set("%s", strerror(errno));
    }
    if (s.st_size == 0)
        return error_set("is empty (0 bytes)");
    *size = s.st_size;
    return 0;
}

static bool is_integer_pcm(int format)
{
    switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
        return true;
    default:
        return false;
    }
}

static int start_resampler(struct audio *a, double rate)
{
    soxr_io_spec_t layout = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_S);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t threads = soxr_runtime_spec(1);
    soxr_error_t why = NULL;
    double source = a->info.samplerate;

    if (rate <= 0)
        rate = source;
    a->rate = rate;
    if (rate == source)
        return 0;
    if (source / rate > ratio_max || rate / source > ratio_max)
        return error_set("is at %d Hz, too far from %g Hz to resample", a->info.samplerate, rate);
    a->resampler = soxr_create(source, rate, (unsigned)a->channels, &why, &layout, &quality, &threads);
    if (why != NULL || a->resampler == NULL)
        return error_set("cannot be resampled from %d to %g Hz (libsoxr: %s)", a->info.samplerate, rate,
                         why != NULL ? why : "no reason given");
    return 0;
}

static int start(struct audio *a, const char *path, double rate, bool mono)
{
    int64_t size = 0;
    double share, seconds;

    if (open_source(a, path, &size) < 0)
        return -1;
    a->file = audio_file_open(&a->source, a->fd, &a->info);
    if (a->source.error != 0)
        return set_failed(a);
    if (a->file == NULL)
        return set_unreadable();
    if (a->info.frames <= 0)
        return error_set("holds no samples");
    if (a->info.samplerate < 1 || a->info.channels < 1)
        return error_set("cannot be decoded: %d channels at %d Hz", a->info.channels, a->info.samplerate);
    a->channels = mono ? 1 : a->info.channels;
    a->may_be_wild = !is_integer_pcm(a->info.format);
    share = audio_cut_share(a->fd, size);
    seconds = (double)a->info.frames / a->info.samplerate;
    if (a->info.frames == SF_COUNT_MAX)
        complain(a, "is cut short: nothing marks its end");
    else if (share > 0 && share < 1)
        complain(a, "is cut short: %.3f s of the %.3f s its header promises are there", seconds,
                 seconds / share);
    if (start_resampler(a, rate) < 0)
        return -1;
    a->piece_frames = PIECE_FLOATS / a->info.channels;
    if (a->piece_frames < 16)
        a->piece_frames = 16;
    a->raw = mem_floats((size_t)(a->piece_frames * a->info.channels));
    a->piece = a->channels == a->info.channels ? a->raw : mem_floats((size_t)a->piece_frames);
    a->first = mem_floats((size_t)a->channels);
    return 0;
}

struct audio *audio_open(const char *path, double rate, bool mono)
{
    struct audio *a = mem_zero(1, sizeof *a);

    a->fd = -1;
    a->non_finite = -1;
    if (start(a, path, rate, mono) < 0) {
        audio_close(a);
        return NULL;
    }
    return a;
}

void audio_close(struct audio *a)
{
    if (a == NULL)
        return;
    if (a->file != NULL)
        sf_close(a->file);
    if (a->resampler != NULL)
        soxr_delete(a->resampler);
    if (a->fd >= 0 && !a->borrowed)
        close(a->fd);
    if (a->piece != a->raw)
        free(a->piece);
    free(a->raw);
    free(a->first);
    free(a);
}

int audio_channels(const struct audio *a)
{
    return a->channels;
}

int audio_source_channels(const struct audio *a)
{
    return a->info.channels;
}

int audio_source_rate(const struct audio *a)
{
    return a->info.samplerate;
}

double audio_source_seconds(const struct audio *a)
{
    return a->info.frames == SF_COUNT_MAX ? -1 : (double)a->info.frames / a->info.samplerate;
}

bool audio_constant(const struct audio *a)
{
    return a->taken > 1 && !a->varies;
}

int64_t audio_non_finite(const struct audio *a)
{
    return a->non_finite;
}

const char *audio_complaint(const struct audio *a)
{
    return a->complaint[0] != '\0' ? a->complaint : NULL;
}

/* ---- decoding ---- */

static int check_finite(struct audio *a, int64_t frames)
{
    int channels = a->info.channels;

    for (int64_t i = 0; i < frames * channels; i++)
        if (!isfinite(a->raw[i])) {
            int64_t frame = a->non_finite = a->decoded + i / channels;

            return error_set("sample %lld (at %.4f s), channel %d, is not a finite number", (long long)frame,
                             (double)frame / a->info.samplerate, (int)(i % channels) + 1);
        }
    return 0;
}

/* Mean over the channels of each frame. */
static void mix(const float *raw, int channels, float *mono, int64_t frames)
{
    if (channels == 2) {
        for (int64_t i = 0; i < frames; i++)
            mono[i] = (raw[2 * i] + raw[2 * i + 1]) * 0.5f;
        return;
    }
    for (int64_t i = 0; i < frames; i++) {
        double sum = 0;

        for (int c = 0; c < channels; c++)
            sum += raw[i * channels + c];
        mono[i] = (float)(sum / channels);
    }
}

/* Notes that decoding ended before the frames the file announced. MP3 files
 * often only estimate theirs: a tenth less is nothing to speak of there. */
static void note_end(struct audio *a)
{
    double announced = (double)a->info.frames, there = (double)a->decoded;
    bool estimate = (a->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;

    if (a->info.frames == SF_COUNT_MAX || there >= announced * (estimate ? 0.9 : 1))
        return;
    complain(a, "ends early: %.3f s of %.3f s could be decoded%s%.60s%s", there / a->info.samplerate,
             announced / a->info.samplerate, a->error ? " (libsndfile: " : "",
             a->error ? library_words(sf_error_number(a->error)) : "", a->error ? ")" : "");
}

/* Decodes the next piece; a->ended when there is none. */
static int refill(struct audio *a)
{
    int64_t got = sf_readf_float(a->file, a->raw, a->piece_frames);

    if (a->source.error != 0)
        return set_failed(a);
    a->at = 0;
    a->have = got > 0 ? got : 0;
    if (got < a->piece_frames && a->error == 0)
        a->error = sf_error(a->file);    /* the next call would clear it */
    if (a->have > 0 && a->may_be_wild && check_finite(a, a->have) < 0)
        return -1;
    a->decoded += a->have;
    if (a->have == 0) {
        a->ended = true;
        if (a->decoded == 0)
            return error_set("holds no samples that can be decoded");
        note_end(a);
    } else if (a->piece != a->raw) {
        mix(a->raw, a->info.channels, a->piece, a->have);
    }
    return 0;
}

int audio_seek(struct audio *a, double seconds)
{
    double wanted = round(seconds * a->info.samplerate);
    double length = (double)a->info.frames / a->info.samplerate;

    assert(a->decoded == 0 && seconds >= 0);
    if (wanted >= (double)a->info.frames && a->info.frames != SF_COUNT_MAX)
        return error_set("ends at %.3f s, before the offset of %g s", length, seconds);
    if (wanted == 0)
        return 0;
    if (a->info.seekable && sf_seek(a->file, (sf_count_t)wanted, SEEK_SET) == (sf_count_t)wanted) {
        a->decoded = (int64_t)wanted;
        return 0;
    }
    if (a->info.seekable && sf_seek(a->file, 0, SEEK_SET) != 0)
        return error_set("cannot be searched (libsndfile: %s)", library_words(sf_strerror(a->file)));
    while ((double)a->decoded < wanted) {
        int64_t before = a->decoded;

        if (refill(a) < 0)
            return -1;
        if (a->ended)
            return error_set("ends at %.3f s, before the offset of %g s",
                             (double)a->decoded / a->info.samplerate, seconds);
        if ((double)a->decoded > wanted)
            a->at = (int64_t)wanted - before;
        else
            a->at = a->have;
    }
    return 0;
}

/* ---- giving out ---- */

/* Takes the next frames of the piece, and looks whether they are like the first one. */
static void take(struct audio *a, int64_t frames)
{
    const float *x = a->piece + a->at * a->channels;

    if (a->taken == 0 && frames > 0)
        memcpy(a->first, x, (size_t)a->channels * sizeof *x);
    for (int64_t i = 0; i < frames && !a->varies; i++)
        for (int c = 0; c < a->channels; c++)
            a->varies = a->varies || fabsf(x[i * a->channels + c] - a->first[c]) > AUDIO_QUIET;
    a->taken += frames;
    a->at += frames;
}

/* Moves frames of the piece into x [channels, samples] from column done on. */
static int64_t copy_out(struct audio *a, float *x, int64_t samples, int64_t done)
{
    int64_t n = a->have - a->at, channels = a->channels;
    const float *piece = a->piece + a->at * channels;

    if (n > samples - done)
        n = samples - done;
    if (channels == 1)
        memcpy(x + done, piece, (size_t)n * sizeof *x);
    else
        for (int64_t c = 0; c < channels; c++)
            for (int64_t i = 0; i < n; i++)
                x[c * samples + done + i] = piece[i * channels + c];
    take(a, n);
    return n;
}

/* The same through the resampler; without a piece it gives what it holds back. */
static int64_t resample_out(struct audio *a, float *x, int64_t samples, int64_t done, float **rows)
{
    size_t used = 0, made = 0, wanted = (size_t)(samples - done);
    soxr_error_t why;

    for (int c = 0; c < a->channels; c++)
        rows[c] = x + c * samples + done;
    if (a->at < a->have)
        why = soxr_process(a->resampler, a->piece + a->at * a->channels, (size_t)(a->have - a->at), &used,
                           rows, wanted, &made);
    else
        why = soxr_process(a->resampler, NULL, 0, NULL, rows, wanted, &made);
    if (why != NULL)
        return error_set("cannot be resampled (libsoxr: %s)", why);
    take(a, (int64_t)used);
    return (int64_t)made;
}

/* Peak of what goes out; -1 if mixing or resampling left the range of a float. */
static int check_output(struct audio *a, const float *x, int64_t samples, int64_t done)
{
    for (int c = 0; c < a->channels; c++)
        for (int64_t i = 0; i < done; i++) {
            float size = fabsf(x[c * samples + i]);

            if (!isfinite(size))
                return error_set("has samples too large to work with (over 1e38)");
            if (size > a->peak)
                a->peak = size;
        }
    if (a->peak > peak_max)
        complain(a, "has samples up to %g where full scale is 1: is the file scaled wrongly?", a->peak);
    return 0;
}

int64_t audio_read(struct audio *a, float *x, int64_t samples)
{
    float **rows = mem_alloc((size_t)a->channels * sizeof *rows);
    int64_t done = 0;

    assert(samples > 0);
    a->taken = 0;
    a->varies = false;
    while (done < samples) {
        int64_t n;

        if (a->at == a->have && !a->ended && refill(a) < 0) {
            done = -1;
            break;
        }
        if (a->ended && a->resampler == NULL)
            break;
        if (a->resampler == NULL)
            n = copy_out(a, x, samples, done);
        else
            n = resample_out(a, x, samples, done, rows);
        if (n < 0 || (n == 0 && a->ended)) {
            done = n < 0 ? -1 : done;
            break;
        }
        done += n;
    }
    free(rows);
    if (done < 0 || (a->may_be_wild && check_output(a, x, samples, done) < 0))
        return -1;
    for (int c = 0; c < a->channels; c++)
        memset(x + c * samples + done, 0, (size_t)(samples - done) * sizeof *x);
    return done;
}
