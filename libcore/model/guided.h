/* The guided prior: which block of the bank sounds at each place of a new clip.
 * A row of blocks of one clip, the guide, says which harmony and what kind of
 * sound; what is played are blocks of other clips; and where the row
 * repeats itself, so does what was played. */
#ifndef MODEL_GUIDED_H
#define MODEL_GUIDED_H

#include "model/blocks.h"

enum { GUIDED_UNIT_MOST = 8 };

struct guided_how {
    double follow;    /* weight of the guide's harmony */
    double vary;      /* probability that what could return is played anew */
    int64_t unit;     /* blocks that are chosen together, up to GUIDED_UNIT_MOST */
    int64_t nearest;  /* among how many of the best */
    const char *form; /* a letter for each section, or NULL: that of the guide */
    int64_t bars;     /* of a section */
};

struct guided_how guided_defaults(void);

/* What may be followed and played: the tables stay the caller's. */
struct guided {
    const struct blocks *bank;
    struct blocks_far far;
    struct guided_how how;
};

struct guided_walk;

/* A clip of so many blocks (INT64_MAX: without end, in as much memory as one of a thousand) that follows guide (the bank,
 * or blocks of another recording) from one of its blocks on. */
struct guided_walk *guided_begin(const struct guided *g, const struct blocks *guide, int64_t from, int64_t blocks);
void guided_end(struct guided_walk *w);

/* To be called for i = 0, 1, ...: the block of the bank that sounds at place i. At the first of a unit its blocks are
 * chosen. past [2 length, latent] are the weighted
 * latents before it, place and vary uniform draws on [0, 1). */
int64_t guided_next(struct guided_walk *w, int64_t i, const float *past, double place, double vary);

/* The block of the guide that place i follows, for who wants to see the form. */
int64_t guided_row(const struct guided_walk *w, int64_t i);

#endif
