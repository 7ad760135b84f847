/* Clips into WAV files: what cv-towav does with a clip that has its level. */
#ifndef IO_SAVE_H
#define IO_SAVE_H

#include <stdbool.h>
#include <stdint.h>

struct save;

/* Where to: a folder, made when the first clip comes; the name of a WAV file, or "-", standard output, for all clips one
 * after the other. bits as wav_new has them. force: also in place of files that were not made here. raw: samples without
 * a header, for "-" only. NULL: the reason, such a file is there, or the name is that of another kind of audio. */
struct save *save_new(const char *to, int bits, bool force, bool raw);

/* One more clip x [channels, samples] at rate Hz. In a folder it is a file of its own under the clip's name, with a number
 * if there was one of that name before; one that is not to be replaced is said, and the rest goes on. -1: the reason. */
int save_put(struct save *s, const char *clip, int rate, const float *x, int64_t channels, int64_t samples);

/* Samples of a clip that is there in part, as they come, for "-" only: x has rows stride apart, of the first samples of
 * each. From the first call on all is written at once, in a WAV whose header leaves its length open until the end. Clips
 * follow each other. -1: the reason. */
int save_part(struct save *s, const char *clip, int rate, const float *x, int64_t channels, int64_t stride,
              int64_t samples);

/* Says what was made and releases s: the status of the program, 1 if a file was not to be replaced. whole: there was
 * nothing wrong with the input; otherwise what goes into one file is not written,
 * but for what is out already. -1: the reason. */
int save_end(struct save *s, bool whole);

#endif
