/* Sound as Ogg Opus, for a web page. */
#ifndef IO_AUDIO_OPUS_H
#define IO_AUDIO_OPUS_H

#include <stddef.h>
#include <stdint.h>

enum { OPUS_CHANNELS_MOST = 2 };

/* A whole file with x [channels, samples], channels at most OPUS_CHANNELS_MOST, in about so many bits per second. At rates
 * up to 24 kHz it is resampled to that, else to 48 kHz. The same sound gives the same bytes. To be freed; NULL: with the
 * reason. */
unsigned char *opus_encode(const float *x, int64_t channels, int64_t samples, double rate, int bits, size_t *size);

#endif
