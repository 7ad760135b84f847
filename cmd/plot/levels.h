/* The level of a clip over time and frequency, as fine as a picture can show. */
#ifndef PLOT_LEVELS_H
#define PLOT_LEVELS_H

#include "clips.h"

#define LEVEL_NONE (-1e6F) /* of silence */

struct levels {
    int columns, rows;
    float *db; /* [columns, rows]: beside a sine of amplitude 1, largest of the frequencies and mean of the times */
};

/* Rows are of one width from 0 to half the rate, in mel or in Hz. */
struct levels *levels_new(const struct clip *clip, int columns_most, int rows, bool linear);
void levels_free(struct levels *s);

/* The loudest level of a column. */
float levels_loudest(const struct levels *s, int column);

#endif
