/* Levels of a clip, in the time domain. */
#include "measure/levels.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/linalg.h"
#include "base/mem.h"

static const float full_scale = 32767.0f / 32768;
static const double block_seconds = 0.05, silent = 1e-3, offset_most = 0.01;

/* Of x [count]. */
KERNEL(values_sum, (const float *x, int64_t count, double *sum), (x, count, sum))
{
    *sum = 0;
    KERNEL_SUM(*sum, double, 16, i, 0, count, (double)x[i]);
}

int64_t level_clipped(const float *x, int64_t count)
{
    int64_t n = 0;

    for (int64_t i = 0; i < count; i++)
        n += fabsf(x[i]) >= full_scale;
    return n;
}

double level_center(float *x, int64_t channels, int64_t samples)
{
    double farthest = 0;

    for (int64_t c = 0; c < channels; c++, x += samples) {
        double sum, mean;

        values_sum(x, samples, &sum);
        mean = sum / (double)samples;
        for (int64_t i = 0; i < samples && fabs(mean) > offset_most; i++)
            x[i] = (float)(x[i] - mean);
        if (fabs(mean) > fabs(farthest))
            farthest = mean;
    }
    return farthest;
}

double level_rms(const float *x, int64_t count)
{
    assert(count >= 1);
    return sqrt(squares_sum(x, count) / (double)count);
}

/* Mean square of a block over all channels. */
static double block_power(const float *x, int64_t channels, int64_t samples, int64_t start, int64_t count)
{
    double sum = 0;

    for (int64_t c = 0; c < channels; c++)
        sum += squares_sum(x + c * samples + start, count);
    return sum / (double)(channels * count);
}

/* Mean of the blocks above a gate; 0 if there are none. */
static double gated_mean(const double *power, int64_t blocks, double gate)
{
    double sum = 0, count = 0;

    for (int64_t b = 0; b < blocks; b++)
        if (power[b] > gate) {
            sum += power[b];
            count++;
        }
    return count > 0 ? sum / count : 0;
}

double level_sounding(const float *x, int64_t channels, int64_t samples, double rate)
{
    const double silent_gate = 1e-7, relative_gate = 1e-2;
    int64_t block = (int64_t)fmax(1, nearbyint(rate * 0.1)), blocks = samples / block > 0 ? samples / block : 1;
    double *power = mem_alloc((size_t)blocks * sizeof *power), mean;

    for (int64_t b = 0; b < blocks; b++) /* the last one takes what is left */
        power[b] = block_power(x, channels, samples, b * block, b + 1 < blocks ? block : samples - b * block);
    mean = gated_mean(power, blocks, silent_gate);
    mean = gated_mean(power, blocks, fmax(silent_gate, relative_gate * mean));
    free(power);
    return sqrt(mean);
}

double level_peak(const float *x, int64_t count)
{
    float peak = 0;

    for (int64_t i = 0; i < count; i++)
        peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
    return peak;
}

double level_silence(const float *x, int64_t channels, int64_t samples, double rate)
{
    int64_t block = (int64_t)fmax(1, nearbyint(rate * block_seconds)), quiet = 0;

    for (int64_t start = 0; start < samples; start += block) {
        int64_t n = samples - start < block ? samples - start : block;

        if (block_power(x, channels, samples, start, n) < silent * silent)
            quiet += n;
    }
    return (double)quiet / (double)samples;
}

double level_db(double amplitude)
{
    return amplitude > 0 ? 20 * log10(amplitude) : -INFINITY;
}
