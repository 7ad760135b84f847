/* Log-mel maps: how the level in 40 bands moves over time, at one loudness. */
#ifndef MEASURE_MELMAP_H
#define MEASURE_MELMAP_H

#include <stddef.h>
#include <stdint.h>

#include "measure/form.h"

enum {
    MEL_BANDS = 40,
    PATCH_FRAMES = 8, /* a patch: about .17 s */
    PATCH_STRIDE = 4,
    PATCH_DIMS = PATCH_FRAMES * MEL_BANDS,
    WINDOW_FRAMES = 24, /* a window: about 2 s, in steps of 4 frames */
    WINDOW_STEP = 4,
    WINDOW_DIMS = WINDOW_FRAMES * MEL_BANDS
};

/* A map of a clip, and those of many. */
struct map {
    char *track;
    float *data; /* [frames, MEL_BANDS] */
    int64_t frames;
    int half; /* of the clips: 0 or 1 */
    struct form form;
};

struct maps {
    size_t count;
    struct map *maps;
};

struct melmap;

/* Plans for a sample rate of 1000 Hz or more, for one thread. */
struct melmap *melmap_new(double rate);
void melmap_free(struct melmap *m);
double melmap_rate(const struct melmap *m);

int64_t melmap_frames(const struct melmap *m, int64_t samples);
double melmap_hop(const struct melmap *m); /* seconds */

/* map [frames, MEL_BANDS]: 10 log10 (W P + 1e-6) + 40 (levels lie about -40 dB,
 * and products keep more digits without), P the power of dsp/spectrum.h in
 * frames of about 85 ms (hop a quarter), W triangles that add up to 1, evenly
 * spaced on the mel scale 2595 log10 (1 + f / 700) from 40 Hz to rate / 2, x
 * [channels, samples] scaled to an RMS of .1. low: the same up to 1500 Hz, or
 * rate / 2 where that is less. Either may be NULL. */
void melmap_make(struct melmap *m, const float *x, int64_t channels, int64_t samples, float *map, float *low);

/* The map of a clip, with its form (measure/form.h) by a beat, period 0 for none; NULL: without form.
 * track is copied. */
struct map map_make(struct melmap *m, const char *track, const float *x, int64_t channels, int64_t samples,
                    const struct tempo *beat);
void map_free(struct map *m);

/* Number of patches of a map: PATCH_DIMS floats each, one every
 * PATCH_STRIDE x MEL_BANDS floats of the map. */
int64_t patch_count(int64_t frames);

/* ---- windows ---- */

/* Turns map, in place, into its moving average over WINDOW_STEP frames; returns
 * how many frames are left, 0 when there were too few. */
int64_t window_smooth(float *map, int64_t frames);

/* Number of windows of a smoothed map, one starting every hop frames, and
 * window i of them: WINDOW_FRAMES frames, WINDOW_STEP frames apart. */
int64_t window_count(int64_t frames, int64_t hop);
void window_take(const float *map, int64_t start, float *window);

/* All of them [count, WINDOW_DIMS], to be freed. */
float *windows_take(const float *map, int64_t frames, int64_t hop, int64_t *count);

#endif
