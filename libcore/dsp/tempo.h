/* The beat of a clip: how long it is and where it falls. */
#ifndef DSP_TEMPO_H
#define DSP_TEMPO_H

#include <stdbool.h>
#include <stdint.h>

struct tempo {
    double period;               /* of a beat, seconds */
    double phase;                /* of the first beat, seconds, 0 <= phase < period */
    double steadiness;           /* how much of a beat there is, about 0 .. 1 */
};

/* Finds one tempo for the whole of a clip of one channel. false: no steady
 * beat (silence, noise, too short, a tempo that wanders); t->steadiness is set all the same. */
bool tempo_find(const float *x, int64_t samples, double rate, struct tempo *t);

#endif
