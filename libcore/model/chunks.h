/* Clips through the network 'spectral', as many at once as there are threads,
 * decoded in chunks of bounded size. Latents are [frames, latent] here. */
#ifndef MODEL_CHUNKS_H
#define MODEL_CHUNKS_H

#include <stdint.h>

#include "dsp/pan.h"
#include "dsp/vocoder.h"
#include "model/spectral_input.h"
#include "model/file.h"

/* A graph and a vocoder for each thread. */
struct chunk_worker {
    struct spectral_graph decoder; /* without a net where not asked for */
    struct vocoder *vocoder;       /* NULL until the first sound */
    struct pan *pan;               /* NULL for one channel */
    float *magnitude;
};

struct chunks {
    struct spectral shape;
    struct params *params;
    struct spectral_input input;
    struct input_values v;
    int rows; /* latent frames of a graph, context included */
    int threads;
    struct chunk_worker *workers;
};

enum { PIECES_COMPONENTS = 8 }; /* beside the parts of spectral.h: the statistics of train/pca.h */

/* Graphs for parts (SPECTRAL_DECODER, SPECTRAL_PRIOR; SPECTRAL_ENCODER for the
 * parameters of encoding), the model's parameters filled from the rest of its
 * file, which is closed. -1: with the reason; chunks_end is wanted all the same. */
int chunks_begin(struct chunks *p, struct model *m, struct reader *file, const char *path, int parts, int threads);

/* Declares all parameters of a model but those of its network's layers: of the front end and of the prior; with
 * components also the principal components that the network began with, "pca/kernel" [latent, stride, features],
 * V / sqrt(w) of the leading eigenvectors and values of the covariance of stride stacked frames, "pca/variance"
 * [latent], w, and "pca/mean" [stride, features], mu. */
void chunks_declare(struct net *net, const struct spectral *shape, const struct prior_shape *prior, bool components);

/* A latent frame's stacked levels y [stride, features] through the components and back, in place; scratch as large as y. */
void chunks_project(const struct spectral *shape, const struct params *params, float *y, float *scratch);

/* The same over parameters that are there. input stays the caller's. */
void chunks_over(struct chunks *p, const struct spectral *shape, const struct spectral_input *input,
                 struct params *params, int threads);
void chunks_end(struct chunks *p);

/* A clip [channels, samples], as the front end sees it. */
struct chunk_clip {
    const float *x;
    int64_t samples;
    double level; /* see input_level */
    struct timing timing;
};

/* Its level and timing, for which its meta may be asked (NULL: none). */
struct chunk_clip chunks_clip(const struct chunks *p, const struct meta *meta, const float *x, int64_t samples);

/* Latent frames of a clip. */
int64_t chunks_latents(const struct chunks *p, const struct chunk_clip *clip);

/* Standardised levels of frames first .. first + count - 1 to y [count,
 * features], the clip's last one repeated beyond its end. */
void chunks_levels(const struct chunks *p, const struct chunk_clip *clip, int64_t first, int count, float *y);

/* [rows, columns] to [columns, rows]: streams have latents as [latent, frames]. */
void chunks_turn(const float *from, int64_t rows, int64_t columns, float *to);

/* The posterior's means [rows, latent] of stacked levels y [rows, stride x features]. */
void chunks_means(const struct chunks *p, const float *y, int rows, float *mean);

/* The same of the first frames latents of a clip. */
void chunks_encode(const struct chunks *p, const struct chunk_clip *clip, int64_t frames, float *mean);

/* Draws from the posterior, in place of noise [frames, latent]. */
void chunks_draw(const struct chunks *p, const float *mean, int64_t frames, float *noise);

/* Latent frames first .. first + rows - 1 are those of graph g from offset on. */
typedef void piece_take(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows);

/* Runs the decoder over z [frames, latent]: take gets each chunk, in order. */
void chunks_decode(const struct chunks *p, int worker, const float *z, int64_t frames, piece_take *take, void *arg);

struct chunk_sound {
    double lift; /* share of it: see input_magnitudes */
    bool limit;
    struct vocoder_how phases; /* the same ones for every call of a worker */
};

/* How what was encoded is played, and what a prior has made. */
struct chunk_sound chunks_how(bool made, uint64_t seed);

/* The sound of z at the clip's level and timing, [channels, clip->samples] to out (clip->x is not read). */
void chunks_sound(const struct chunks *p, int worker, const struct chunk_clip *clip, const float *z, int64_t frames,
                  const struct chunk_sound *how, float *out);

/* The sound of standardised levels, given count frames at a time by levels(arg, first, count, y). */
typedef void piece_levels(void *arg, int64_t first, int count, float *y);
void chunks_play(const struct chunks *p, int worker, const struct chunk_clip *clip, piece_levels *levels, void *arg,
                 const struct chunk_sound *how, float *out);

#endif
