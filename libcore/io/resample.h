/* Sound at another rate. */
#ifndef IO_RESAMPLE_H
#define IO_RESAMPLE_H

#include <stdint.h>

/* One channel x [samples] as it is played at factor times its speed, to y [count], silence beyond its end; nothing of x
 * sounds above half the rate. -1: with the reason. */
int resample(const float *x, int64_t samples, double factor, float *y, int64_t count);

#endif
