/* Integrated loudness by libebur128. */
#include "io/loudness.h"

#include <ebur128.h>
#include <math.h>
#include <soxr.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

/* The filter lifts what lies above 1.7 kHz, so a rate must leave room for that: lower ones are raised. */
enum { RATE_LEAST = 8000, RATE_RAISED = 48000, BLOCK = 4096 };

/* Samples from done on through the resampler, which also puts the channels side by side; NULL: no more.
 * Returns how many it took, -1 if it or the meter fails. */
static int64_t feed(soxr_t r, ebur128_state *meter, const float *x, int64_t channels, int64_t samples, int64_t done,
                    float *block)
{
    size_t used = 0, made = 0, count = (size_t)(samples - done < BLOCK ? samples - done : BLOCK);
    const float **rows = mem_alloc((size_t)channels * sizeof *rows);
    bool failed;

    for (int64_t c = 0; c < channels; c++)
        rows[c] = x + c * samples + done;
    failed = soxr_process(r, count > 0 ? rows : NULL, count, &used, block, BLOCK, &made) != NULL ||
             (made > 0 && ebur128_add_frames_float(meter, block, made) != EBUR128_SUCCESS);
    free(rows);
    return failed ? -1 : (int64_t)(count > 0 ? used : made);
}

double loudness_measure(const float *x, int64_t channels, int64_t samples, int rate)
{
    soxr_io_spec_t layout = soxr_io_spec(SOXR_FLOAT32_S, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t threads = soxr_runtime_spec(1);
    int raised = rate < RATE_LEAST ? RATE_RAISED : rate;
    ebur128_state *meter = ebur128_init((unsigned)channels, (unsigned long)raised, EBUR128_MODE_I);
    soxr_t r = soxr_create(rate, raised, (unsigned)channels, NULL, &layout, &quality, &threads);
    float *block = mem_floats((size_t)channels * BLOCK);
    double level;
    int64_t step = meter && r ? 1 : -1;

    for (int64_t done = 0; step > 0; done += done < samples ? step : 0)
        step = feed(r, meter, x, channels, samples, done, block);
    if (step < 0 || ebur128_loudness_global(meter, &level) != EBUR128_SUCCESS) {
        error_set("no loudness can be measured: %lld channels at %d Hz, expected 64 at most and more than 15 Hz, "
                  "and memory for it",
                  (long long)channels, rate);
        level = NAN;
    }
    free(block);
    soxr_delete(r);
    if (meter)
        ebur128_destroy(&meter);
    return level;
}
