/* A clip's outline: smallest, largest and RMS value in each of a bounded
 * number of bins, from which any narrower picture can be drawn. */
#ifndef PLOT_ENVELOPE_H
#define PLOT_ENVELOPE_H

#include <stdint.h>

struct envelope {
    int64_t samples, bins; /* bins == samples: every sample is kept */
    float *lo, *hi;        /* of each bin */
    double *square;        /* of each bin: sum of squares of the values less the clip's mean */
    double min, max, mean; /* of all samples; 0 when there are none */
};

/* Of x [samples], with at most `most` bins. */
struct envelope envelope_new(const float *x, int64_t samples, int64_t most);
void envelope_free(struct envelope *e);

struct column {
    double lo, hi; /* range of the values */
    double rms;    /* of the deviation from the clip's mean */
};

/* Column i of n across the whole clip. Needs samples. */
struct column envelope_column(const struct envelope *e, int64_t i, int64_t n);

#endif
