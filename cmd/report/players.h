/* Clips in a page: player, picture, verdict. */
#ifndef REPORT_PLAYERS_H
#define REPORT_PLAYERS_H

#include <stdio.h>

#include "io/stream.h"

/* Recordings, each beside its reconstruction; new clips. They end the program when one cannot be read or shown. */
void players_pairs(FILE *page, struct reader *recordings, struct reader *reconstructions);
void players_new(FILE *page, struct reader *r);

#endif
