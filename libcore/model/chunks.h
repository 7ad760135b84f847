/* Clips through the network 'spectral', as many at once as there are threads,
 * part by part, a whole clip as one. Products have the same number of rows
 * whatever comes, always cut at the same latents, rows that are not there yet
 * being zeros: so no bit depends on where parts are cut. Latents are
 * [frames, latent] here. */
#ifndef MODEL_CHUNKS_H
#define MODEL_CHUNKS_H

#include <stdint.h>

#include "dsp/vocoder.h"
#include "model/spectral_input.h"
#include "model/file.h"

/* A graph for each thread, and the sound that it makes. */
struct chunk_worker {
    struct spectral_graph decoder; /* without a net where not asked for */
    int64_t start;                 /* the latent that is row 0 of its input, */
    int have;                      /* and how many rows are there */
    struct sound *sound;           /* NULL until the first one */
};

struct chunks {
    struct spectral shape;
    struct params *params;
    struct spectral_input input;
    struct input_values v;
    double gain; /* see struct model */
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

/* A clip as the front end sees it, or what is there of it by now: [channels, samples - from]. */
struct chunk_clip {
    const float *x;
    int64_t from, samples;
    double level; /* see input_level */
    struct timing timing;
    int64_t tail; /* samples at the end that die away, 0: none; of a sound whose samples are known */
};

/* A whole clip, its level and timing: as its meta says (NULL: nothing), else as they are found; x may be NULL where it
 * says both. */
struct chunk_clip chunks_clip(const struct chunks *p, const struct meta *meta, const float *x, int64_t samples);

/* Latent frames of a clip. */
int64_t chunks_latents(const struct chunks *p, const struct chunk_clip *clip);

/* Standardised levels of frames first .. first + count - 1 to y [count,
 * features], the clip's last one repeated beyond its end. */
void chunks_levels(const struct chunks *p, const struct chunk_clip *clip, int64_t first, int count, float *y);

/* [rows, columns] to [columns, rows]: streams have latents as [latent, frames]. */
void chunks_turn(const float *from, int64_t rows, int64_t columns, float *to);

/* ---- to latents ---- */

/* The posterior's means [rows, latent] of stacked levels y [rows, stride x features], of a clip from its begin on. */
void chunks_means(const struct chunks *p, const float *y, int64_t rows, float *mean);

/* The same of the first frames latents of a clip that is there whole. */
void chunks_encode(const struct chunks *p, const struct chunk_clip *clip, int64_t frames, float *mean);

/* A clip on its way to latents. */
struct chunk_encoder {
    const struct chunks *p;
    struct chunk_clip clip; /* x is its own */
    float *kept;
    int64_t next;    /* latent that comes next */
    float *y, *mean; /* of the chunk that it is in: [rows, stride x features], [rows, latent] */
};

/* Starts a clip of that level and timing. */
void chunks_encode_begin(struct chunk_encoder *e, const struct chunks *p, double level, struct timing timing);

/* Its next samples x [channels, count], the last ones or not; the latents that they make known, in their order, to *mean
 * [frames, latent], the caller's. Returns how many. What a frame of a latent still sees is kept: a transform, a latent,
 * and till the clip's first frame is there what it sees by reflection. */
int64_t chunks_encode_push(struct chunk_encoder *e, const float *x, int64_t count, bool last, float **mean);
void chunks_encode_end(struct chunk_encoder *e);

/* Draws from the posterior, in place of noise [frames, latent]. */
void chunks_draw(const struct chunks *p, const float *mean, int64_t frames, float *noise);

/* ---- from latents ---- */

/* Latent frames first .. first + rows - 1 are those of graph g from offset on. */
typedef void chunk_take(void *arg, const struct spectral_graph *g, int64_t first, int offset, int rows);

/* Runs the decoder over z [frames, latent], a whole clip: take gets each chunk, in order. */
void chunks_decode(const struct chunks *p, int worker, const float *z, int64_t frames, chunk_take *take, void *arg);

struct chunk_sound {
    double lift; /* share of it: see input_magnitudes */
    bool limit;
    double gain; /* for what decoding loses of a clip's level; 0: not known, a whole clip is brought to its level */
    struct vocoder_how phases; /* the same ones for every call of a worker */
};

/* How what was encoded is played, and what a prior has made: that is as loud as it comes, and its clips are not all alike. */
struct chunk_sound chunks_how(const struct chunks *p, bool made, uint64_t seed);

/* Starts the sound of a clip of that level and timing. */
void chunks_sound_begin(const struct chunks *p, int worker, const struct chunk_clip *clip,
                        const struct chunk_sound *how);

/* Its next latents, z [frames, latent], and how many samples the clip has, where that is known by now, or 0. The samples
 * that this makes known go to out, channel by channel stride apart. Returns how many. */
int64_t chunks_sound_push(const struct chunks *p, int worker, const float *z, int64_t frames, int64_t samples,
                          float *out, int64_t stride);
/* At most so many come out of such a push, with an end after it where the samples are known. */
int64_t chunks_sound_room(const struct chunks *p, int worker, int64_t frames, int64_t samples);

/* The rest of it, of samples in all, as many as came out at least: to out as before. */
int64_t chunks_sound_end(const struct chunks *p, int worker, int64_t samples, float *out, int64_t stride);
int64_t chunks_sound_given(const struct chunks *p, int worker); /* samples that came out so far */

/* How many samples later than they came in they come out again, encoded and decoded part by part: given i of a clip, at
 * least i less these have come. step: of frames, in samples. Where they follow the beat, of a clip whose first one is at 0. */
int64_t chunks_latency(const struct spectral *shape, const struct spectral_input *input, double step, int iterations);
/* The same for a model of the network 'spectral', 0 for others; of a clip without a beat, which is one at 120 a minute. */
int64_t spectral_latency(const struct model *m, int iterations);

/* The sound of z at the clip's level and timing, [channels, clip->samples] to out (clip->x is not read). */
void chunks_sound(const struct chunks *p, int worker, const struct chunk_clip *clip, const float *z, int64_t frames,
                  const struct chunk_sound *how, float *out);

/* The sound of standardised levels y [chunks_latents x stride, features]. */
void chunks_play(const struct chunks *p, int worker, const struct chunk_clip *clip, const float *y,
                 const struct chunk_sound *how, float *out);

#endif
