/* The front of the network 'spectral': clips brought to one level, as frames
 * of standardised log magnitudes. Frames come at a fixed hop or follow the
 * beat: BEAT_FRAMES to a beat, the beat on frame 1 of each group. */
#ifndef VAE_FRONT_H
#define VAE_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/meta.h"
#include "dsp/features.h"
#include "dsp/grid.h"

/* The level that every clip is brought to, as RMS, before anything is learnt of it. */
#define FRONT_LEVEL 0.1

/* Frames to a beat, and the beat in seconds of a clip that has none. */
enum { BEAT_FRAMES = 24 };
#define BEAT_NOMINAL 0.5

struct front {
    double rate, corner;         /* Hz; corner: see dsp/features.h */
    int fft, hop;                /* hop: of frames that do not follow the beat */
    bool beat;                   /* frames follow it */
    struct features *bands;
};

/* The default front end of that rate; -1: not a rate it is made for. */
int front_begin(struct front *f, double rate, bool beat);
/* A front end with given frames, as a model says. */
void front_set(struct front *f, double rate, int fft, int hop, double corner, bool beat);
void front_end(struct front *f);

/* Where the frames of a clip stand. */
struct timing {
    struct grid grid;
    double period, phase;        /* of the beat, of the first beat: seconds; both 0 where frames do not follow it */
    bool steady;                 /* the clip has that beat: else it is the nominal one */
};

/* The beat that a clip's meta says as "tempo" (beats per minute), in seconds; 0: it says none. meta may be NULL. */
double front_beat(const struct meta *meta);

/* The timing of a clip: of its meta's "tempo" (beats per minute) and "beat"
 * (seconds to the first one), or found in its sound x. meta may be NULL, x may
 * be NULL for a clip whose meta says all there is. */
struct timing front_timing(const struct front *f, const struct meta *meta, const float *x, int64_t samples);
/* The same for a beat that is known. */
struct timing front_timing_beat(const struct front *f, double period, double phase);
/* Notes tempo and beat in a clip's meta where it has them. */
void front_timing_note(const struct timing *t, struct meta *meta);

/* Frames of a clip, a multiple of the stride. */
int64_t front_frames(struct grid grid, int64_t samples, int stride);

/* RMS of a signal, 0 for silence. */
double front_rms(const float *x, int64_t samples);

/* y [channels, stride] = ln max(gain |X|, floor) of frames first .. first + frames - 1 of that grid. */
void front_levels(const struct front *f, struct grid grid, const float *x, int64_t samples, double gain,
                  double floor, int64_t first, int frames, float *y, size_t stride);

/* ln of the largest magnitude that a loss lets through: a factor of 2 over the most of any channel (most as the
 * front end's statistics have it, standardised). */
float front_top(int channels, const float *mean, const float *sd, const float *most);

/* y = (y - mean) / sd per channel. */
void front_standardise(int channels, int frames, size_t stride, const float *mean, const float *sd, float *y);

#endif
