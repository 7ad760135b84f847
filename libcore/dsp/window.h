/* Window functions. */
#ifndef DSP_WINDOW_H
#define DSP_WINDOW_H

enum window { WINDOW_RECTANGLE, WINDOW_HANN };

/* Writes the periodic window of n samples: w[i] = w(i / n), so that shifted
 * copies add up to a constant, as spectral analysis wants it. n = 1 gives 1. */
void window_fill(enum window kind, float *w, int n);

#endif
