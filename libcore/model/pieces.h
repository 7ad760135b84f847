/* Clips through the network 'spectral', as many at once as there are threads,
 * decoded in pieces of bounded size. Latents are [frames, latent] here. */
#ifndef MODEL_PIECES_H
#define MODEL_PIECES_H

#include <stdint.h>

#include "dsp/pan.h"
#include "dsp/vocoder.h"
#include "model/front.h"
#include "model/file.h"

/* A graph and a vocoder for each thread. */
struct piece_worker {
    struct spectral_graph decoder; /* without a net where not asked for */
    struct vocoder *vocoder;       /* NULL until the first sound */
    struct pan *pan;               /* NULL for one channel */
    float *magnitude;
};

struct pieces {
    struct spectral shape;
    struct params *params;
    struct front front;
    struct front_values v;
    int rows; /* latent frames of a graph, context included */
    int threads;
    struct piece_worker *workers;
};

enum { PIECES_COMPONENTS = 8 }; /* beside the parts of spectral.h: the statistics of train/pca.h */

/* Graphs for parts (SPECTRAL_DECODER, SPECTRAL_PRIOR; SPECTRAL_ENCODER for the
 * parameters of encoding), the model's parameters filled from the rest of its
 * file, which is closed. -1: with the reason; pieces_end is wanted all the same. */
int pieces_begin(struct pieces *p, struct model *m, struct reader *file, const char *path, int parts, int threads);

/* The same over parameters that are there. front stays the caller's. */
void pieces_over(struct pieces *p, const struct spectral *shape, const struct front *front, struct params *params,
                 int threads);
void pieces_end(struct pieces *p);

/* How much each dimension of z moves levels, [latent]: norms of their columns of
 * "dec/out/kernel"; to be released with free(). */
float *pieces_weights(const struct pieces *p);

/* A clip [channels, samples], as the front end sees it. */
struct piece_clip {
    const float *x;
    int64_t samples;
    double level; /* see front_level */
    struct timing timing;
};

/* Its level and timing, for which its meta may be asked (NULL: none). */
struct piece_clip pieces_clip(const struct pieces *p, const struct meta *meta, const float *x, int64_t samples);

/* Latent frames of a clip. */
int64_t pieces_latents(const struct pieces *p, const struct piece_clip *clip);

/* Standardised levels of frames first .. first + count - 1 to y [count,
 * features], the clip's last one repeated beyond its end. */
void pieces_levels(const struct pieces *p, const struct piece_clip *clip, int64_t first, int count, float *y);

/* [rows, columns] to [columns, rows]: streams have latents as [latent, frames]. */
void pieces_turn(const float *from, int64_t rows, int64_t columns, float *to);

/* The posterior's means [rows, latent] of stacked levels y [rows, stride x features]. */
void pieces_means(const struct pieces *p, const float *y, int rows, float *mean);

/* The same of a whole clip. */
void pieces_encode(const struct pieces *p, const struct piece_clip *clip, float *mean);

/* Draws from the posterior, in place of noise [frames, latent]. */
void pieces_draw(const struct pieces *p, const float *mean, int64_t frames, float *noise);

/* Latent frames first .. first + rows - 1 are those of graph g from offset on. */
typedef void piece_take(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows);

/* Runs the decoder over z [frames, latent]: take gets each piece, in order. */
void pieces_decode(const struct pieces *p, int worker, const float *z, int64_t frames, piece_take *take, void *arg);

struct piece_sound {
    double lift; /* share of it: see front_magnitudes */
    bool limit;
    struct vocoder_how phases; /* the same ones for every call of a worker */
};

/* How what was encoded is played, and what a prior has made. */
struct piece_sound pieces_how(bool made, uint64_t seed);

/* The sound of z at the clip's level and timing, [channels, clip->samples] to out (clip->x is not read). */
void pieces_sound(const struct pieces *p, int worker, const struct piece_clip *clip, const float *z, int64_t frames,
                  const struct piece_sound *how, float *out);

/* The sound of standardised levels, given count frames at a time by levels(arg, first, count, y). */
typedef void piece_levels(void *arg, int64_t first, int count, float *y);
void pieces_play(const struct pieces *p, int worker, const struct piece_clip *clip, piece_levels *levels, void *arg,
                 const struct piece_sound *how, float *out);

#endif
