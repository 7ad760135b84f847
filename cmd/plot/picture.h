/* Plots as pictures in a page of text: bytes of PNG, with type that can be read where the picture is narrow. */
#ifndef PLOT_PICTURE_H
#define PLOT_PICTURE_H

#include "plot.h"

/* What a plot has taken, which is released, on a page of its own, height 0: as the plot needs. To be freed; NULL: with the
 * reason. */
unsigned char *picture_plot(const struct plot *p, void *state, int height, size_t *size);

/* The clips of a frame of audio: waveform over spectrogram, with one axis of time. */
unsigned char *picture_sound(const struct reader *r, const struct frame *f, size_t *size);

#endif
