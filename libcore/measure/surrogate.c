/* Sounds with random phases. */
#include "measure/surrogate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/fft.h"

void surrogate_phase(float *x, int n, struct rng *r)
{
    struct fft *f = fft_new(n);
    float *in = mem_floats((size_t)n), *spectrum = mem_floats(2 * (size_t)fft_bins(f));

    memcpy(in, x, (size_t)n * sizeof *x);
    fft_forward(f, in, spectrum);
    for (int k = 1; 2 * k < n; k++) { /* the ends of the spectrum are real and stay */
        double phase = 2 * M_PI * rng_uniform(r), re = spectrum[2 * k], im = spectrum[2 * k + 1];

        spectrum[2 * k] = (float)(re * cos(phase) - im * sin(phase));
        spectrum[2 * k + 1] = (float)(re * sin(phase) + im * cos(phase));
    }
    fft_inverse(f, spectrum, in);
    for (int i = 0; i < n; i++)
        x[i] = in[i] / (float)n;
    free(in);
    free(spectrum);
    fft_free(f);
}
