/* Crops of clips for the steps of training: so many frames in a row, from
 * everywhere that sounds with the same chance. */
#ifndef TRAIN_CROPS_H
#define TRAIN_CROPS_H

#include "train/spectral_data.h"

struct crops {
    const struct spectral_clip *clips;
    size_t count;
    int length, apart; /* frames of a crop, and between those that one may begin on */
    int64_t *end;      /* [clips] places that crops may begin on, of the clips up to each of them */
};

/* Of clips, which must outlive them; length and apart 1 or more. */
struct crops crops_new(const struct spectral_clip *clips, size_t count, int length, int apart);
void crops_free(struct crops *c);

/* Places that a crop may begin on, in all. */
int64_t crops_places(const struct crops *c);

/* The clip that place number at is in, and the frame. */
size_t crops_find(const struct crops *c, int64_t at, int *frame);

/* The crop from that frame of the clip on to y [length, features]; after a clip's last frame comes its first. */
void crops_copy(const struct crops *c, size_t clip, int frame, int features, float *y);

#endif
