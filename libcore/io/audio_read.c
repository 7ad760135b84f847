/* Decodes, mixes and resamples audio files piece by piece. */
#include "io/audio_read.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <soxr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/audio_decode.h"
#include "io/audio_mix.h"

enum { PIECE_FLOATS = 1 << 15 };     /* decoded at a time, all channels together */
enum { PROBE = 1 << 20 };            /* bytes of a pipe, after which it is asked whether they are sound */
static const double ratio_max = 1e5; /* beyond, the resampler needs seconds for one sample */
static const float peak_max = 4;     /* twelve decibels over full scale: not meant as -1..1 */

/* A file as it is read; the part that all may see comes first. */
struct source {
    struct audio out;
    struct decoder file;
    struct audio_mix *mix;
    int fd;
    const struct audio_raw *headless; /* what there is in place of a header, NULL: there is one */
    int64_t live;                     /* samples given out at a time, 0: it is a file */
    bool narrow;                      /* the pipe needs no more be made small */
    bool borrowed;                    /* fd is standard input, not to be closed */
    soxr_t resampler;                 /* at the same rate it lays the channels apart */
    int64_t decoded;                  /* source frames read or skipped so far */
    float *raw;                       /* a piece as decoded, [frames, source channels] */
    float *piece;                     /* the same with the channels given out; may be raw */
    int64_t piece_frames;             /* capacity */
    int64_t at, have;                 /* frames of the piece used, there */
    bool ended;                       /* no more pieces */
    float *first;                     /* [channels] of what the last audio_read took */
    int64_t taken;                    /* frames that it took */
    bool varies;                      /* they are not all like the first */
    float loudest;                    /* of the peaks that are complained of */
    char complaint[160];              /* beside the decoder's */
};

/* ---- opening ---- */

/* Whether what fd holds so far begins like audio of some kind: -1 only when it certainly does not. */
static int recognise(int fd)
{
    struct decoder d;
    bool foreign = false;
    int status = decoder_open(&d, fd, NULL, &foreign);

    decoder_close(&d);
    return status < 0 && foreign ? -1 : 0;
}

/* All of a pipe, but no endless one of something else. */
static int copy_all(int from, int to, bool raw)
{
    char piece[1 << 16];
    int64_t total = 0;
    ssize_t n;

    while ((n = fd_read(from, piece, sizeof piece)) > 0) {
        if (fd_put(to, piece, (size_t)n) < 0)
            return error_set("cannot be kept in %s (set TMPDIR to another directory):", temporary_folder());
        if (!raw && total < PROBE && total + n >= PROBE && recognise(to) < 0)
            return -1;
        total += n;
    }
    return n < 0 ? error_set("cannot be read:") : 0;
}

/* A file to seek in, made of what comes out of a pipe. */
static int spool(int fd, bool raw)
{
    int copy = temporary_open();

    if (copy >= 0 && copy_all(fd, copy, raw) < 0) {
        close(copy);
        return -1;
    }
    return copy;
}

static int set_directory(const char *path)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    return error_set("is a directory: '%s -R %.*s' loads what is in it", diag_program(), (int)n, path);
}

/* Leaves in a->fd a descriptor to seek in. */
static int open_source(struct source *a, const char *path)
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
        int copy = spool(a->fd, a->headless != NULL);

        if (copy < 0)
            return -1;
        if (!a->borrowed)
            close(a->fd);
        a->fd = copy;
        a->borrowed = false;
        fstat(a->fd, &s);
    }
    if (s.st_size == 0)
        return error_set("is empty (0 bytes)");
    return 0;
}

static int start_resampler(struct source *a, double rate)
{
    soxr_io_spec_t layout = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_S);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t threads = soxr_runtime_spec(1);
    soxr_error_t why = NULL;
    double source = a->file.rate;

    if (rate <= 0)
        rate = source;
    if (source / rate > ratio_max || rate / source > ratio_max)
        return error_set("is at %d Hz, too far from %g Hz to resample", a->file.rate, rate);
    a->resampler = soxr_create(source, rate, (unsigned)a->out.channels, &why, &layout, &quality, &threads);
    if (why != NULL)
        return error_set("cannot be resampled from %d to %g Hz (libsoxr: %s)", a->file.rate, rate, why);
    return 0;
}

/* Looks at pieces from all over the file for what its channels are like, and decodes it once where nothing else tells how
 * long it is. What is wrong with the pieces is met again when the file is read, but not a read that fails now. */
static int look(struct source *a)
{
    char complaint[sizeof a->file.complaint];
    int64_t frames = a->file.frames, piece = a->piece_frames, n;

    if (frames < 0) {
        for (frames = 0; (n = decoder_read(&a->file, a->raw, piece)) > 0;)
            frames += n;
        if (a->file.source.error != 0)
            return -1;
        a->file.frames = frames;
    }
    memcpy(complaint, a->file.complaint, sizeof complaint);
    if (piece > frames / AUDIO_LOOKS)
        piece = frames / AUDIO_LOOKS;
    for (int i = 0; i < AUDIO_LOOKS && piece > 0; i++) {
        if (decoder_seek(&a->file, frames * i / AUDIO_LOOKS) < 0)
            break;
        audio_mix_look(a->mix, a->raw, decoder_read(&a->file, a->raw, piece));
    }
    if (a->file.source.error != 0)
        return -1;
    audio_mix_decide(a->mix);
    memcpy(a->file.complaint, complaint, sizeof complaint);
    return decoder_seek(&a->file, 0) < 0 ? -1 : 0;
}

/* Standard input as it comes. */
static int open_live(struct source *a)
{
    a->borrowed = true;
    a->fd = STDIN_FILENO;
    if (isatty(a->fd))
        return error_set("is a terminal, not an audio file");
    return decoder_live(&a->file, a->fd, a->headless);
}

static int open_file(struct source *a, const char *path)
{
    bool foreign;

    return open_source(a, path) < 0 ? -1 : decoder_open(&a->file, a->fd, a->headless, &foreign);
}

static int start(struct source *a, const char *path, double rate, bool mono)
{
    int channels;

    if ((a->live > 0 ? open_live(a) : open_file(a, path)) < 0)
        return -1;
    channels = a->file.channels;
    a->out.channels = mono ? 1 : channels;
    if (start_resampler(a, rate) < 0)
        return -1;
    a->piece_frames = PIECE_FLOATS / channels;
    if (a->live > 0 && (double)a->live / rate * a->file.rate < (double)a->piece_frames)
        a->piece_frames = (int64_t)((double)a->live / rate * a->file.rate + .5);
    if (a->piece_frames < 1)
        a->piece_frames = 1;
    if (a->live == 0 && a->piece_frames < 16)
        a->piece_frames = 16;
    a->mix = audio_mix_new(channels);
    a->raw = mem_floats((size_t)(a->piece_frames * channels));
    a->piece = a->out.channels == channels ? a->raw : mem_floats((size_t)a->piece_frames);
    a->first = mem_floats((size_t)a->out.channels);
    return a->live > 0 ? 0 : look(a);
}

/* What is known of the file now. */
static void tell(struct source *a)
{
    a->out.complaint = a->file.complaint[0] != '\0' ? a->file.complaint : a->complaint[0] != '\0' ? a->complaint : NULL;
    a->out.constant = a->taken > 1 && !a->varies;
    if (a->file.frames < 0)
        a->out.source_seconds = (double)a->decoded / a->file.rate;
}

struct audio *audio_open(const char *path, double rate, bool mono, const struct audio_raw *raw, int64_t live)
{
    struct source *a = mem_zero(1, sizeof *a);

    a->headless = raw;
    a->live = live;
    a->fd = -1;
    a->out.non_finite = -1;
    if (start(a, path, rate, mono) < 0) {
        audio_close(&a->out);
        return NULL;
    }
    a->out.source_channels = a->file.channels;
    a->out.source_rate = a->file.rate;
    a->out.source_seconds = (double)a->file.frames / a->file.rate;
    a->out.offset = a->mix->offset;
    a->out.only = a->out.channels < a->file.channels ? a->mix->only : 0;
    tell(a);
    return &a->out;
}

void audio_close(struct audio *audio)
{
    struct source *a = (struct source *)audio;

    if (a == NULL)
        return;
    decoder_close(&a->file);
    audio_mix_free(a->mix);
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

/* ---- decoding ---- */

static int check_finite(struct source *a, int64_t frames)
{
    int channels = a->file.channels;

    for (int64_t i = 0; i < frames * channels; i++)
        if (!isfinite(a->raw[i])) {
            int64_t frame = a->out.non_finite = a->decoded + i / channels;

            return error_set("sample %lld (at %.4f s), channel %d, is not a finite number", (long long)frame,
                             (double)frame / a->file.rate, (int)(i % channels) + 1);
        }
    return 0;
}

/* Decodes the next piece; a->ended when there is none. */
static int refill(struct source *a)
{
    int64_t got;

    a->narrow = a->narrow || a->live == 0 || fd_narrow(a->fd);
    got = decoder_read(&a->file, a->raw, a->piece_frames);
    if (got < 0)
        return -1;
    a->at = 0;
    a->have = got;
    if (got > 0 && a->file.wild && check_finite(a, got) < 0)
        return -1;
    a->decoded += got;
    if (got == 0) {
        a->ended = true;
        return a->decoded == 0 ? error_set("holds no samples that can be decoded") : 0;
    }
    audio_mix_apply(a->mix, a->raw, a->piece, got);
    return 0;
}

int audio_seek(struct audio *audio, double seconds)
{
    struct source *a = (struct source *)audio;
    double wanted = round(seconds * a->file.rate);
    int64_t frames = a->file.frames;

    assert(a->decoded == 0 && seconds >= 0);
    if (wanted == 0)
        return 0;
    a->decoded = wanted < (double)frames ? decoder_seek(&a->file, (int64_t)wanted) : frames;
    if (a->decoded < 0)
        return -1;
    if ((double)a->decoded < wanted || a->decoded == frames)
        return error_set("ends at %.3f s, before the offset of %g s", (double)a->decoded / a->file.rate, seconds);
    return 0;
}

/* ---- giving out ---- */

/* Takes the next frames of the piece, and looks whether they are like the first one. */
static void take(struct source *a, int64_t frames)
{
    const float *x = a->piece + a->at * a->out.channels;

    if (a->taken == 0 && frames > 0)
        memcpy(a->first, x, (size_t)a->out.channels * sizeof *x);
    for (int64_t i = 0; i < frames && !a->varies; i++)
        for (int c = 0; c < a->out.channels; c++)
            a->varies = a->varies || fabsf(x[i * a->out.channels + c] - a->first[c]) > AUDIO_QUIET;
    a->taken += frames;
    a->at += frames;
}

/* What the piece gives into x [channels, samples] from column done on; without one, what the resampler holds back. */
static int64_t resample_out(struct source *a, float *x, int64_t samples, int64_t done, float **rows)
{
    size_t used = 0, made = 0, wanted = (size_t)(samples - done);
    soxr_error_t why;

    for (int c = 0; c < a->out.channels; c++)
        rows[c] = x + c * samples + done;
    if (a->at < a->have)
        why = soxr_process(a->resampler, a->piece + a->at * a->out.channels, (size_t)(a->have - a->at), &used, rows,
                           wanted, &made);
    else
        why = soxr_process(a->resampler, NULL, 0, NULL, rows, wanted, &made);
    if (why != NULL)
        return error_set("cannot be resampled (libsoxr: %s)", why);
    take(a, (int64_t)used);
    return (int64_t)made;
}

/* Peak of what goes out; -1 if mixing or resampling left the range of a float. */
static int check_output(struct source *a, const float *x, int64_t samples, int64_t done)
{
    float peak = 0;

    for (int c = 0; c < a->out.channels; c++)
        for (int64_t i = 0; i < done; i++) {
            float size = fabsf(x[c * samples + i]);

            if (!isfinite(size))
                return error_set("has samples too large to work with (over 1e38)");
            if (size > peak)
                peak = size;
        }
    a->out.peak = peak > a->out.peak ? peak : a->out.peak;
    if (peak > peak_max && peak > a->loudest) {
        a->loudest = peak;
        snprintf(a->complaint, sizeof a->complaint,
                 "has samples up to %g where full scale is 1: is the file scaled wrongly?", peak);
    }
    return 0;
}

/* As many samples as there are, up to so many. */
static int64_t fill(struct source *a, float *x, int64_t samples)
{
    float **rows = mem_alloc((size_t)a->out.channels * sizeof *rows);
    int64_t done = 0, n = 1;

    while (n >= 0 && done < samples) {
        if (a->at == a->have && !a->ended && refill(a) < 0)
            n = -1;
        else
            n = resample_out(a, x, samples, done, rows);
        if (n == 0 && a->ended)
            break;
        done += n;
    }
    free(rows);
    return n < 0 ? -1 : done;
}

int64_t audio_read_on(struct audio *audio, float *x, int64_t samples)
{
    struct source *a = (struct source *)audio;
    int64_t done;

    assert(samples > 0);
    done = fill(a, x, samples);
    if (done >= 0 && check_output(a, x, samples, done) < 0)
        done = -1;
    tell(a);
    for (int c = 0; done >= 0 && c < a->out.channels; c++)
        memset(x + c * samples + done, 0, (size_t)(samples - done) * sizeof *x);
    return done;
}

int64_t audio_read(struct audio *audio, float *x, int64_t samples)
{
    struct source *a = (struct source *)audio;

    a->taken = 0;
    a->varies = false;
    a->out.peak = 0;
    return audio_read_on(audio, x, samples);
}
