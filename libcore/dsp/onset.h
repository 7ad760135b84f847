/* Where sound sets in: how much louder the bands of the spectrum are than a
 * moment before, frame by frame. Does not depend on the level of the clip. */
#ifndef DSP_ONSET_H
#define DSP_ONSET_H

#include <stdint.h>

struct onset {
    int64_t frames;
    double step; /* seconds from frame to frame, about 0.011 */
    float *rise; /* [frames], >= 0: mean rise of a band's level, dB */
    float *low;  /* [frames], the same of the bands below 200 Hz */
};

/* Of a clip of one channel, samples >= 1, rate 3000 .. 48000 Hz. Figure f
 * stands for the time f step after the start of the clip. */
struct onset onset_find(const float *x, int64_t samples, double rate);
void onset_free(struct onset *o);

#endif
