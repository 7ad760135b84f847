/* The window of all transforms here. */
#ifndef DSP_WINDOW_H
#define DSP_WINDOW_H

#include <math.h>

/* The periodic Hann window of n samples: shifted copies add up to a constant, as spectral analysis wants it. */
static inline void window_hann(float *w, int n)
{
    for (int i = 0; i < n; i++)
        w[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / n));
}

#endif
