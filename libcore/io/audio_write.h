/* WAV files, as a whole or bit by bit. */
#ifndef IO_AUDIO_WRITE_H
#define IO_AUDIO_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAV_CHANNELS_MAX = 1024, WAV_HEAD_MAX = 512 };

struct wav;

/* An empty WAV. bits: 16 or 24 (integers, rounded) or 32 (floats). rate >= 1 in Hz. NULL: more channels than
 * WAV_CHANNELS_MAX. software, if not NULL, is recorded in the file as what made it (200 bytes at most). */
struct wav *wav_new(int rate, int64_t channels, int bits, const char *software);

/* Appends x, channels rows of samples each, stride apart, which should lie in -1..1: beyond, integers
 * stop at their largest (they do not wrap). -1: over 4 GiB, the most that a WAV can hold, unless wav_take was called. */
int wav_put(struct wav *w, const float *x, int64_t stride, int64_t samples);

/* The bytes of the finished file, which belong to w; no other call but wav_free after this. */
const void *wav_bytes(struct wav *w, size_t *size);

/* Or the bytes that have come since the last call, to be used before the next; the header is the first of them and says
 * that the length is not known. */
const void *wav_take(struct wav *w, size_t *size);

/* Ends a WAV that is taken: something more may be there to take. The header with the length, of the same size as the one
 * that was taken, to head [WAV_HEAD_MAX]; 0: it is over 4 GiB. */
size_t wav_end(struct wav *w, unsigned char *head);
void wav_free(struct wav *w);

/* Whether path is a sound file that records software as what made it. */
bool wav_made_by(const char *path, const char *software);

#endif
