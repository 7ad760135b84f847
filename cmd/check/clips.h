/* What cv-check says of clips, one by one and together. */
#ifndef CMD_CHECK_CLIPS_H
#define CMD_CHECK_CLIPS_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/verdict.h"

struct clips_how {
    bool table, json, bands;            /* reports, on standard error; bands of each clip in the table */
    bool reference, held_out, original; /* which figures beside others there are */
    struct limits limits;
};

void clips_begin(const struct clips_how *how);
void clips_put(const char *name, double rate, int64_t channels, int64_t samples, const struct figures *f);

/* Mean, least and most. */
void clips_end(void);

/* Notes what has failed, and by which figures. */
void clips_failed(const char *name, const char *figures);

/* All of that in a line for people, if they were not shown JSON, which says it. Whether anything has failed. */
bool clips_failures(void);

#endif
