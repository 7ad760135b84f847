/* Tempo and first beat of a clip, written into its meta: "tempo" in beats a minute, "beat" in seconds. */
#ifndef DSP_TEMPO_NOTE_H
#define DSP_TEMPO_NOTE_H

#include <stdint.h>

#include "base/meta.h"

/* x [channels, samples], of which the first got samples are looked at, at rate Hz. stated: the tempo, of which only the
 * first beat is looked for; 0: both are. What is not found, or the rate (3000 to 48000) does not allow, is left out. */
void tempo_note(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got, double rate,
                double stated);

#endif
