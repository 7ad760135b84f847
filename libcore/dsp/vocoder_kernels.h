/* The arithmetic of the vocoder, loop by loop; for dsp/vocoder.c alone. */
#ifndef DSP_VOCODER_KERNELS_H
#define DSP_VOCODER_KERNELS_H

#include <math.h>
#include <stdint.h>

#include "base/kernel.h"

/* z = m e^(2 pi i turns): polynomials on an eighth of a turn to each side, coefficients from
 * the Cephes library (Moshier 1989). */
KERNEL(polar, (const float *restrict m, const float *restrict turns, float *restrict z, int n), (m, turns, z, n))
{
    const float magic = 12582912.0f; /* 1.5 x 2^23: adding it rounds to an integer */

    for (int k = 0; k < n; k++) {
        float quarter = (4 * turns[k] + magic) - magic;
        float x = 6.28318530718f * (turns[k] - 0.25f * quarter), x2 = x * x;
        float s = ((-1.9515295891e-4f * x2 + 8.3321608736e-3f) * x2 - 1.6666654611e-1f) * x2 * x + x;
        float c = ((2.4433157118e-5f * x2 - 1.3887316255e-3f) * x2 + 4.1666645683e-2f) * x2 * x2 - 0.5f * x2 + 1;
        int32_t q = (int32_t)quarter;
        float re = q & 1 ? s : c, im = q & 1 ? c : s;

        z[2 * k] = m[k] * ((q + 1) & 2 ? -re : re);
        z[2 * k + 1] = m[k] * (q & 2 ? -im : im);
    }
}

/* The spectrum of a + i b from those of real signals a and b: first half z, mirrored second half y. */
KERNEL(combine, (const float *restrict a, const float *restrict b, float *restrict z, float *restrict y, int n),
       (a, b, z, y, n))
{
    for (int k = 0; k < n; k++) {
        z[2 * k] = a[2 * k] - b[2 * k + 1];
        z[2 * k + 1] = a[2 * k + 1] + b[2 * k];
        y[2 * k] = a[2 * k] + b[2 * k + 1];
        y[2 * k + 1] = b[2 * k] - a[2 * k + 1];
    }
}

/* A complex value as a whole, wherever it stands. */
typedef uint64_t __attribute__((may_alias)) whole;

/* y[k] = x[n - 1 - k] */
KERNEL(reverse, (const whole *restrict x, whole *restrict y, int n), (x, y, n))
{
    for (int k = 0; k < n; k++)
        y[k] = x[n - 1 - k];
}

/* Takes the spectra of a and b apart, scales each to its magnitudes, and combines them again. */
KERNEL(project, (float *restrict z, float *restrict y, const float *restrict ma, const float *restrict mb, int bins),
       (z, y, ma, mb, bins))
{
    for (int k = 0; k < bins; k++) {
        float zr = z[2 * k], zi = z[2 * k + 1], yr = y[2 * k], yi = y[2 * k + 1];
        float ar = zr + yr, ai = zi - yi, br = zi + yi, bi = yr - zr;
        float sa = ma[k] / sqrtf(ar * ar + ai * ai + 1e-30f);
        float sb = mb[k] / sqrtf(br * br + bi * bi + 1e-30f);

        ar *= sa;
        ai *= sa;
        br *= sb;
        bi *= sb;
        z[2 * k] = ar - bi;
        z[2 * k + 1] = ai + br;
        y[2 * k] = ar + bi;
        y[2 * k + 1] = br - ai;
    }
}

/* Adds every other value of z, windowed. */
KERNEL(overlap_add, (const float *restrict z, const float *restrict w, float *restrict x, int n), (z, w, x, n))
{
    for (int t = 0; t < n; t++)
        x[t] += w[t] * z[2 * t];
}

KERNEL(square_add, (const float *restrict w, float *restrict x, int n), (w, x, n))
{
    for (int t = 0; t < n; t++)
        x[t] += w[t];
}

/* Sums of squares become factors. */
KERNEL(invert, (float *restrict x, float least, float scale, int n), (x, least, scale, n))
{
    for (int t = 0; t < n; t++)
        x[t] = scale / (x[t] > least ? x[t] : least);
}

/* and cuts at most */
KERNEL(bring_to_scale, (float *restrict x, const float *restrict by, float most, int n), (x, by, most, n))
{
    for (int t = 0; t < n; t++) {
        float y = x[t] * by[t];

        y = y > most ? most : y;
        x[t] = y < -most ? -most : y;
    }
}

/* Two frames as one complex signal. */
KERNEL(frame_pair,
       (const float *restrict w, const float *restrict a, const float *restrict b, float *restrict z, int n),
       (w, a, b, z, n))
{
    for (int t = 0; t < n; t++) {
        z[2 * t] = w[t] * a[t];
        z[2 * t + 1] = w[t] * b[t];
    }
}

/* ahead = now + momentum (now - before) */
KERNEL(push_on, (const float *restrict now, const float *restrict before, float momentum, float *restrict ahead, int n),
       (now, before, momentum, ahead, n))
{
    for (int t = 0; t < n; t++)
        ahead[t] = now[t] + momentum * (now[t] - before[t]);
}

#endif
