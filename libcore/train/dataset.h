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
    size_t number;     /* its place in the stream */
    size_t batch;      /* which batch of the stream it came in, when the stream was batched */
    int64_t samples;   /* of each channel */
    float *data;       /* channels x samples */
};

/* This rank's clips (base/team.h). */
struct dataset {
    struct clip *clips;
    size_t count;
    int channels;
    double rate;  /* Hz */
    bool batched; /* the stream came in batches: they are kept */
    size_t batches;
    struct spool *spool; /* where the clips lie, and what is computed from each of them */
    /* of the clips of all ranks: */
    size_t all;           /* how many */
    int64_t samples;      /* of the longest */
    double seconds;       /* of sound */
    size_t tracks;        /* that they are of: by their meta, else each is one; counted by each reader */
    uint64_t digest;      /* of names, shapes and values; of several streams, of their digests */
    struct meta *history; /* of the stream (base/history.h); NULL: it does not say all of it, or there are several */
};

/* Reads all clips of a started audio reader into a spool, which must outlive
 * them; all must be alike in rate and channels. Of several ranks each has a reader, or only rank 0, which then hands each
 * clip to the rank with the fewest samples so far; a rank may be left without one. -1: the stream broke, a clip
 * differs (named), or the spool is full. */
int dataset_spool(struct dataset *d, struct reader *r, struct spool *spool);
void dataset_free(struct dataset *d);

/* Says that clip i is not needed for now; see spool_release. */
void dataset_release(const struct dataset *d, size_t i);

#endif
