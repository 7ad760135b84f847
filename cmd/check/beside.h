/* Clips beside those of a reference: each, and all of them. */
#ifndef CMD_CHECK_BESIDE_H
#define CMD_CHECK_BESIDE_H

#include "clips.h"
#include "io/stream.h"
#include "sounds.h"

/* The audio stream in the file, started. Ends the program when it is none. */
struct reader *audio_stream(const char *path);

/* Reads the reference and, if not NULL, what was held out from it. Ends the program when they cannot be used. */
void beside_begin(const char *path, const char *held_out, uint64_t seed, bool json, struct pool *pool);

/* -1 with the reason when a clip cannot be compared: one rate for all. */
int beside_check(const struct reader *r, const struct audio_clip *c);

/* Looks at a clip, as sounds_each has it, and sets its figures. */
void beside_look(struct sound *s, int worker);
void beside_take(struct sound *s);

/* All clips, on standard error, as a table or as the line "comparison" of JSON. Figures that fail are noted. */
void beside_end(const struct clips_how *how);

#endif
