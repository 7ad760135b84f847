/* What the network 'spectral' sees: clips brought to one level, as frames
 * of standardised log magnitudes, and back. Frames come at a fixed hop or
 * follow the beat: BEAT_FRAMES to a beat, the beat on frame 1 of each group.
 * Levels are natural logarithms of magnitudes; of two channels of audio they
 * are those of the mean of both, then those of left and right in a few bands
 * (model/stereo.h). Arrays of them are [frames, features]. */
#ifndef MODEL_SPECTRAL_INPUT_H
#define MODEL_SPECTRAL_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/meta.h"
#include "dsp/features.h"
#include "dsp/grid.h"
#include "nn/net.h"
#include "model/stereo.h"

/* The level that every clip is brought to, as RMS of what sounds in it (level_sounding), before anything is learnt of it. */
#define INPUT_LEVEL 0.1
/* Magnitudes under this one are taken for it. */
#define INPUT_LEAST 1e-7
/* A clip whose level is above this one is refused: samples lie in -1 .. 1. */
#define INPUT_MOST 1e6

/* Channels of audio that can be one clip: mono or stereo. */
enum { CHANNELS_MOST = 2 };

/* Frames to a beat, and the beat in seconds of a clip that has none. */
enum { BEAT_FRAMES = 24 };
#define BEAT_NOMINAL 0.5

struct spectral_input {
    double rate, corner; /* Hz; corner: see dsp/features.h */
    int fft, hop;        /* hop: of frames that do not follow the beat */
    bool beat;           /* frames follow it */
    int channels;        /* of audio */
    struct features *bands;
    struct stereo *stereo; /* NULL for one channel */
};

/* The default input of that rate; -1: not a rate it is made for. */
int input_begin(struct spectral_input *f, double rate, int channels, bool beat);
/* One with given frames, as a model says. */
void input_set(struct spectral_input *f, double rate, int channels, int fft, int hop, double corner, bool beat);
void input_end(struct spectral_input *f);
int input_features(const struct spectral_input *f); /* values of a frame */

/* Where the frames of a clip stand. */
struct timing {
    struct grid grid;
    double period, phase; /* of the beat, of the first beat: seconds; both 0 where frames do not follow it */
    bool steady;          /* the clip has that beat: else it is the nominal one */
};

/* The beat that a clip's meta says as "tempo" (beats per minute), in seconds; 0: it says none. meta may be NULL. */
double input_beat(const struct meta *meta);

/* The timing of a clip: of its meta's "tempo" (beats per minute, 0 for none) and
 * "beat" (seconds to the first one), or found in its sound x [channels, samples]. meta
 * may be NULL, x may be NULL for a clip whose meta says all there is. */
struct timing input_timing(const struct spectral_input *f, const struct meta *meta, const float *x, int64_t samples);
/* The same for a beat that is known. */
struct timing input_timing_beat(const struct spectral_input *f, double period, double phase);
/* Notes tempo and beat in a clip's meta where it has them. */
void input_timing_note(const struct timing *t, struct meta *meta);

/* Frames of a clip, a multiple of the stride. */
int64_t input_frames(struct grid grid, int64_t samples, int stride);

/* The level of a clip x [channels, samples]; what it is multiplied by before its levels are taken, 1 for silence. */
double input_level(const struct spectral_input *f, const float *x, int64_t samples);
double input_gain(double level);

/* y [frames, features] = ln max(gain |X|, INPUT_LEAST) of frames first .. first + frames - 1 of that grid, of a clip that
 * is there from sample from on, x [channels, samples - from]: see features_magnitude. */
void input_levels(const struct spectral_input *f, struct grid grid, const float *x, int64_t from, int64_t samples,
                  double gain, int64_t first, int frames, float *y);

/* The RMS of a frame of levels, of all channels together. */
double input_rms(const struct spectral_input *f, const float *level);

/* ---- what is learnt of levels: statistics of a model ---- */

/* Declares "front/mean", "front/fill", "front/most", "front/lift", "front/spread" [features]; "front/scale",
 * "front/floor", "front/loudest" [1]. */
void input_declare(struct net *net, int features);

/* Where they are. mean and scale: levels are standardised as (level - mean) / scale. Under floor nothing is told
 * apart; fill is what plays there. most: the highest that is let through. lift: what decoding loses. loudest: the RMS
 * of a frame of training clips that one in a hundred exceeds. spread: the scale of a Laplace distribution around
 * decoded levels. All but loudest are natural logarithms. */
struct input_values {
    float *mean, *fill, *most, *lift, *spread, *scale, *floor, *loudest;
    int features;
};
struct input_values input_values(const struct params *params);

/* The highest level that a loss lets through: a factor of 2 over the most of any feature. */
float input_top(const struct input_values *v);

/* y = (max(y, floor) - mean) / scale over count frames. */
void input_standardise(const struct input_values *v, float *y, int64_t count);

/* Magnitudes of a decoded frame y [features], to out [bins]: with that share of the lift, times gain; limit: before that
 * not louder than loudest. Two channels: those of the mean, then what dsp/pan.h wants, [3, bins]. scratch [features]. */
void input_magnitudes(const struct spectral_input *f, const struct input_values *v, const float *y, double lift,
                      bool limit, double gain, float *scratch, float *out);

#endif
