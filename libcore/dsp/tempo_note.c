/* Tempo and beat of the mean of all channels. */
#include "dsp/tempo_note.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/beat.h"
#include "dsp/onset.h"
#include "dsp/tempo.h"

static const double rate_least = 3000, rate_most = 48000; /* what dsp/tempo.h can do */
static const double contrast_least = 1;                   /* of a grid of beats: noise has less */

/* Where the first beat of the tempo that was stated is: the grid of beats that
 * fits best, which may be off that tempo by a little, is met in the middle of
 * the clip. Less than 0: there are no beats to be heard. */
static double first_beat(const float *x, int64_t count, double rate, double period)
{
    struct onset o = onset_find(x, count, rate);
    double middle = (double)count / rate / 2, at;
    struct beat b = beat_fit(&o, period);

    onset_free(&o);
    if (b.contrast < contrast_least)
        return -1;
    at = b.phase + round((middle - b.phase) / b.period) * b.period;
    return at - period * floor(at / period);
}

void tempo_note(struct meta *meta, const float *x, int64_t channels, int64_t samples, int64_t got, double rate,
                double stated)
{
    bool possible = rate >= rate_least && rate <= rate_most, found = stated > 0;
    float *mixed = possible ? mem_floats((size_t)got) : NULL;
    struct tempo t = {.phase = -1};

    for (int64_t c = 0; possible && c < channels; c++)
        for (int64_t i = 0; i < got; i++)
            mixed[i] += x[c * samples + i] / (float)channels;
    if (possible && stated > 0)
        t.phase = first_beat(mixed, got, rate, 60 / stated);
    else if (possible)
        found = tempo_find(mixed, got, rate, &t);
    if (found)
        meta_set(meta, "tempo", meta_real(stated > 0 ? stated : 60 / t.period));
    if (found && t.phase >= 0)
        meta_set(meta, "beat", meta_real(t.phase));
    free(mixed);
}
