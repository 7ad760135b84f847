/* Outlines of clips. */
#include "envelope.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* First sample of bin b. */
static int64_t bin_start(const struct envelope *e, int64_t b)
{
    int64_t whole = e->samples / e->bins, rest = e->samples % e->bins;

    return b * whole + b * rest / e->bins;
}

struct envelope envelope_new(const float *x, int64_t samples, int64_t most)
{
    struct envelope e = {.samples = samples, .bins = samples < most ? samples : most};
    double sum = 0;

    e.lo = mem_zero((size_t)e.bins, sizeof *e.lo);
    e.hi = mem_zero((size_t)e.bins, sizeof *e.hi);
    e.square = mem_zero((size_t)e.bins, sizeof *e.square);
    if (samples == 0)
        return e;
    for (int64_t i = 0; i < samples; i++)
        sum += x[i];
    e.mean = sum / (double)samples;
    e.min = e.max = x[0];
    for (int64_t b = 0; b < e.bins; b++) {
        int64_t end = bin_start(&e, b + 1);

        e.lo[b] = e.hi[b] = x[bin_start(&e, b)];
        for (int64_t i = bin_start(&e, b); i < end; i++) {
            double d = x[i] - e.mean;

            e.lo[b] = x[i] < e.lo[b] ? x[i] : e.lo[b];
            e.hi[b] = x[i] > e.hi[b] ? x[i] : e.hi[b];
            e.square[b] += d * d;
        }
        e.min = fmin(e.min, e.lo[b]);
        e.max = fmax(e.max, e.hi[b]);
    }
    return e;
}

void envelope_free(struct envelope *e)
{
    free(e->lo);
    free(e->hi);
    free(e->square);
}

struct column envelope_column(const struct envelope *e, int64_t i, int64_t n)
{
    int64_t from = (int64_t)floor((double)i / (double)n * (double)e->bins);
    int64_t to = (int64_t)ceil((double)(i + 1) / (double)n * (double)e->bins) - 1;
    struct column column;
    double square = 0;

    if (to < from)
        to = from;
    if (to >= e->bins)
        to = e->bins - 1;
    if (from > to)
        from = to;
    column.lo = e->lo[from];
    column.hi = e->hi[from];
    for (int64_t b = from; b <= to; b++) {
        column.lo = fmin(column.lo, e->lo[b]);
        column.hi = fmax(column.hi, e->hi[b]);
        square += e->square[b];
    }
    column.rms = sqrt(square / (double)(bin_start(e, to + 1) - bin_start(e, from)));
    return column;
}
