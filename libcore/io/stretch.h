/* Stretches of clips, each of which counts as a clip of its own, of clips in parts too. */
#ifndef IO_STRETCH_H
#define IO_STRETCH_H

#include "io/clip.h"

struct stretch {
    double seconds;         /* of each; the last one of a clip may be shorter */
    char *of;               /* the clip's name */
    struct audio_clip clip; /* NAME-000, NAME-001 ..., number 0, 1, ... */
    int64_t room, at;       /* samples of them; how far the clip or part at hand has been taken */
    bool full;
};

/* Takes what clip c, or a part of one, adds: true where s->clip has come to its length or the clip to its end; to be called
 * with the same c until it is false. */
bool stretch_next(struct stretch *s, const struct audio_clip *c);
void stretch_free(struct stretch *s);

#endif
