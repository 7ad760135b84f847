/* Harmony of a stretch of sound: how strong the twelve pitch classes are, and
 * those of the bass. A Gaussian about each pitch of equal temperament (A = 440
 * Hz) from 80 Hz to 1500 Hz gathers log(1 + 100 x magnitude); what stands out of
 * an octave about it counts for its class. */
#ifndef DSP_CHROMA_H
#define DSP_CHROMA_H

/* Classes from C on, their length 1; then those under MIDI pitch 52, .7. */
enum { CHROMA = 24 };

struct chroma;

/* For the plain bins of frames of fft samples: those up to corner, 0 for all. */
struct chroma *chroma_new(double rate, int fft, double corner);
void chroma_free(struct chroma *c);

/* level [chroma_bins]: logarithms of magnitudes of the lowest bins, of sound at an RMS of .1, in nepers. */
int chroma_bins(const struct chroma *c);
void chroma_of(const struct chroma *c, const float *level, float out[CHROMA]);

#endif
