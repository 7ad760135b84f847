/* Clips through the network 'spectral' in pieces of bounded size, as many
 * clips at once as there are threads. */
#ifndef VAE_PIECES_H
#define VAE_PIECES_H

#include <stdint.h>

#include "dsp/vocoder.h"
#include "vae/front.h"
#include "vae/model.h"

/* Graphs and a vocoder for each thread. */
struct piece_worker {
    struct spectral_graph encoder, decoder;    /* without a net where not asked for */
    struct vocoder *vocoder;                   /* NULL until the first sound */
    float *magnitude;
};

struct pieces {
    const struct model *m;
    struct front front;
    int context, frames;         /* of a piece, its context included; multiples of the stride */
    int threads;
    int iterations;              /* of the vocoder, its default if nobody sets it */
    struct piece_worker *workers;
    const float *mean, *sd, *most;             /* of the front end's channels */
    double floor;
};

/* Graphs for parts (SPECTRAL_ENCODER, SPECTRAL_DECODER, SPECTRAL_PRIOR), the
 * model's parameters filled from the rest of its file, which is closed. -1:
 * with the reason; pieces_end is wanted all the same. */
int pieces_begin(struct pieces *p, struct model *m, struct reader *file, const char *path, int parts,
                 int threads);
void pieces_end(struct pieces *p);

/* Values of a statistic or parameter of the model. */
const float *pieces_values(const struct pieces *p, const char *name);

/* How much each dimension of z moves levels, [latent]: norms of the rows of
 * "dec/linear/kernel"; to be released with free(). */
float *pieces_weights(const struct pieces *p);

/* A clip, as the front end sees it. */
struct piece_clip {
    const float *x;
    int64_t samples;
    double level;                /* RMS */
    struct timing timing;
};

/* Its level and timing, for which its meta may be asked (NULL: none). */
struct piece_clip pieces_clip(const struct pieces *p, const struct meta *meta, const float *x, int64_t samples);

/* Latent frames of a clip. */
int64_t pieces_latents(const struct pieces *p, const struct piece_clip *clip);

/* Standardised levels of frames first .. first + count - 1 to y [features,
 * count], the clip's last one repeated beyond its end. */
void pieces_levels(const struct pieces *p, const struct piece_clip *clip, int64_t first, int count, float *y);

/* mean and logvar [latent, frames] of a clip; linear, if not NULL, is the mean
 * by the linear path alone. */
void pieces_encode(const struct pieces *p, int worker, const struct piece_clip *clip, float *mean,
                   float *logvar, float *linear);

/* Of the p->frames frames of graph g, those from offset on, count of them, are
 * frames first .. of the clip. */
typedef void piece_take(void *arg, const struct spectral_graph *g, int64_t first, int offset, int count);

/* Runs the decoder over z [latent, frames]: take gets each piece, in order. */
void pieces_decode(const struct pieces *p, int worker, const float *z, int64_t frames, piece_take *take,
                   void *arg);

/* The sound of z at the clip's level and timing, clip->samples to out (clip->x
 * is not read); phases started from seed, the same one for every call; linear:
 * by the linear path alone. */
void pieces_sound(const struct pieces *p, int worker, const struct piece_clip *clip, const float *z,
                  int64_t frames, bool linear, uint64_t seed, float *out);

#endif
