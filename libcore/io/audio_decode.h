/* A file of sound as floats, whatever it is: what is MPEG by libmpg123, all else by libsndfile; files joined end to end
 * are one, and headers that are wrong about the length are put right. With audio_write.c the only code that knows
 * libsndfile. */
#ifndef IO_AUDIO_DECODE_H
#define IO_AUDIO_DECODE_H

#include <sndfile.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/audio_file.h"

struct part {
    int64_t from, end; /* bytes */
    int64_t frames;    /* -1: not known */
    SF_INFO raw;       /* of samples that are read without a header; format 0: there is one */
};

struct decoder {
    int channels, rate;
    int64_t frames;      /* of all that is joined; -1: not known before the end */
    bool wild;           /* not integer PCM: NaN, infinities and any peak can be there */
    char complaint[200]; /* the first thing that was wrong but did not stop the reading, "" */

    /* and what is nobody else's */
    struct audio_file source;
    SNDFILE *file; /* of the part at hand, or */
    struct mp3 *mp3;
    SF_INFO info;
    struct part *parts;
    size_t count, now;
    int64_t done; /* frames of the part at hand */
    int error;    /* libsndfile's, where decoding stopped */
    bool live;    /* where that is no damage but a failure of reading */
};

/* Samples without a header. */
struct audio_raw {
    int format, rate, channels; /* format: libsndfile's coding and byte order */
};

/* CODING,RATE,CHANNELS: "s16,22050,1"; u8, s16, s24, s32 or f32, little-endian. -1: the reason. */
int audio_raw_parse(const char *text, struct audio_raw *raw);

/* Decodes fd, a regular file, from its start; its position is neither used nor changed. raw: of what, NULL: its header says so. -1: the reason; *foreign
 * then says whether it is no audio at all. decoder_close in any case. */
int decoder_open(struct decoder *d, int fd, const struct audio_raw *raw, bool *foreign);

/* The same of fd as it comes, from a pipe perhaps, so WAV, AU, and what is raw only: never sought in, and read no further
 * than decoder_read is asked for. A header may leave the length open. */
int decoder_live(struct decoder *d, int fd, const struct audio_raw *raw);

/* The next frames into x [frames, channels]: how many there were, 0 at the end, -1 when the disk fails. */
int64_t decoder_read(struct decoder *d, float *x, int64_t frames);

/* Goes to that frame, one that there is if their number is known: returns where it is, -1 when it cannot. */
int64_t decoder_seek(struct decoder *d, int64_t frame);
void decoder_close(struct decoder *d);

#endif
