/* Streams through a trained model: audio to latents, latents or noise to audio. */
#ifndef MODEL_CODEC_H
#define MODEL_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "io/stream.h"
#include "model/file.h"

/* Options that change nothing with some models and streams: those of decoding, then those of drawing. */
enum codec_option {
    CODEC_SEED,
    CODEC_ITERATIONS,
    CODEC_TEMPO,
    CODEC_LOGITS,
    CODEC_PRIOR,
    CODEC_FOLLOW,
    CODEC_VARY,
    CODEC_BLOCK,
    CODEC_NEAREST,
    CODEC_FORM,
    CODEC_BARS,
    CODEC_GUIDE,
    CODEC_OPTIONS
};

struct codec_options {
    int64_t threads; /* 0: one per processor */
    bool mean_only;  /* encode: z is the posterior's mean, else a draw */
    bool logits;     /* decode, notebook: without the final sigmoid */
    int64_t seed;    /* of the draws, or of the phases that decoding starts from */
    /* decode, spectral */
    int64_t iterations; /* of the vocoder, see dsp/vocoder.h */
    double tempo;       /* beats per minute of all clips, 0: as their meta says */
    /* noise, spectral */
    const char *prior; /* see model/spectral_prior.h; NULL: the best that the model has */
    struct guided_how guided;
    bool given[CODEC_OPTIONS]; /* which were asked for; a warning says which of them change nothing, and why */
};

/* Reads audio from r (started) and writes a latent stream to fd: "z", "mean"
 * and "logvar" [latent, frames] for each clip. -1: with the reason, no whole stream. */
int codec_encode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how);

/* Reads latents or noise from r (started) and writes an audio stream to fd.
 * Noise goes through the prior first. */
int codec_decode(const char *model, struct reader *r, int fd, const char *label, struct codec_options how);

#endif
