/* Latents of clips, and the plane that they are drawn on. */
#ifndef PLOT_LATENT_H
#define PLOT_LATENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/spool.h"
#include "plot.h"

enum { LATENT_FEW = 40, LATENT_JOINED = 12 }; /* points or clips with names; clips drawn as paths */

struct latent_clip {
    char *name;
    int track; /* -1: not known */
    int64_t times;
    float *z; /* [dims, times] */
};

struct latent {
    struct latent_clip *clips;
    size_t count;
    int64_t dims, points; /* points: times of all clips; 0: none seen */
    char **tracks;
    int track_count;
    const char *tensor; /* "mean", "z" or "noise": what is drawn */
    bool noise;         /* the stream is noise: its times have no order */
    bool normal;        /* the prior is standard normal in each dimension */
    bool spread;        /* all have a posterior, not just a mean */
    double *variance;   /* [dims]: of the posterior, means over the times of each clip, summed */
    struct spool *spool;
    int wanted[2]; /* dimensions, 0: as it sees fit */
};

struct point {
    double x, y;
};

/* Two directions in the latent space, and what there is along them. */
struct plane {
    double *axis[2];            /* [dims], of length 1; the second is 0 where there is one dimension */
    int dims[2];                /* which dimensions those are, from 1; 0: principal components */
    double share;               /* of the variance that is in the plane */
    struct point *points;       /* [points], clip after clip */
    double sd[2], posterior[2]; /* of the points; of the posterior in the mean, 0: not known */
    bool collapsed;             /* no dimension says anything of the clips */
};

/* Dimensions that are wanted must be there. */
void plane_make(struct plane *p, const struct latent *l);
void plane_free(struct plane *p);

/* What is drawn, and how to read it: a line each. */
void plane_remarks(char *text, size_t size, const struct plane *p, const struct latent *l);
void plane_legend(char *text, size_t size, const struct plane *p, const struct latent *l);

/* Draws it under a heading. */
void plane_draw(const struct plane *p, const struct latent *l, const struct page *page, struct canvas *c);

#endif
