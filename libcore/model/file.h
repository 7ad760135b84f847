/* Models as streams of kind "model": head meta that says everything about the
 * network and its training, a frame per parameter. See cv-model(5). */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include "base/meta.h"
#include "nn/params.h"
#include "io/stream.h"
#include "model/network.h"
#include "model/prior.h"
#include "model/spectral.h"

struct model {
    struct meta *meta; /* the head's */
    struct params *params;
    const struct network *network;
    int latent; /* dimensions of z */
    struct spectral spectral;
    int channels; /* of audio */
    int fft, hop; /* the spectral network's front end */
    double corner;
    bool beat;   /* its frames follow the beat */
    double gain; /* what decoding multiplies the level of what was encoded by; 0: not known, as in older models */
    struct prior_shape prior;
    double rate;     /* Hz, of the audio it was trained on */
    int64_t samples; /* of the clips it was trained on */
    uint64_t digest; /* of the parameters, once filled */
};

/* What the head of a model that r is at says it is. -1: with the reason; m->meta is to be released all the same. */
int model_describe(struct model *m, const struct reader *r);

/* Reads what the model is and checks that the file is whole; keeps no parameters. */
int model_read_head(struct model *m, const char *path);

/* Opens the model file, reads what it is, and leaves its parameters to
 * model_fill once a graph over m->params has declared those that are wanted.
 * NULL: not a model, or a network this program does not have. */
struct reader *model_open(struct model *m, const char *path);

/* Plans net, a graph over m->params, for inference, and fills its parameters
 * from the rest of the file, which is closed. -1: one is missing, or has
 * another shape, or the file is too short to hold them. */
int model_fill(struct model *m, struct reader *r, const char *path, struct net *net);

/* An array laid out as those of struct params, that goes with each parameter
 * as a tensor: "value" and, in snapshots, what the optimizer keeps. */
struct model_array {
    const char *tensor;
    float *flat;
    bool trainable; /* only for parameters that training changes */
};

/* Writes a model to fd: meta, and the arrays of all parameters. */
int model_write(int fd, const char *label, const struct meta *meta, const struct params *params,
                const struct model_array *arrays, size_t count);

/* Fills the arrays of all parameters that they go with from the rest of a file that was opened
 * with model_open, those that are fitted as the prior left out unless fitted.
 * -1: one is missing, or has another shape. */
int model_read_arrays(const struct model *m, struct reader *r, const struct params *params,
                      const struct model_array *arrays, size_t count, bool fitted);

/* Whether clips are as it was trained on, -1: the reason, which names its file. */
int model_fits(const struct model *m, const char *path, double rate, int channels);

void model_free(struct model *m);

/* A digest as streams have it: 16 hexadecimal digits. */
struct meta *digest_meta(uint64_t digest);

#endif
