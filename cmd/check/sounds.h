/* Clips that are looked at together, each by one thread. */
#ifndef CMD_CHECK_SOUNDS_H
#define CMD_CHECK_SOUNDS_H

#include "base/pool.h"
#include "io/clip.h"
#include "measure/figures.h"
#include "measure/melmap.h"

enum { SOUNDS_MOST = 64 };

struct sound {
    char *name, *track;
    double rate;
    int64_t channels, samples;
    float *x;          /* loses its mean, measure/levels.h */
    float *original;   /* the clip that it stands for, NULL for none */
    struct tempo beat; /* that is told of it; else that is found in it */
    struct map map;    /* where the rate is 1000 or more */
    struct figures figures;
};

/* Of one rate. */
struct sounds {
    struct pool *pool;
    struct ear *ears; /* of each worker */
    bool figures;     /* are measured, too */
    int count;
    struct sound sounds[SOUNDS_MOST];
};

struct sounds *sounds_new(struct pool *pool, bool figures);
void sounds_free(struct sounds *s);

/* As many as there are threads, so that a slow stream is not held up for long. */
bool sounds_full(const struct sounds *s);

/* Whether the clip's rate is another than that of those before. */
bool sounds_differ(const struct sounds *s, const struct audio_clip *c);

/* A copy of a clip, named as it is to be shown; its place. */
struct sound *sounds_add(struct sounds *s, const struct audio_clip *c);

/* Finds all that can be told of each by itself. */
void sounds_listen(struct sounds *s);

/* Releases them, and their maps but where others took these. */
void sounds_clear(struct sounds *s);

#endif
