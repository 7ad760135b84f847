/* Clips that were there before, known by their samples. */
#ifndef IO_AUDIO_SEEN_H
#define IO_AUDIO_SEEN_H

#include <stdint.h>

/* Remembers of each clip the XXH3-128 of its samples: at most a hundred bytes, whatever its length. */
struct audio_seen *audio_seen_new(void);
void audio_seen_free(struct audio_seen *s); /* NULL is fine */

/* The name of the file that was the first with a clip of these very samples x
 * [channels, samples]; belongs to s. NULL: there was none, and this one is
 * remembered as a clip of file. */
const char *audio_seen_in(struct audio_seen *s, const float *x, int64_t channels, int64_t samples, const char *file);

/* The same without remembering anything. */
const char *audio_seen_before(const struct audio_seen *s, const float *x, int64_t channels, int64_t samples);

#endif
