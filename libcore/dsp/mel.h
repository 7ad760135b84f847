/* The mel scale of O'Shaughnessy (Speech Communication, 1987, p. 150), as HTK has it: 2595 log10(1 + f / 700). */
#ifndef DSP_MEL_H
#define DSP_MEL_H

#include <math.h>

static inline double mel_of(double hertz)
{
    return 2595 * log10(1 + hertz / 700);
}

static inline double mel_to_hertz(double mel)
{
    return 700 * (pow(10, mel / 2595) - 1);
}

#endif
