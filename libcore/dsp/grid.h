/* Where the frames of a clip stand in time: frame i is centred on the sample
 * nearest to first + i step. A fixed hop is the grid {0, hop}; frames that
 * follow the beat have a step of a fraction of it. */
#ifndef DSP_GRID_H
#define DSP_GRID_H

#include <stdint.h>

struct grid {
    double first; /* samples; may be negative: such frames see the reflected signal */
    double step;  /* samples, >= 1 */
};

struct grid grid_fixed(int hop);

/* The sample that a frame (>= 0) is centred on. */
int64_t grid_at(struct grid g, int64_t frame);

/* How many frames have their centre at samples or before, at least 1. */
int64_t grid_frames(struct grid g, int64_t samples);

#endif
