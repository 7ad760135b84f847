/* Power spectra of a sound, frame by frame, as the figures of this project
 * define them: periodic Hann window scaled to unit energy, frames centred on
 * the multiples of the hop, zeros beyond both ends unless said otherwise. */
#ifndef DSP_SPECTRUM_H
#define DSP_SPECTRUM_H

#include <stdbool.h>
#include <stdint.h>

struct spectrum;

/* A plan and its scratch memory, for one thread. size is even and a power of
 * two for speed; hop >= 1. */
struct spectrum *spectrum_new(int size, int hop);
/* Of the lowest bins alone, in half the time, where they are an eighth of the size at most; else of all. */
struct spectrum *spectrum_new_low(int size, int hop, int bins);
void spectrum_free(struct spectrum *s);

int spectrum_size(const struct spectrum *s);
int spectrum_hop(const struct spectrum *s);
int spectrum_bins(const struct spectrum *s);                        /* size / 2 + 1; or how many low ones */
int64_t spectrum_frames(const struct spectrum *s, int64_t samples); /* 1 + samples / hop, rounded down */

/* power [count, bins]: |X|^2 of count frames, 1 or 2, which costs no more; the mean over the channels of x [channels,
 * samples]. Over all frames and both halves of the spectrum, power / size adds up to the mean square of the sound.
 * reflected: the sound is continued by reflection (dsp/reflect.h), as librosa and PyTorch have it; all the same where
 * the frame lies inside. */
void spectrum_power(struct spectrum *s, const float *x, int64_t channels, int64_t samples, int64_t frame, int count,
                    bool reflected, float *power);
bool spectrum_inside(const struct spectrum *s, int64_t samples, int64_t frame);

/* The power of two nearest to rate times seconds by ratio, at least 16. */
int spectrum_size_near(double rate, double seconds);

/* Plan for the figures of timbre and for mel maps: frames of about 85 ms
 * (256 samples at 3 kHz, 2048 at 22.05 kHz), a new one every quarter. */
struct spectrum *spectrum_new_standard(double rate);

#endif
