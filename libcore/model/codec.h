/* Streams through a trained model: audio to latents, latents or noise to audio. */
#ifndef MODEL_CODEC_H
#define MODEL_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "io/stream.h"

/* Those of decoding that change nothing with some models and streams. */
enum codec_option {
    CODEC_SEED,
    CODEC_ITERATIONS,
    CODEC_PRIOR,
    CODEC_JUMP,
    CODEC_NEAREST,
    CODEC_TEMPO,
    CODEC_LOGITS,
    CODEC_OPTIONS
};

struct codec_options {
    bool mean_only; /* encode: z is the posterior's mean, else a draw */
    bool logits;    /* decode, notebook: without the final sigmoid */
    uint64_t seed;  /* of the draws, or of the phases that decoding starts from */
    /* decode, spectral */
    const char *prior; /* "normal", "var", "beat", "bank" or "auto": the best that the model has */
    double jump;       /* see model/prior.h */
    int nearest;
    int iterations;            /* of the vocoder, see dsp/vocoder.h */
    double tempo;              /* beats per minute of all clips, 0: as their meta says */
    bool given[CODEC_OPTIONS]; /* decode: which were asked for; a warning says which of them change nothing, and why */
};

/* Reads audio from r (started) and writes a latent stream to fd: "z", "mean"
 * and "logvar" [latent, frames] for each clip. -1: with the reason, no whole stream. */
int codec_encode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how,
                 struct pool *pool);

/* Reads latents or noise from r (started) and writes an audio stream to fd. */
int codec_decode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how,
                 struct pool *pool);

#endif
