/* The clips of an audio stream, for training: in memory, and in a file what is more than that. */
#ifndef TRAIN_DATASET_H
#define TRAIN_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/spool.h"
#include "io/stream.h"

struct clip {
    char *name;
    struct meta *meta; /* of its own what training reads: tempo and beat; NULL: neither */
    size_t batch;      /* which batch of the stream it came in, when the stream was batched */
    int64_t samples;   /* of each channel */
    float *data;       /* channels x samples */
};

struct dataset {
    struct clip *clips;
    size_t count;
    int channels;
    int64_t samples; /* of the longest clip */
    double rate;     /* Hz */
    bool batched;    /* the stream came in batches: they are kept */
    size_t batches;
    size_t tracks;        /* that the clips are of: by their meta, else each is one */
    uint64_t digest;      /* of names, shapes and values */
    struct meta *history; /* of the stream (base/history.h); NULL: it does not say all of it */
    struct spool *spool;  /* where the clips lie, and what is computed from each of them */
};

/* Reads all clips of a started audio reader into a spool, which must outlive
 * them; all must be alike in rate and channels. -1: the stream broke, a clip
 * differs (named), or the spool is full. */
int dataset_spool(struct dataset *d, struct reader *r, struct spool *spool);
void dataset_free(struct dataset *d);

/* Says that clip i is not needed for now; see spool_release. */
void dataset_release(const struct dataset *d, size_t i);

#endif
