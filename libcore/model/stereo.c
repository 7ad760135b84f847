/* Bands of left and right, and what they make of the mean. */
#include "model/stereo.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dsp/mel.h"

/* The power of the side is at most so much over the mean's: where channels cancel, its noise is not blown up. */
static const double side_most = 100;

struct stereo {
    int channels, bins, fft;
    int *band;                /* [channels] */
    double *width;            /* [channels] bins that one stands for */
    double all[STEREO_BANDS]; /* and a band */
    float *place;             /* [bins] among the middles of bands, 0 to STEREO_BANDS - 1 */
    float *sign;              /* [bins] of the spread */
};

struct stereo *stereo_new(const struct features *f, double rate, int fft)
{
    struct stereo *s = mem_zero(1, sizeof *s);
    double most = mel_of(rate / 2);

    s->channels = features_channels(f);
    s->bins = features_bins(f);
    s->fft = fft;
    s->band = mem_alloc((size_t)s->channels * sizeof *s->band);
    s->width = mem_alloc((size_t)s->channels * sizeof *s->width);
    s->place = mem_alloc((size_t)s->bins * sizeof *s->place);
    s->sign = mem_alloc((size_t)s->bins * sizeof *s->sign);
    for (int c = 0; c < s->channels; c++) {
        double low = features_middle(f, c > 0 ? c - 1 : c), high = features_middle(f, c + 1 < s->channels ? c + 1 : c);
        int b = (int)(mel_of(features_middle(f, c) * rate / fft) / most * STEREO_BANDS);

        s->band[c] = b < STEREO_BANDS ? b : STEREO_BANDS - 1;
        s->width[c] = (high - low) / 2;
        s->all[s->band[c]] += s->width[c];
    }
    for (int k = 0; k < s->bins; k++) {
        double at = mel_of(k * rate / fft) / most * STEREO_BANDS - 0.5;

        s->place[k] = (float)fmin(fmax(at, 0), STEREO_BANDS - 1);
        s->sign[k] = (int)(at + 0.5) / 2 % 2 ? -1 : 1;
    }
    return s;
}

void stereo_free(struct stereo *s)
{
    if (!s)
        return;
    free(s->band);
    free(s->width);
    free(s->place);
    free(s->sign);
    free(s);
}

int stereo_band(const struct stereo *s, int c)
{
    return s->band[c];
}

void stereo_bands(const struct stereo *s, const float *magnitude, float *band)
{
    double power[STEREO_BANDS] = {0};

    for (int c = 0; c < s->channels; c++)
        power[s->band[c]] += s->width[c] * (double)magnitude[c] * (double)magnitude[c];
    for (int b = 0; b < STEREO_BANDS; b++)
        band[b] = (float)sqrt(power[b] / s->all[b]);
}

double stereo_rms(const struct stereo *s, const float *level)
{
    double sum = 0;

    for (int b = 0; b < 2 * STEREO_BANDS; b++)
        sum += s->all[b % STEREO_BANDS] * exp(2 * (double)level[b]) / 2;
    return sqrt(2 * sum / 0.375) / s->fft; /* see features_rms */
}

/* Of one band, from its powers: between which side^2 / mean^2 there is such a difference of left and right, and what
 * of it is in phase. Decoded levels need not fit each other: the difference is what is kept. */
static void side_of(double mean, double left, double right, float *lean, float *spread)
{
    double both = left + right, apart = both > 0 ? (left - right) / both : 0, in_phase;
    double least = apart / (1 + sqrt(1 - apart * apart)), side = mean > 0 ? both / (2 * mean) - 1 : 0;

    side = fmin(fmax(side, least * least), side_most);
    side = least * least * side > 1 ? 1 / (least * least) : side;
    in_phase = apart * (1 + side) / 2;
    *lean = (float)in_phase;
    *spread = (float)sqrt(fmax(side - in_phase * in_phase, 0));
}

void stereo_sides(const struct stereo *s, const float *mean, const float *sides, float *lean, float *spread)
{
    double power[STEREO_BANDS] = {0};
    float leans[STEREO_BANDS], spreads[STEREO_BANDS];

    for (int c = 0; c < s->channels; c++)
        power[s->band[c]] += s->width[c] * exp(2 * (double)mean[c]);
    for (int b = 0; b < STEREO_BANDS; b++)
        side_of(power[b] / s->all[b], exp(2 * (double)sides[b]), exp(2 * (double)sides[STEREO_BANDS + b]), &leans[b],
                &spreads[b]);
    for (int k = 0; k < s->bins; k++) {
        int low = s->place[k] < STEREO_BANDS - 1 ? (int)s->place[k] : STEREO_BANDS - 2;
        float part = s->place[k] - (float)low;

        lean[k] = (1 - part) * leans[low] + part * leans[low + 1];
        spread[k] = s->sign[k] * ((1 - part) * spreads[low] + part * spreads[low + 1]);
    }
}
