/* Window functions. */
#include "dsp/window.h"

#include <assert.h>
#include <math.h>

void window_fill(enum window kind, float *w, int n)
{
    assert(n >= 1);
    for (int i = 0; i < n; i++)
        switch (n == 1 ? WINDOW_RECTANGLE : kind) {
        case WINDOW_RECTANGLE:
            w[i] = 1;
            break;
        case WINDOW_HANN:
            w[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / n));
            break;
        }
}
