/* Streams through a trained model: audio to latents, latents or noise to audio. */
#ifndef VAE_CODEC_H
#define VAE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "io/stream.h"

enum { CODEC_BATCH = 16 };   /* clips that go through the network together */

/* Reads audio from r (started) and writes a latent stream to fd: "z",
 * "mean" and "logvar" [latent, 1] for each clip. mean_only: z is the mean,
 * else a draw with noise of the seed. -1: with the reason, no whole stream. */
int codec_encode(const char *model, struct reader *r, int fd, const char *label, bool mean_only, uint64_t seed,
                 struct pool *pool);

/* Reads latents or noise from r (started) and writes an audio stream to fd;
 * logits: without the final sigmoid. */
int codec_decode(const char *model, struct reader *r, int fd, const char *label, bool logits, struct pool *pool);

#endif
