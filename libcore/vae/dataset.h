/* The clips of an audio stream, for training: in memory, and in a file what is more than that. */
#ifndef VAE_DATASET_H
#define VAE_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/spool.h"
#include "io/stream.h"

struct clip {
    char *name;
    struct meta *meta;           /* of its own what training reads: tempo and beat; NULL: neither */
    size_t batch;                /* which batch of the stream it came in, when the stream was batched */
    int64_t samples;             /* of each channel */
    float *data;                 /* channels x samples */
};

struct dataset {
    struct clip *clips;
    size_t count;
    int channels;
    int64_t samples;             /* of the longest clip */
    double rate;                 /* Hz */
    bool batched;                /* the stream came in batches: they are kept */
    size_t batches;
    uint64_t digest;             /* of names, shapes and values */
    struct spool *spool;         /* where the clips lie, and what is computed from each of them */
    bool own_spool;
};

/* Reads all clips of a started audio reader into memory; all must be alike in
 * rate and channels. -1: the stream broke, or a clip differs (named). */
int dataset_read(struct dataset *d, struct reader *r);

/* The same into a spool, which must outlive the clips. -1 also: the spool is full. */
int dataset_spool(struct dataset *d, struct reader *r, struct spool *spool);
void dataset_free(struct dataset *d);

/* Says that clip i is not needed for now; see spool_release. */
void dataset_release(const struct dataset *d, size_t i);

/* Sample rate of an audio frame: its own meta's, else its segment's. -1 with
 * the reason when there is none. */
int audio_rate(const struct reader *r, const struct frame *f, double *rate);

/* The tensor of an audio frame as [batch, channels, samples], batch 1 when
 * the frame is not batched; -1 with the reason when it is no such thing. */
int audio_tensor(const struct reader *r, const struct frame *f, struct tensor *batch);

/* Name of clip b of an audio frame: the frame's, or from the batch's list. */
const char *audio_clip_name(const struct frame *f, int64_t b);

/* Meta of clip b of an audio frame, to be released by the caller. */
struct meta *audio_clip_meta(const struct frame *f, int64_t b);

/* Of that meta what networks read, NULL if there is nothing; the rest would
 * take more room than short clips do. */
struct meta *audio_clip_brief(const struct frame *f, int64_t b);

#endif
