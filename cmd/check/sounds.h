/* Clips of a stream, each looked at by one thread. */
#ifndef CMD_CHECK_SOUNDS_H
#define CMD_CHECK_SOUNDS_H

#include "base/pool.h"
#include "io/clip.h"
#include "measure/compare.h"
#include "measure/figures.h"

struct sound {
    char *name, *track;
    double rate;
    int64_t channels, samples;
    float *x;          /* loses its mean, measure/levels.h; NULL once it has been listened to by sounds_each */
    float *original;   /* the clip that it stands for, NULL for none */
    struct tempo beat; /* that is told of it; else that is found in it */
    struct map map;    /* where the rate is 1000 or more */
    struct figures figures;
    struct compare_clip beside;
    int64_t number; /* of those read before it */
    bool done;
    struct sound *next; /* read after it */
};

/* A copy of a clip, named as it is to be shown. */
struct sound *sound_begin(const struct audio_clip *c);
void sound_end(struct sound *s); /* and its map but where others took this */

struct sounds; /* plans of each of a pool's threads */

/* figures: are measured, too. */
struct sounds *sounds_new(struct pool *pool, bool figures);
void sounds_free(struct sounds *s);

/* Finds all that can be told of a clip by itself; worker: that calls. */
void sound_listen(struct sounds *all, struct sound *s, int worker);

/* What a comparison needs of it, which takes its map; for compare_take of s->beside. */
void sound_compare(struct sound *s, const struct compare *c, enum compare_set set, int worker);

/* What is done with clips. */
struct sounds_how {
    int (*read)(struct sound **s);             /* the next: 1; 0: there is none; -1 with the reason */
    void (*look)(struct sound *s, int worker); /* once it has been listened to; NULL: nothing */
    void (*take)(struct sound *s);             /* in the order they were read in, once those before are taken */
};

/* All clips: one thread at a time reads, and one takes; each listens to what it has read. 0 when all were, -1 with the reason
 * when reading failed; those before are taken. */
int sounds_each(struct sounds *s, const struct sounds_how *how);

#endif
