/* Triangles over the bins of a spectrum, evenly spaced on a mel scale. */
#ifndef MEASURE_MELBANK_H
#define MEASURE_MELBANK_H

enum melbank_kind {
    /* 2595 log10 (1 + f / 700); a triangle adds up to 1, and is the bin nearest to its peak where it holds none */
    MELBANK_SUM,
    /* 3 f / 200 up to 1 kHz, 27 steps to each factor of 6.4 above (Slaney's Auditory Toolbox, 1998); a triangle has an
     * area of 1 over Hz, and is nothing where it holds no bin: the default of librosa */
    MELBANK_AREA
};

struct melbank;

/* bands triangles from low to high Hz, each from the peak before to the one
 * after; size samples in a frame of the spectrum. */
struct melbank *melbank_new(enum melbank_kind kind, int bands, double low, double high, int size, double rate);
void melbank_free(struct melbank *b);
int melbank_bands(const struct melbank *b);

/* out [bands] = W x, x [size / 2 + 1] */
void melbank_apply(const struct melbank *b, const float *x, float *out);

#endif
