/* New clips from draws: noise, for any model to turn into audio, or latents out of a model's own prior. */
#ifndef MODEL_DRAW_H
#define MODEL_DRAW_H

#include <signal.h>

#include "model/codec.h"

enum { DRAW_SECONDS_MOST = 3639 }; /* of noise for any model */

struct draw {
    int64_t count, seed;
    double temperature;   /* standard deviation of the draws */
    double tempo, length; /* beats per minute; seconds of a clip; 0: as the model, or what is followed, has them */
    bool exact;           /* clips are not brought to whole bars */
    const char *model;    /* NULL: noise */
    const char *start;    /* audio stream whose clips are gone on from; NULL: none */
    double start_seconds; /* so much of each */
    const char *guide;    /* audio stream whose clips are followed; NULL: those of the model's bank */
    const volatile sig_atomic_t
        *ended;               /* with a model: a clip in parts of a block, until this is not 0; NULL: of a length */
    struct codec_options how; /* with a model */
};

/* Writes a stream to fd: of noise, "noise" [dimensions, frames] a clip, or of latents, see codec_draw. A draw is the same
 * however many there are, and however long. -1: the model cannot give what is asked for, or a file not be used, with the
 * reason, no whole stream. */
int draw_run(const struct draw *d, int fd, const char *label);

#endif
