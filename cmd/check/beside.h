/* Clips beside those of a reference: each, and all of them. */
#ifndef CMD_CHECK_BESIDE_H
#define CMD_CHECK_BESIDE_H

#include "clips.h"
#include "io/stream.h"

/* The audio stream in the file, started. Ends the program when it is none. */
struct reader *audio_stream(const char *path);

/* Reads the reference and, if not NULL, what was held out from it. Ends the program when they cannot be used. */
void beside_begin(const char *path, const char *held_out, uint64_t seed);

/* Ends the program when the clips of a frame cannot be compared: one rate for all. */
void beside_check(const struct reader *r, const struct frame *f, double rate);

/* Sets the figures of a clip that has lost its mean. */
void beside_clip(const char *track, const float *x, int64_t channels, int64_t samples, struct figures *f);

/* All clips, on standard error, as a table or as the line "comparison" of JSON. Figures that fail are noted. */
void beside_end(const struct clips_how *how);

#endif
