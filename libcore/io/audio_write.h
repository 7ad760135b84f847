/* WAV files made in memory: libsndfile cannot write one into a pipe. */
#ifndef IO_AUDIO_WRITE_H
#define IO_AUDIO_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAV_CHANNELS_MAX = 1024 };

struct wav;

/* An empty WAV. bits: 16 or 24 (integers, rounded) or 32 (floats). rate >= 1
 * in Hz. NULL: more channels than WAV or libsndfile can have. software, if not
 * NULL, is recorded in the file as what made it. */
struct wav *wav_new(int rate, int64_t channels, int bits, const char *software);

/* Appends x [channels, samples], which should lie in -1..1: beyond, integers
 * stop at their largest (they do not wrap). -1: over 4 GiB, the most that a
 * WAV can hold. */
int wav_put(struct wav *w, const float *x, int64_t samples);

/* The bytes of the finished file, which belong to w; no wav_put after this. */
const void *wav_bytes(struct wav *w, size_t *size);
void wav_free(struct wav *w);

/* Whether path is a sound file that records software as what made it. */
bool wav_made_by(const char *path, const char *software);

#endif
