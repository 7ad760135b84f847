/* How loud a clip is. */
#ifndef IO_LOUDNESS_H
#define IO_LOUDNESS_H

#include <stdint.h>

/* Integrated loudness of x [channels, samples], in LUFS: mean power after a
 * filter like the ear, over blocks of 400 ms, without those 10 LU under the
 * rest (ITU-R BS.1770-4, EBU R128). A channel of mono counts once. -INFINITY:
 * under 400 ms, or silent (under -70 LUFS). NAN, with the reason: it cannot be
 * measured. rate >= 1 in Hz. */
double loudness_measure(const float *x, int64_t channels, int64_t samples, int rate);

#endif
