/* The parts of a file, each through the library for it. */
#include "io/audio_decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "io/audio_extent.h"
#include "io/audio_file.h"
#include "io/audio_mp3.h"

static const double lost_in_coding = 0.1; /* seconds: what encoders leave out or add at the ends is no damage */

/* Keeps the first complaint only. */
__attribute__((format(printf, 2, 3))) static void complain(struct decoder *d, const char *format, ...)
{
    va_list args;

    if (d->complaint[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(d->complaint, sizeof d->complaint, format, args);
    va_end(args);
}

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

static int set_failed(const struct decoder *d)
{
    return error_set("cannot be read: %s", strerror(d->source.error));
}

/* ---- libsndfile ---- */

static SNDFILE *sound_open(struct audio_file *f, SF_INFO *info)
{
    static SF_VIRTUAL_IO calls = {audio_file_size, audio_file_seek, audio_file_read, NULL, audio_file_tell};

    f->at = 0;
    return sf_open_virtual(&calls, SFM_READ, info, f);
}

static int bytes_of_sample(int format)
{
    switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
        return 1;
    case SF_FORMAT_PCM_16:
        return 2;
    case SF_FORMAT_PCM_24:
        return 3;
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT:
        return 4;
    case SF_FORMAT_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

static bool is_wild(int format)
{
    int bytes = bytes_of_sample(format), coding = format & SF_FORMAT_SUBMASK;

    return bytes == 0 || coding == SF_FORMAT_FLOAT || coding == SF_FORMAT_DOUBLE;
}

/* ---- parts ---- */

/* Whether it begins as streams do, {"cv": "head". */
static bool is_stream(struct audio_file *f)
{
    char b[9];

    f->at = 0;
    return audio_file_read(b, sizeof b, f) == sizeof b && memcmp(b + 1, "\xa2\x63v\xa4head", sizeof b - 1) == 0;
}

static void part_close(struct decoder *d)
{
    if (d->file != NULL)
        sf_close(d->file);
    mp3_close(d->mp3);
    d->file = NULL;
    d->mp3 = NULL;
}

/* MPEG that something stands in front of is found when libsndfile has not recognised it; it never sees any, as it would
 * let libmpg123 write on standard error. */
static int part_open(struct decoder *d, size_t i, bool *foreign)
{
    struct part *p = &d->parts[i];
    bool mpeg;

    part_close(d);
    d->source = (struct audio_file){d->source.fd, p->from, p->end - p->from, 0, d->source.error};
    d->now = i;
    d->done = 0;
    d->error = 0;
    d->info = p->raw;
    mpeg = mp3_sync(&d->source);
    if (!mpeg && (d->file = sound_open(&d->source, &d->info)) != NULL)
        return 0;
    if (!mpeg && strstr(sf_strerror(NULL), "SF_INFO struct incomplete") != NULL)
        return error_set("cannot be decoded: its header has a sample rate that cannot be");
    if (!mpeg && sf_error(NULL) != SF_ERR_UNRECOGNISED_FORMAT && d->source.error == 0)
        return error_set("cannot be decoded (libsndfile: %s)", library_words(sf_strerror(NULL)));
    if (d->source.error == 0 && (d->mp3 = mp3_open(&d->source)) != NULL) {
        p->end = p->from + d->source.size;
        d->info = (SF_INFO){.frames = d->mp3->frames,
                            .samplerate = d->mp3->rate,
                            .channels = d->mp3->channels,
                            .format = SF_FORMAT_MPEG};
        return 0;
    }
    if (d->source.error != 0)
        return set_failed(d);
    *foreign = true;
    if (is_stream(&d->source))
        return error_set(
            "is what a cv program wrote, not an audio file: the next program reads it as in 'cv-train < FILE'");
    return error_set("is not an audio file that libsndfile or libmpg123 can read");
}

/* Samples that the header does not count are read without it. */
static int part_mend(struct decoder *d, struct part *p, const struct audio_extent *e)
{
    int bytes = bytes_of_sample(d->info.format), endian = d->info.format & SF_FORMAT_ENDMASK;
    int64_t frame = (int64_t)bytes * d->info.channels, frames = d->info.frames;
    double rate = d->info.samplerate;
    bool foreign;

    if (e->start == 0 || e->promised < 0 || e->there < e->promised + (frame > 0 ? frame : 1))
        return 0;
    if (frame > 0 && frames * frame > e->there - frame)
        return 0; /* the library has found out by itself */
    if (frame == 0 || (frames > 0 && frames > e->promised / frame + 1)) {
        complain(d, "holds %lld bytes behind the samples that its header counts: they are not read",
                 (long long)(e->there - e->promised));
        return 0;
    }
    complain(d, "has a header that is wrong about its length: %.3f s by it, %.3f s are there and used",
             (double)(e->promised / frame) / rate, (double)(e->there / frame) / rate);
    if (endian == 0)
        endian = e->big ? SF_ENDIAN_BIG : SF_ENDIAN_LITTLE;
    *p = (struct part){e->start,
                       e->start + e->there,
                       e->there / frame,
                       {.samplerate = d->info.samplerate,
                        .channels = d->info.channels,
                        .format = SF_FORMAT_RAW | (d->info.format & SF_FORMAT_SUBMASK) | endian}};
    return part_open(d, d->now, &foreign);
}

/* Opens part i for the first time and looks what it is. */
static int part_begin(struct decoder *d, size_t i, bool open, bool *foreign)
{
    struct part *p = &d->parts[i];
    const char *which = i > 0 ? "is several files in one, of which the last read " : "";
    struct audio_extent e = {0};
    double seconds, promised;
    int bytes;

    if (part_open(d, i, foreign) < 0)
        return -1;
    if (d->mp3 == NULL)
        e = audio_extent(&d->source, p->from, p->end);
    bytes = bytes_of_sample(d->info.format);
    if (e.frame > 0 && bytes > 0 && e.frame != bytes * d->info.channels)
        return error_set("cannot be decoded: its header has %d bits a sample and %d channels, but %d bytes a frame",
                         e.bits, d->info.channels, e.frame);
    if (part_mend(d, p, &e) < 0)
        return -1;
    if (p->raw.format == 0)
        p->frames = d->info.frames == SF_COUNT_MAX ? -1 : d->info.frames;
    seconds = (double)p->frames / d->info.samplerate;
    promised = d->mp3 != NULL                                       ? seconds + (double)d->mp3->missing / d->mp3->rate
               : e.start > 0 && e.promised > e.there && e.there > 0 ? seconds * (double)e.promised / (double)e.there
                                                                    : seconds;
    if (open)
        complain(d, "%sis cut short: nothing marks its end", which);
    else if (promised > seconds)
        complain(d, "%sis cut short: %.3f s of the %.3f s its header promises are there", which, seconds, promised);
    if (d->mp3 != NULL && d->mp3->junk > 0)
        complain(d, "%sis damaged: %lld bytes in it are no sound", which, (long long)d->mp3->junk);
    return 0;
}

/* A part that is joined to others must be like the first. */
static int part_join(struct decoder *d, size_t i, bool open)
{
    struct part *p = &d->parts[i];
    bool foreign;

    if (part_begin(d, i, open, &foreign) < 0) {
        if (d->source.error == 0)
            complain(d, "is several files in one: what is joined to it at byte %lld %s", (long long)p->from,
                     error_text());
        return -1;
    }
    if (d->info.samplerate != d->rate || d->info.channels != d->channels) {
        complain(d,
                 "is several files in one: what is joined to it at byte %lld is unlike it, %d channels at %d Hz, "
                 "and not read",
                 (long long)p->from, d->info.channels, d->info.samplerate);
        return -1;
    }
    d->wild = d->wild || is_wild(d->info.format);
    d->frames = d->frames < 0 || p->frames < 0 ? -1 : d->frames + p->frames;
    return 0;
}

/* What is common to all parts, by the first, which is open. */
static void settle(struct decoder *d)
{
    d->channels = d->info.channels;
    d->rate = d->info.samplerate;
    d->frames = d->parts[0].frames;
    d->wild = is_wild(d->info.format);
}

static int open_parts(struct decoder *d, int64_t size, bool *foreign)
{
    int64_t from = audio_extent_skip_tags(&d->source, 0, size), end;
    bool open;

    for (; d->count == 0 || from < size; from = audio_extent_skip_tags(&d->source, end, size)) {
        if (from > 0 && from >= size)
            return error_set("is cut short: it ends within the tags before its samples");
        end = audio_extent_end(&d->source, from, size, &open);
        d->parts = mem_grow(d->parts, d->count + 1, sizeof *d->parts);
        d->parts[d->count] = (struct part){.from = from, .end = end};
        if (d->count > 0 && part_join(d, d->count, open) < 0)
            break;
        if (d->count == 0 && part_begin(d, 0, open, foreign) < 0)
            return -1;
        if (d->mp3 != NULL)
            end = d->parts[d->count].end;
        if (d->count++ == 0)
            settle(d);
    }
    return d->count > 1 || d->now > 0 ? part_open(d, 0, foreign) : 0;
}

int audio_raw_parse(const char *text, struct audio_raw *raw)
{
    static const struct {
        const char *name;
        int format;
    } codings[] = {{"u8", SF_FORMAT_PCM_U8},
                   {"s16", SF_FORMAT_PCM_16},
                   {"s24", SF_FORMAT_PCM_24},
                   {"s32", SF_FORMAT_PCM_32},
                   {"f32", SF_FORMAT_FLOAT}};
    size_t length = strcspn(text, ",");
    char rest = ',';

    *raw = (struct audio_raw){0};
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (strlen(codings[i].name) == length && memcmp(text, codings[i].name, length) == 0)
            raw->format = codings[i].format | SF_ENDIAN_LITTLE;
    if (raw->format && sscanf(text + length, ",%7d,%4d%c", &raw->rate, &raw->channels, &rest) == 2 && raw->rate >= 1 &&
        raw->channels >= 1 && raw->channels <= 1024)
        return 0;
    return error_set("expected CODING,RATE,CHANNELS as in s16,22050,1: u8, s16, s24, s32 or f32, Hz, 1 to 1024");
}

static SF_INFO raw_info(const struct audio_raw *raw)
{
    return (SF_INFO){.samplerate = raw->rate, .channels = raw->channels, .format = SF_FORMAT_RAW | raw->format};
}

/* The one part of a file without a header. */
static int open_raw(struct decoder *d, int64_t size, const struct audio_raw *raw)
{
    int frame = bytes_of_sample(raw->format) * raw->channels;
    int64_t frames = size / frame;
    bool foreign;

    d->parts = mem_alloc(sizeof *d->parts);
    d->parts[d->count++] = (struct part){0, size, frames, raw_info(raw)};
    if (part_open(d, 0, &foreign) < 0)
        return -1;
    settle(d);
    if (size % frame != 0)
        complain(d, "is no whole number of samples of %d bytes: the last %d bytes are left out, is --raw right?", frame,
                 (int)(size % frame));
    return 0;
}

int decoder_open(struct decoder *d, int fd, const struct audio_raw *raw, bool *foreign)
{
    struct stat s;

    *d = (struct decoder){.source.fd = fd};
    *foreign = false;
    fstat(fd, &s); /* whoever opened it has done so before */
    if ((raw ? open_raw(d, s.st_size, raw) : open_parts(d, s.st_size, foreign)) < 0)
        return -1;
    if (d->source.error != 0) /* libsndfile takes it for the end */
        return set_failed(d);
    return d->frames == 0 ? error_set("holds no samples") : 0;
}

/* Frames by the header of what begins at byte from; libsndfile counts those that are there, where it can see that. */
static int64_t promised_frames(struct decoder *d, int64_t from, int bytes)
{
    struct audio_extent e;
    struct stat s;

    if (fstat(d->source.fd, &s) < 0 || !S_ISREG(s.st_mode))
        return d->info.frames;
    e = audio_extent(&d->source, from, s.st_size);
    return e.promised > e.there ? e.promised / bytes / d->info.channels : d->info.frames;
}

/* Of other files on a pipe libsndfile's readers, that of MPEG at least, leave the memory that is theirs; what cannot be
 * seen before it is read may be one. */
static bool begins_live(int fd)
{
    char magic[4];
    ssize_t n = fd_peek(fd, magic, sizeof magic);

    return n == sizeof magic && (memcmp(magic, "RIFF", 4) == 0 || memcmp(magic, "RIFX", 4) == 0 ||
                                 memcmp(magic, ".snd", 4) == 0 || memcmp(magic, "dns.", 4) == 0);
}

/* Of a file from some byte on, of which libsndfile by itself opens those with a header only; else of what comes. */
static SNDFILE *live_open(struct decoder *d, int64_t from, bool raw)
{
    struct stat s;

    if (!raw || from <= 0 || fstat(d->source.fd, &s) < 0)
        return sf_open_fd(d->source.fd, SFM_READ, &d->info, SF_FALSE);
    d->source.from = from;
    d->source.size = s.st_size > from ? s.st_size - from : 0;
    return sound_open(&d->source, &d->info);
}

int decoder_live(struct decoder *d, int fd, const struct audio_raw *raw)
{
    const int64_t length_open = 0x7f000000; /* from here on what writes a header did not know the length */
    int64_t from = lseek(fd, 0, SEEK_CUR), frames;
    int type, bytes;

    *d = (struct decoder){.source.fd = fd, .live = true, .info = raw ? raw_info(raw) : (SF_INFO){0}};
    if (raw || begins_live(fd))
        d->file = live_open(d, from, raw);
    type = d->info.format & SF_FORMAT_TYPEMASK;
    bytes = bytes_of_sample(d->info.format);
    if (!d->file || (type != SF_FORMAT_RAW && type != SF_FORMAT_WAV && type != SF_FORMAT_WAVEX && type != SF_FORMAT_AU))
        return error_set(
            "cannot be read as it comes: expected WAV or AU, as 'ffmpeg -i FILE -f wav -' makes of others, "
            "or samples without a header with --raw");
    if (sf_error(d->file) != 0) /* of reading: a header that it makes nothing of opens no file */
        return error_set("cannot be read (libsndfile: %s)", library_words(sf_error_number(sf_error(d->file))));
    if (d->info.frames == 0 && type != SF_FORMAT_RAW)
        return error_set("has a header that says 0 samples: what writes it should leave the length open (ffffffff), or "
                         "write no header, for --raw");
    d->parts = mem_alloc(sizeof *d->parts);
    d->parts[d->count++] = (struct part){.frames = -1};
    settle(d);
    if (bytes == 0 || type == SF_FORMAT_RAW)
        return 0;
    frames = promised_frames(d, from, bytes);
    if (d->source.error != 0)
        return set_failed(d);
    if (frames < length_open / bytes / d->info.channels)
        d->parts[0].frames = frames; /* for note_end */
    return 0;
}

void decoder_close(struct decoder *d)
{
    part_close(d);
    free(d->parts);
}

/* ---- reading ---- */

/* FLAC does not say where it ends: what stands behind its last frame is seen there only. */
static void note_behind(struct decoder *d)
{
    int64_t behind = d->source.size - d->source.at;

    if ((d->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC && behind > AUDIO_JUNK)
        complain(d, "is several files in one, or damaged: %lld bytes or more behind its last sample are not read",
                 (long long)behind);
}

/* Notes that decoding ended before the frames that were announced, or by a fault. */
static void note_end(struct decoder *d)
{
    int64_t announced = d->parts[d->now].frames;
    double slack = bytes_of_sample(d->info.format) > 0 || (d->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC
                       ? 0
                       : lost_in_coding * d->rate;
    const char *why = d->error != 0    ? library_words(sf_error_number(d->error))
                      : d->mp3 != NULL ? d->mp3->stopped
                                       : NULL;

    if (announced < 0 && why != NULL)
        complain(d, "ends early: after %.3f s nothing could be decoded (%.80s)", (double)d->done / d->rate, why);
    else if ((double)announced - (double)d->done > slack)
        complain(d, "ends early: %.3f s of %.3f s could be decoded%s%.80s%s", (double)d->done / d->rate,
                 (double)announced / d->rate, why != NULL ? " (" : "", why != NULL ? why : "", why != NULL ? ")" : "");
}

int64_t decoder_read(struct decoder *d, float *x, int64_t frames)
{
    bool foreign;

    for (;;) {
        int64_t got;

        if (d->mp3 != NULL)
            got = mp3_read(d->mp3, x, frames);
        else
            got = sf_readf_float(d->file, x, frames);
        if (d->source.error != 0)
            return set_failed(d);
        if (d->file != NULL && got < frames && d->error == 0)
            d->error = sf_error(d->file); /* the next call would clear it */
        if (d->live && d->error != 0)
            return error_set("cannot be read (libsndfile: %s)", library_words(sf_error_number(d->error)));
        if (got > 0) {
            d->done += got;
            return got;
        }
        note_end(d);
        note_behind(d);
        if (d->now + 1 >= d->count)
            return 0;
        if (part_open(d, d->now + 1, &foreign) < 0)
            return -1;
    }
}

/* Within the part at hand, from its start or by decoding up to there. */
static int64_t seek_in_part(struct decoder *d, int64_t frame)
{
    int64_t room = 4096 / d->channels + 1, at = 0;
    bool foreign;
    float *skipped;

    d->error = 0;
    if (d->mp3 != NULL ? mp3_seek(d->mp3, frame) == 0 : sf_seek(d->file, frame, SEEK_SET) == frame)
        return d->done = frame;
    if (d->source.error != 0)
        return set_failed(d);
    if ((d->mp3 != NULL || d->info.seekable || d->done > frame) && part_open(d, d->now, &foreign) < 0)
        return -1;
    at = d->done;
    skipped = mem_floats((size_t)(room * d->channels));
    while (at < frame) {
        int64_t got = decoder_read(d, skipped, frame - at < room ? frame - at : room);

        at = got < 0 ? -1 : at + got;
        if (got <= 0)
            break;
    }
    free(skipped);
    return at;
}

int64_t decoder_seek(struct decoder *d, int64_t frame)
{
    int64_t before = 0, at;
    size_t i = 0;
    bool foreign;

    while (i + 1 < d->count && d->parts[i].frames >= 0 && frame - before >= d->parts[i].frames)
        before += d->parts[i++].frames;
    if (i != d->now && part_open(d, i, &foreign) < 0)
        return -1;
    at = seek_in_part(d, frame - before);
    return at < 0 ? -1 : before + at;
}
