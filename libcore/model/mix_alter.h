/* What becomes of one clip: others on a walk along a dimension, another key, the rest of another clip over its bass. The
 * last two go by what latents sound like to their model, one of the network 'spectral'. */
#ifndef MODEL_MIX_ALTER_H
#define MODEL_MIX_ALTER_H

#include "model/chunks.h"
#include "model/mix.h"

/* One of: a walk, another key, a split. */
struct mix_alter {
    const char *model; /* a file; NULL: none, a walk needs none */
    int64_t dim;       /* of a walk, from 1 on; 0: none */
    double reach;      /* of a walk, to either side, in deviations of the clip's latents over time */
    bool transpose;
    double semitones; /* up */
    double split;     /* Hz; 0: none */
};

/* A model that is heard. */
struct mix_sound {
    struct model m;
    struct chunks p;
};

/* Reads the model, if one is named. -1: it cannot do that, with the reason; mix_sound_end is wanted all the same. */
int mix_sound_begin(struct mix_sound *s, const struct mix_alter *how);
void mix_sound_end(struct mix_sound *s);

/* Whether a clip of that name has the latents that are altered. -1: with the reason. */
int mix_alter_check(const struct mix_sound *s, const struct mix_alter *how, const char *name, int64_t latents);

/* Alters sums of clip a of that meta, parts as in mix.h, of which it may not have the mean: over b, for a split. at: place
 * on the walk, -1 to 1. Says in mix what was done. -1: with the reason. */
int mix_alter(const struct mix_sound *s, const struct mix_alter *how, double at, const struct meta *meta,
              const struct tensor *a, const struct tensor *b, struct mix_sum *sums, struct meta *mix);

/* What makes a clip sound semitones higher: to change [frames, latent] what is to be added to z [frames, latent], whose
 * frames stand at these times. It is decoded, played so much faster, and encoded on a grid that is as much narrower; less
 * what is encoded of it as it is. -1: with the reason. */
int mix_transpose(const struct chunks *p, struct timing timing, double semitones, const float *z, int64_t frames,
                  float *change);

/* To matrix [latent, latent] what the sound of a difference of latents is below hz, as latents: E M D, E and D the linear
 * parts of encoding and decoding, M falling from .9 to .1 over a third of an octave. Of clips a and b,
 * b + matrix (a - b) has the bass of a. */
void mix_low(const struct chunks *p, double hz, float *matrix);

#endif
