/* The beat of a clip: how long it is and where it falls. */
#ifndef DSP_TEMPO_H
#define DSP_TEMPO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/meta.h"

enum { TEMPO_RATE_LEAST = 3000, TEMPO_RATE_MOST = 48000 }; /* Hz */

struct tempo {
    double period; /* of a beat, seconds: 0.25 .. 1.05 */
    double phase;  /* of the first beat, seconds, 0 <= phase < period */
};

/* Finds one tempo for the whole of a clip x [channels, samples], of which the first
 * got samples are looked at, in the mean of the channels. Where two tempos an octave apart would do, what looks like swing or
 * a walking bass decides, then nearness to 160 a minute: bare clicks are taken as
 * they are from 60 to 180 a minute, faster ones may be halved; swing from 60 to
 * 240, even eighths from 110 (slower ones may come out twice as fast).
 * false: a rate that is not 3000 to 48000 Hz, less than 6 seconds, or no steady beat (dsp/beat.h: silence, noise, a
 * tempo that changes); then period and phase are 0. The phase is early by 10 ms for clicks, late by 10 ms for soft
 * attacks. */
bool tempo_find(const float *x, int64_t channels, int64_t samples, int64_t got, double rate, struct tempo *t);

/* Writes tempo and first beat of a clip into its meta: "tempo" in beats a minute, "beat" in seconds. stated: the tempo,
 * of which only the first beat is looked for; 0: both are. What is not found is left out. */
void tempo_note(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got, double rate,
                double stated);

/* The period (> 0), or what it is halved or doubled to until it lies at 0.3 to
 * below 0.6 seconds: so that it does not matter which of them is called the beat. */
double tempo_fold(double period);

#endif
