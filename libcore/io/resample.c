/* Resampling of sound that is there as a whole. */
#include "io/resample.h"

#include <soxr.h>
#include <string.h>

#include "base/error.h"

int resample(const float *x, int64_t samples, double factor, float *y, int64_t count)
{
    soxr_io_spec_t layout = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_runtime_spec_t threads = soxr_runtime_spec(1);
    size_t used, made = 0;
    soxr_error_t why;

    quality.passband_end = 0.98; /* of half the rate: what is above is lost */
    why = soxr_oneshot(factor, 1, 1, x, (size_t)samples, &used, y, (size_t)count, &made, &layout, &quality, &threads);
    if (why != NULL)
        return error_set("cannot be resampled by %g (libsoxr: %s)", factor, why);
    memset(y + made, 0, ((size_t)count - made) * sizeof *y);
    return 0;
}
