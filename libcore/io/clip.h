/* The clips of audio frames: a frame is one clip, or a batch of them. */
#ifndef IO_CLIP_H
#define IO_CLIP_H

#include "io/stream.h"

/* Sample rate of an audio frame: its own meta's, else its segment's. -1 with
 * the reason when there is none. */
int audio_rate(const struct reader *r, const struct frame *f, double *rate);

/* The tensor of an audio frame as [batch, channels, samples], batch 1 when
 * the frame is not batched; -1 with the reason when it is no such thing. A part may have 0 samples,
 * and is of one clip. */
int audio_tensor(const struct reader *r, const struct frame *f, struct tensor *batch);

/* Name of clip b of an audio frame: the frame's, or from the batch's list. */
const char *audio_clip_name(const struct frame *f, int64_t b);

/* A clip of an audio stream; all of it is the reader's until the next one. */
struct audio_clip {
    const struct frame *frame;
    int64_t number; /* in the frame */
    struct tensor frame_audio;
    bool sounds; /* there were samples, in it or in parts before it */
    const char *name;
    const struct meta *told; /* of it, NULL for nothing */
    const char *track;       /* that it is of: its name where nothing is told */
    double rate;
    int64_t channels, samples;
    float *x; /* [channels, samples] */
};

/* Opens and starts a stream of audio, see reader_open. */
struct reader *clips_open(const char *path);

/* The next clip of r, whatever the frames; *c is all zero before the first one. 1; 0 at the end of a whole stream; -1
 * with the reason. */
int audio_clip_next(struct reader *r, struct audio_clip *c);

/* Its name, with its number where the clips of a batch have none of their own; to be freed. */
char *audio_clip_shown(const struct audio_clip *c);

/* What is told of a clip, as a map of the caller's. */
struct meta *audio_clip_meta(const struct audio_clip *c);

/* Of that what networks read, NULL if there is nothing; the rest would take
 * more room than short clips do. */
struct meta *audio_clip_brief(const struct audio_clip *c);

/* True when the track of the clip (its name where its meta has none) is on the test side, which takes share (0..1) of all
 * names. By the name alone: all clips of a track fall on the same side, in any order, beside any others, today and
 * tomorrow. */
bool split_is_test(const char *name, const struct meta *meta, double share);

/* Whether the clip begins in the last share of its track; -1: it does not say. */
int split_is_late(const char *name, const struct meta *meta, double share);

#endif
