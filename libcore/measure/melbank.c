/* Triangles over the bins of a spectrum, evenly spaced on a mel scale. */
#include "measure/melbank.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/kernel.h"
#include "base/mem.h"
#include "dsp/mel.h"

enum { LANES = 8 };

struct band {
    int from, count; /* bins, those whose weight is not 0 among them: a multiple of LANES, where there are as many */
    float *weights;  /* [count] */
};

struct melbank {
    int count;
    struct band *bands;
};

static const double slaney_corner = 1000, slaney_linear = 3.0 / 200; /* Hz, mel per Hz under it */

static double slaney_log(void)
{
    return 27 / log(6.4); /* mel per e-fold over it */
}

static double scale_of(enum melbank_kind kind, double hertz)
{
    if (kind == MELBANK_SUM)
        return mel_of(hertz);
    return hertz < slaney_corner ? slaney_linear * hertz
                                 : slaney_linear * slaney_corner + slaney_log() * log(hertz / slaney_corner);
}

static double hertz_of(enum melbank_kind kind, double m)
{
    double corner = slaney_linear * slaney_corner;

    if (kind == MELBANK_SUM)
        return mel_to_hertz(m);
    return m < corner ? m / slaney_linear : slaney_corner * exp((m - corner) / slaney_log());
}

/* A triangle from edge[0] over edge[1] to edge[2], in Hz, over bins that are hertz apart. */
static struct band band_new(enum melbank_kind kind, const double edge[3], int bins, double hertz)
{
    struct band b = {.from = bins};
    double sum = 0, *w = mem_zero((size_t)bins, sizeof *w);
    int to = 0;

    for (int k = 0; k < bins; k++) {
        double f = k * hertz;

        w[k] = fmax(0, fmin((f - edge[0]) / (edge[1] - edge[0]), (edge[2] - f) / (edge[2] - edge[1])));
        sum += w[k];
    }
    if (kind == MELBANK_SUM && sum <= 0) {
        int nearest = (int)fmin(bins - 1, ceil(edge[1] / hertz - 0.5));

        sum = w[nearest] = 1;
    }
    for (int k = 0; k < bins; k++)
        if (w[k] > 0) {
            w[k] = kind == MELBANK_SUM ? w[k] / sum : w[k] * 2 / (edge[2] - edge[0]);
            b.from = k < b.from ? k : b.from;
            to = k + 1;
        }
    if (to > 0)
        b.count = (int)fmin(bins, (to - b.from + LANES - 1) / LANES * LANES);
    b.from = (int)fmin(b.from, bins - b.count);
    b.weights = mem_zero((size_t)b.count, sizeof *b.weights);
    for (int k = b.from; k < to; k++)
        b.weights[k - b.from] = (float)w[k];
    free(w);
    return b;
}

struct melbank *melbank_new(enum melbank_kind kind, int bands, double low, double high, int size, double rate)
{
    struct melbank *b = mem_zero(1, sizeof *b);
    double first = scale_of(kind, low), step = (scale_of(kind, high) - first) / (bands + 1);

    assert(bands >= 1 && size >= 2 && step > 0);
    b->count = bands;
    b->bands = mem_zero((size_t)bands, sizeof *b->bands);
    for (int i = 0; i < bands; i++) {
        double edge[3];

        for (int j = 0; j < 3; j++)
            edge[j] = hertz_of(kind, first + (i + j) * step);
        b->bands[i] = band_new(kind, edge, size / 2 + 1, rate / size);
    }
    return b;
}

void melbank_free(struct melbank *b)
{
    if (!b)
        return;
    for (int i = 0; i < b->count; i++)
        free(b->bands[i].weights);
    free(b->bands);
    free(b);
}

int melbank_bands(const struct melbank *b)
{
    return b->count;
}

KERNEL(bands_sum, (const struct band *bands, int count, const float *x, float *out), (bands, count, x, out))
{
    for (int i = 0; i < count; i++) {
        const float *w = bands[i].weights, *at = x + bands[i].from;
        float sum = 0;

        KERNEL_SUM(sum, float, LANES, k, 0, bands[i].count, w[k] * at[k]);
        out[i] = sum;
    }
}

void melbank_apply(const struct melbank *b, const float *x, float *out)
{
    bands_sum(b->bands, b->count, x, out);
}
