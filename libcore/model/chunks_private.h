/* What chunks.c and sound.c share. */
#ifndef MODEL_CHUNKS_PRIVATE_H
#define MODEL_CHUNKS_PRIVATE_H

#include "model/chunks.h"

/* Latent frames of a chunk, and with their context. A run of the graph costs the same for one latent as for all: more are
 * faster for whole clips, fewer for those that come latent by latent. */
enum { CHUNK = 32, DECODER_ROWS = CHUNK + SPECTRAL_CONTEXT };

/* Starts a clip in that worker's graph; its next latents, z [frames, latent], as chunks_decode has them. */
void decode_begin(const struct chunks *p, int worker);
void decode_push(const struct chunks *p, int worker, const float *z, int64_t frames, chunk_take *take, void *arg);

void sound_free(struct sound *s);

#endif
