/* What became of each audio file: one JSON object a line, see cv-load(1). */
#ifndef IO_AUDIO_REPORT_H
#define IO_AUDIO_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "io/audio_read.h"

struct audio_verdict {
    const char *reason;                 /* why the file was rejected, NULL: it was not */
    bool passed_over;                   /* for it is not audio and does not say that it is */
    int64_t clips;                      /* passed on */
    int64_t taken;                      /* of the file in all, passed on or not */
    int64_t silent, constant, repeated; /* of those */
    const char *same_as;                /* file that the repeated ones were in, NULL: several */
    int64_t padded;                     /* samples of the last clip */
    double cut;                         /* seconds behind the last clip */
    double used;                        /* seconds in the clips that were passed on */
    bool is_short;                      /* the file is, compared with one clip */
};

/* Empties path, or makes it. NULL: the reason is in error_text, among them
 * that the file holds something other than a report. */
FILE *audio_report_open(const char *path);

/* Writes the line of the file at path, at once; a: NULL if it could not be
 * opened; rate: of the clips. -1: not written, with errno. */
int audio_report_put(FILE *report, const char *path, const struct audio *a, double rate, const struct audio_verdict *v);

#endif
