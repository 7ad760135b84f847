/* Where the bars of a clip begin, from its blocks. */
#ifndef MODEL_BAR_H
#define MODEL_BAR_H

#include <stdint.h>

enum { BAR = 4 }; /* blocks */

/* The first block that begins a bar, 0 .. BAR - 1, of blocks in a row: row [blocks, length, latent] of weighted
 * latents, mean [length latent] of them all. Bars begin where the sound changes most: by distance and by angle of what one
 * and two blocks before and after have beside the mean, averaged over every fourth block. Less than 12 blocks: 0. On
 * composed jazz, a block a beat, it is right in 0.7 of the clips. */
int bar_find(const float *row, int64_t blocks, int length, int latent, const float *mean);

#endif
