/* The figures of a clip, by name, and their usual limits. */
#ifndef MEASURE_FIGURES_H
#define MEASURE_FIGURES_H

#include <stdint.h>

#include "measure/clicks.h"
#include "measure/form.h"
#include "measure/recon.h"
#include "measure/timbre.h"

enum figure {
    /* of a clip alone */
    FIGURE_RMS,
    FIGURE_PEAK,
    FIGURE_OFFSET,
    FIGURE_CLIPPED,
    FIGURE_CLIPPING,
    FIGURE_SILENCE,
    FIGURE_CREST,
    FIGURE_CENTROID,
    FIGURE_BANDWIDTH,
    FIGURE_ROLLOFF,
    FIGURE_FLATNESS,
    FIGURE_PEAKINESS,
    FIGURE_DYNAMICS,
    FIGURE_FLUX,
    FIGURE_RHYTHM,
    FIGURE_BEATCON,
    FIGURE_CLICKS,
    FIGURE_JOINS,
    FIGURE_FORM, /* in the order of measure/form.h */
    FIGURE_FORM_END = FIGURE_FORM + FORM_TOLD - 1,
    /* of a clip and of all clips beside a reference */
    FIGURE_NEAREST,
    FIGURE_COPIED,
    /* of a clip beside the one that it stands for, in the order of measure/recon.h */
    FIGURE_RECON,
    FIGURE_CLIP_COUNT = FIGURE_RECON + RECON_COUNT,
    /* of all clips beside a reference */
    FIGURE_FD = FIGURE_CLIP_COUNT,
    FIGURE_FDL,
    FIGURE_MMD,
    FIGURE_PRECISION,
    FIGURE_RECALL,
    FIGURE_COUNT
};

struct range {
    double lo, hi; /* closed; infinite where there is no bound */
};

struct figure_about {
    const char *name, *unit;
    int decimals, width; /* of the column in a table; width 0: not in tables */
    struct range good;   /* outside: a warning */
    struct range fair;   /* outside: a failure */
};

extern const struct figure_about figure_about[FIGURE_COUNT];

struct figures {
    double value[FIGURE_CLIP_COUNT]; /* NaN: cannot be told of this clip */
    struct clicks clicks;
    struct timbre timbre;
};

/* Measures x [channels, samples], which loses its mean in place where that is
 * over .01 (measure/levels.h): all figures but offset, clipped and clipping are of
 * the clip without it. Those of form and beside other clips are left NaN. beat: the
 * clip's, or period 0 to have it found in the sound, 0 if there is none; it counts at the octave of tempo_fold. */
void figures_measure(struct timbre_meter *m, float *x, int64_t channels, int64_t samples, struct tempo *beat,
                     struct figures *f);

/* A figure over many clips; those that are NaN do not count. */
struct tally {
    int64_t count;
    double sum, least, most;
};
void tally_add(struct tally *t, double value);
double tally_mean(const struct tally *t); /* NaN: of none */

#endif
