/* Frame positions. */
#include "dsp/grid.h"

#include <math.h>

struct grid grid_fixed(int hop)
{
    return (struct grid){0, hop};
}

int64_t grid_at(struct grid g, int64_t frame)
{
    return (int64_t)floor(g.first + (double)frame * g.step + 0.5);
}

int64_t grid_frames(struct grid g, int64_t samples)
{
    double n = floor(((double)samples - g.first) / g.step);

    return n < 0 ? 1 : 1 + (int64_t)n;
}
