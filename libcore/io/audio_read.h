/* Audio files as floats: decoded, mixed down and resampled by libsoxr (HQ)
 * piece by piece, so that a file of any length takes the memory of a piece. */
#ifndef IO_AUDIO_READ_H
#define IO_AUDIO_READ_H

#include <stdbool.h>
#include <stdint.h>

#define AUDIO_QUIET 1e-4f /* -80 dB of full scale: the noise of 16 bits stays under it */

/* A file that is open. All of it is for reading. */
struct audio {
    int channels;                     /* of what audio_read gives */
    int source_channels, source_rate; /* of the file, */
    double source_seconds;            /* and how long it is, 0: not known before the end */
    double offset;                    /* constant one that is taken out, 0: none */
    int only;              /* channel, from 1, that is given in place of a mix in which it would be lost; 0: none */
    const char *complaint; /* what is wrong so far but does not stop the reading (it ends early, its samples are far
                            * over 1), NULL: nothing */
    int64_t non_finite;    /* the first sample, from 0 at the file's rate, that is no finite number, -1: none met */
    float peak;            /* of what the last audio_read gave */
    bool constant;         /* what that took from the file, two samples or more, was one value in each channel, within
                            * AUDIO_QUIET */
};

struct audio_raw;

/* Opens path ("-": standard input) for reading at rate Hz (0: the file's own),
 * mixed to one channel if mono (the mean, see io/audio_mix.h). What cannot be
 * searched (a pipe) is first copied to a temporary file without a name. raw: of samples without a header
 * (io/audio_decode.h), NULL: there is one. live > 0: of standard input as it comes, so many samples at rate are decoded
 * at a time, nothing is kept or looked at before, so neither an offset nor channels that cancel are found, and
 * audio_seek is not for it. NULL: the reason, without the path, is in error_text: missing, a directory, not audio,
 * damaged, empty, or rates too far apart. */
struct audio *audio_open(const char *path, double rate, bool mono, const struct audio_raw *raw, int64_t live);

/* Goes to seconds (>= 0) from the start, before the first audio_read; -1 when
 * the file ends there or before. The resampler starts afresh from there. */
int audio_seek(struct audio *a, double seconds);

/* The next samples of every channel into x [channels, samples], rows beyond
 * the end of the file set to 0. Returns how many were there, 0 at the end, -1
 * on samples that are not finite numbers. Pieces of any size put one after
 * the other are what resampling the whole at once gives, sample for sample. */
int64_t audio_read(struct audio *a, float *x, int64_t samples);

/* The same for more of a clip: peak and constant are of all since the last audio_read. */
int64_t audio_read_on(struct audio *a, float *x, int64_t samples);

void audio_close(struct audio *a); /* NULL is fine */

#endif
