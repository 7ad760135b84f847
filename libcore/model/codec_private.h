/* What the codecs of the networks share: clips are read, go through a network as many at once as it takes, and are
 * written in their order. */
#ifndef MODEL_CODEC_PRIVATE_H
#define MODEL_CODEC_PRIVATE_H

#include "base/pool.h"
#include "io/clip.h"
#include "io/output.h"
#include "model/codec.h"
#include "model/file.h"

/* A clip on its way through, or a part of it: then in, out, samples and frames are the part's, and it is alone. */
struct codec_clip {
    char *name;
    struct meta *meta;       /* of a part: what is yet to be written */
    struct meta *said;       /* what maps of a clip in parts have said so far; NULL: it is whole */
    bool part, follows;      /* it goes on in the next map; it is not the first part */
    float *in;               /* audio [channels, samples]; else latents or noise [latent, frames] */
    float *out;              /* z [latent, frames]; decode: audio [channels, samples] */
    float *mean, *logvar;    /* encode: as out */
    int64_t samples, frames; /* of audio, of latents */
    int64_t number;          /* of the clip in the stream */
    bool noise;              /* in is noise */
    double temperature;      /* of noise: what standard normal draws were multiplied by */
    float *guide;            /* noise: latents of a recording to follow, [latent, guide_frames], or NULL */
    int64_t guide_frames;
};

struct codec {
    struct model m;
    struct output out;
    const char *path; /* of the model file */
    struct codec_options how;
    struct pool *pool;
    enum codec_way { CODEC_ENCODE, CODEC_DECODE, CODEC_DRAW } way;
    const char *from;        /* decode, draw: where frames come from, their head, and whether they are noise */
    const struct meta *head; /* */
    bool noise;
    struct codec_clip *clips; /* [room] */
    int held, room;           /* how many are there, and go through at once: set by begin */
    int64_t count, shorter;   /* clips so far, and of audio those shorter than the model's */
    void *state;              /* the network's own, made by begin */
    bool said_origin, said_tempo, said_length, said_start; /* once a run is enough */
    struct {
        int64_t clips;
        double has, wants; /* seconds of the shortest */
    } brief;               /* noise that did not suffice for the clip */
};

/* What a network does for both directions. */
struct codec_kind {
    /* Sets room and state, and fills the parameters from the rest of the model's file, which is closed.
     * -1: with the reason; end is called all the same. */
    int (*begin)(struct codec *c, struct reader *file);
    /* Of the clips held: out, mean, logvar and frames, by mem_alloc, and what their meta says. Of a part, the latents that
     * it makes known. -1: with the reason. */
    int (*encode)(struct codec *c);
    /* The last clip held came in frame f, as noise or latents with in and frames: sets samples. -1: with the reason. */
    int (*take)(struct codec *c, const struct frame *f);
    /* Of the clips held, which are noise: latents in place, as many frames as the samples need, and what their meta says. */
    void (*draw)(struct codec *c);
    /* Of the clips held, latents: out, by mem_alloc, and what their meta says. Of a part, the samples that it makes known,
     * as many as samples says then. */
    void (*decode)(struct codec *c);
    void (*end)(struct codec *c);
    bool parts; /* it takes clips in parts: else the reader joins them */
    /* Why an option changes nothing here; NULL: it does. */
    const char *(*idle)(const struct codec *c, enum codec_option option);
};

/* The next clip of an audio stream, *c all zero before the first one. 1; 0 at the end; -1: the model cannot take it, or
 * the stream is damaged, with the reason. */
int codec_next(const struct model *m, struct reader *r, struct audio_clip *c);

/* Noise through the prior alone: a latent stream to fd, "z" [latent, frames] for each clip. head: that of the noise.
 * NULL, or -1: with the reason. The frames are those of noise streams, and may hold "guide" [latent, frames] as well: the
 * latents of a recording to follow. Of a network whose clips may come in parts the noise may, too, for a clip without end: the
 * first part has the guide, and what is gone on from and one frame at least. codec_draw_end writes the tail if status is 0, and releases c. */
struct codec *codec_draw_begin(const char *model, const struct meta *head, int fd, const char *label,
                               struct codec_options how);
int codec_draw(struct codec *c, const struct frame *f);
int codec_draw_end(struct codec *c, int status);

/* Says, of a network of one length, how many clips were shorter than the model's and padded; 0: nothing. */
void codec_note_padded(const struct model *m, int64_t shorter);

#endif
