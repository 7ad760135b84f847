/* A signal continued at both ends by reflection: x[-1] = x[1]. */
#ifndef DSP_REFLECT_H
#define DSP_REFLECT_H

#include <stdint.h>

/* The sample, 0 .. samples - 1, that stands at place t. */
static inline int64_t reflect(int64_t t, int64_t samples)
{
    int64_t period = 2 * (samples - 1);

    if (t >= 0 && t < samples)
        return t;
    if (period == 0)
        return 0;
    t %= period;
    if (t < 0)
        t += period;
    return t < samples ? t : period - t;
}

#endif
