/* Sums over pieces of a file. */
#include "io/audio_mix.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sort.h"

/* An offset is a mean of over a tenth of the rest (-20 dB) that is the same, to its half, in the middle half of the
 * pieces: a drum has a mean too, but not all along. */
static const double offset_min = 0.1;

/* Channels cancel when the mix has less than a tenth of the power that channels would give that have nothing to do with
 * each other. One silent channel, or five of six, do not come near. */
static const double power_min = 0.1;
static const double quiet = 1e-4; /* RMS, -80 dB of full scale: what is below is not judged */

struct audio_mix *audio_mix_new(int channels)
{
    struct audio_mix *m = mem_zero(1, sizeof *m);

    m->channels = channels;
    m->means = mem_zero(((size_t)channels + 1) * AUDIO_LOOKS, sizeof *m->means);
    m->power = mem_zero((size_t)channels + 1, sizeof *m->power);
    m->offsets = mem_floats((size_t)channels);
    return m;
}

void audio_mix_free(struct audio_mix *m)
{
    if (m == NULL)
        return;
    free(m->means);
    free(m->power);
    free(m->offsets);
    free(m);
}

static double mixed(const float *x, int channels)
{
    double sum = 0;

    for (int c = 0; c < channels; c++)
        sum += x[c];
    return sum / channels;
}

void audio_mix_look(struct audio_mix *m, const float *x, int64_t frames)
{
    double n = (double)frames;

    if (frames < 1)
        return;
    for (int c = 0; c <= m->channels; c++) {
        double sum = 0, squares = 0;

        for (int64_t i = 0; i < frames; i++) {
            const float *at = x + i * m->channels;
            double y = c < m->channels ? at[c] : mixed(at, m->channels);

            sum += y;
            squares += y * y;
        }
        m->means[c * AUDIO_LOOKS + m->looks] = sum / n;
        m->power[c] += fmax(squares / n - sum / n * (sum / n), 0);
    }
    m->looks++;
}

static double offset_of(const struct audio_mix *m, int c)
{
    double *means = m->means + c * AUDIO_LOOKS, rms = sqrt(m->power[c] / m->looks), middle, low, high;

    sort_doubles(means, (size_t)m->looks);
    low = means[m->looks / 4];
    middle = means[m->looks / 2];
    high = means[m->looks - 1 - m->looks / 4];
    return rms > quiet && fabs(middle) > offset_min * rms && high - low < fabs(middle) / 2 ? middle : 0;
}

void audio_mix_decide(struct audio_mix *m)
{
    double power = 0;
    int loudest = 0;

    if (m->looks < AUDIO_LOOKS)
        return;
    for (int c = 0; c < m->channels; c++) {
        m->offsets[c] = (float)offset_of(m, c);
        m->offset = fabsf(m->offsets[c]) > fabsf(m->offset) ? m->offsets[c] : m->offset;
        power += m->power[c];
        if (m->power[c] > m->power[loudest])
            loudest = c;
    }
    if (sqrt(power / m->looks) > quiet && m->power[m->channels] * m->channels * m->channels < power_min * power)
        m->only = loudest + 1;
}

void audio_mix_apply(const struct audio_mix *m, float *x, float *y, int64_t frames)
{
    int channels = m->channels;

    for (int64_t i = 0; fabsf(m->offset) > 0 && i < frames; i++)
        for (int c = 0; c < channels; c++)
            x[i * channels + c] -= m->offsets[c];
    if (y == x)
        return;
    for (int64_t i = 0; i < frames; i++) {
        if (m->only > 0)
            y[i] = x[i * channels + m->only - 1];
        else if (channels == 2)
            y[i] = (x[2 * i] + x[2 * i + 1]) * 0.5f;
        else
            y[i] = (float)mixed(x + i * channels, channels);
    }
}
