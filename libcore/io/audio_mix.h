/* What the channels of a file are like: a constant offset is taken out of them, and where they cancel each other in the
 * mix the loudest one is taken in its place. */
#ifndef IO_AUDIO_MIX_H
#define IO_AUDIO_MIX_H

#include <stdint.h>

enum { AUDIO_LOOKS = 16 }; /* pieces of a file that are looked at */

struct audio_mix {
    int only;     /* the channel, from 1, that stands for the mix; 0: none */
    float offset; /* the largest of all channels, 0: none has one */
    int channels, looks;
    float *offsets; /* [channels] */
    double *means;  /* [channels, AUDIO_LOOKS], and those of the mix */
    double *power;  /* [channels], and of the mix: without the means, summed over the pieces */
};

struct audio_mix *audio_mix_new(int channels);
void audio_mix_free(struct audio_mix *m); /* NULL is fine */

/* One more piece x [frames, channels], at most AUDIO_LOOKS of them; frames < 1: nothing. */
void audio_mix_look(struct audio_mix *m, const float *x, int64_t frames);
void audio_mix_decide(struct audio_mix *m);

/* Takes the offset out of x [frames, channels], and mixes it into y [frames], unless y is x. */
void audio_mix_apply(const struct audio_mix *m, float *x, float *y, int64_t frames);

#endif
