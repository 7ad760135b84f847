/* What the codecs of the networks share. */
#ifndef MODEL_CODEC_PRIVATE_H
#define MODEL_CODEC_PRIVATE_H

#include "model/codec.h"
#include "model/file.h"

struct codec {
    struct model m;
    struct writer *w;
    const char *path, *label; /* of the model file, of the output */
    int fd;
    struct codec_options how;
    struct pool *pool;
    bool warned; /* of latents from another model */
};

/* The output begins with the first result, so that input that is no stream
 * leaves nothing behind. Does nothing when it has begun. */
int codec_begin(struct codec *c, const char *kind);

/* Writes a result. -1: it is not finite, or it cannot be written. */
int codec_put(struct codec *c, const char *name, const struct meta *meta, const struct frame_tensor *tensors,
              size_t count);

/* The same of an encoded clip: three tensors of shape [latent, frames]. */
int codec_put_latent(struct codec *c, const char *name, const struct meta *meta, const int64_t shape[2], float *z,
                     float *mean, float *logvar);

/* The clips of an audio frame, [batch, 1, samples], that the model can take; -1: it cannot, with the reason. */
int codec_audio(const struct model *m, const struct reader *r, const struct frame *f, struct tensor *t);

/* Says how many clips were shorter than the model's, which the network 'notebook' takes for zeros; 0: nothing. */
void codec_note_padded(const struct model *m, int64_t clips);

/* The tensor that a latent or noise frame is decoded from, [at least latent,
 * frames]: any part of noise is noise, so that of a larger shape will do. NULL with the reason. */
const struct tensor *codec_latent(struct codec *c, const struct reader *r, const struct frame *f, int latent);

#endif
